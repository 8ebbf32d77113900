/* Runs a request as text through a few rules and writes down what happened, in lines: for tests and fuzz targets of this folder. */
#ifndef WQ_DETECT_WAF_EVAL_PROBE_H
#define WQ_DETECT_WAF_EVAL_PROBE_H

#include "base/buf.h"
#include "detect/waf/waf.h"

enum { PROBE_LOG_MAX = 4 * 1024 * 1024 };

static inline wq_err probe_read(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	(void)path;
	(void)arena;
	*ret_text = wq_str_c(data);
	return WQ_OK;
}

static inline wq_err probe_list(
	void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	(void)data;
	*ret_paths = WQ_NEW_ARRAY(arena, const char *, 1);
	if (!*ret_paths)
		return wq_arena_err(arena);
	(*ret_paths)[0] = pattern;
	*ret_n = 1;
	return WQ_OK;
}

static inline wq_err probe_load(const char *rules, bool no_fold, struct wq_waf_program **ret_program)
{
	static const char *const path = "test.conf";
	const struct wq_sec_source source = {(void *)(uintptr_t)rules, probe_read, probe_list};
	const struct wq_waf_load load = {.paths = &path, .paths_n = 1, .source = &source, .no_fold = no_fold};

	return wq_waf_program_new(&load, ret_program);
}

/* Cuts a line that ends in CRLF or LF. */
static inline wq_str probe_line(wq_str *rest)
{
	wq_str line = wq_str_cut(rest, '\n');

	return line.n > 0 && line.p[line.n - 1] == '\r' ? wq_str_head(line, line.n - 1) : line;
}

static inline void probe_headers(struct wq_waf_tx *tx, wq_str *rest, bool response)
{
	while (rest->p) {
		wq_str line = probe_line(rest);
		wq_str value = line;
		if (line.n == 0)
			return;
		wq_str name = wq_str_cut(&value, ':');
		value = wq_str_trim(value.p ? value : WQ_S(""));
		if (response)
			wq_waf_response_header(tx, name, value);
		else
			wq_waf_request_header(tx, name, value);
	}
}

static inline enum wq_waf_step probe_phase(struct wq_waf_tx *tx, unsigned phase)
{
	enum wq_waf_step step;

	do
		step = wq_waf_run(tx, phase);
	while (step == WQ_WAF_AGAIN);
	return step;
}

/* Phases 1 and 2; the body in pieces of `piece` bytes. Which step ended it. */
static inline enum wq_waf_step probe_request(struct wq_waf_tx *tx, wq_str request, size_t piece)
{
	wq_str rest = request, line = probe_line(&rest);
	wq_str method = wq_str_cut(&line, ' '), target = wq_str_cut(&line, ' ');
	enum wq_waf_step step;
	bool wanted;

	wq_waf_connection(tx, WQ_S("192.0.2.7"), 4444, WQ_S("192.0.2.1"), 80);
	wq_waf_request(tx, method, target, line);
	probe_headers(tx, &rest, false);
	step = probe_phase(tx, 1);
	if (step != WQ_WAF_DONE)
		return step;
	(void)wq_waf_body_wanted(tx, &wanted);
	for (size_t at = 0; wanted && rest.p && at < rest.n; at += piece)
		wq_waf_body_add(tx, wq_str_head(wq_str_from(rest, at), piece));
	wq_waf_body_end(tx);
	return probe_phase(tx, 2);
}

static inline enum wq_waf_step probe_response(struct wq_waf_tx *tx, wq_str response)
{
	wq_str rest = response, line = probe_line(&rest);
	wq_str protocol = wq_str_cut(&line, ' ');
	uint64_t status = 200;
	enum wq_waf_step step;

	(void)wq_str_to_u64(line, 999, &status);
	wq_waf_response(tx, (uint16_t)status, protocol);
	probe_headers(tx, &rest, true);
	step = probe_phase(tx, 3);
	if (step != WQ_WAF_DONE)
		return step;
	if (wq_waf_response_body_wanted(tx) > 0 && rest.p)
		wq_waf_response_body_add(tx, rest);
	return probe_phase(tx, 4);
}

/* Bytes that are not printable ASCII as \xNN. */
static inline void probe_text(struct wq_buf *log, wq_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		if (c >= 0x20 && c < 0x7f)
			wq_buf_byte(log, c);
		else
			wq_buf_printf(log, "\\x%02x", c);
	}
}

/* "id VARIABLE=value message", then the verdict when there is one. */
static inline void probe_result(struct wq_waf_tx *tx, struct wq_buf *log)
{
	static const char *const words[] = {"pass", "deny", "drop", "redirect", "allow"};
	struct wq_waf_verdict verdict = wq_waf_verdict(tx);
	uint32_t lost;
	size_t n;
	const struct wq_waf_match *matches = wq_waf_matches(tx, &n, &lost);

	for (size_t i = 0; i < n; i++) {
		wq_buf_printf(log, "%u ", matches[i].rule);
		probe_text(log, matches[i].variable);
		wq_buf_byte(log, '=');
		probe_text(log, matches[i].value);
		if (matches[i].message.n > 0) {
			wq_buf_byte(log, ' ');
			probe_text(log, matches[i].message);
		}
		wq_buf_byte(log, '\n');
	}
	if (lost > 0)
		wq_buf_printf(log, "lost %u\n", lost);
	if (verdict.what != WQ_WAF_PASS)
		wq_buf_printf(log, "%s %u by %u %.*s\n", words[verdict.what], verdict.status, verdict.rule,
			WQ_S_ARG(verdict.url));
}

#endif
