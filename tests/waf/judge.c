/* Judges many requests in process: what false alarms and catches are counted with (false_alarms.mjs).
 *
 *   judge [--set NAME=VALUE]... RULES... <frames     a frame: "ID BYTES\n" and that many bytes of a request as it goes over the wire
 *
 * One JSON object a line and request: {"id", "verdict", "rule", "usec", "matches": [[rule, variable, value, data], ...]}; at last one with
 * the times of all, of the processor. Bytes of requests that are not UTF-8 are written as U+FFFD.
 */
#include "base/json.h"
#include "detect/waf/eval_probe.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATHS_MAX = 64, SETTINGS_MAX = 16, FRAME_MAX = 1 << 20, LINE_MAX_BYTES = 4 << 20 };

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void must(wq_err e)
{
	if (!wq_failed(e))
		return;
	(void)fprintf(stderr, "judge: %s: %s\n", wq_err_name(e), wq_err_note(e));
	exit(2);
}

static void write_match(struct wq_json *json, const struct wq_waf_match *match)
{
	wq_json_array(json);
	wq_json_u64(json, match->rule);
	wq_json_str(json, match->variable);
	wq_json_str(json, match->value);
	wq_json_str(json, match->data);
	wq_json_array_end(json);
}

static void write_result(struct wq_waf_tx *tx, wq_str id, enum wq_waf_step step, uint64_t nsec, struct wq_buf *out)
{
	static const char *const words[] = {"pass", "deny", "drop", "redirect", "allow"};
	struct wq_waf_verdict verdict = wq_waf_verdict(tx);
	struct wq_json json;
	uint32_t lost;
	size_t n;
	const struct wq_waf_match *matches = wq_waf_matches(tx, &n, &lost);

	wq_json_init(&json, out);
	wq_json_object(&json);
	wq_json_put_str(&json, "id", id);
	wq_json_put_str(&json, "verdict", step == WQ_WAF_OVER ? WQ_S("over") : wq_str_c(words[verdict.what]));
	wq_json_put_u64(&json, "rule", verdict.rule);
	wq_json_put_u64(&json, "usec", nsec / 1000);
	wq_json_key(&json, WQ_S("matches"));
	wq_json_array(&json);
	for (size_t i = 0; i < n; i++)
		write_match(&json, &matches[i]);
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	must(wq_json_end(&json));
	wq_buf_byte(out, '\n');
	must(wq_buf_err(out));
}

static uint64_t judge(struct wq_waf_worker *worker, const struct wq_waf_program *program, wq_str id, wq_str request)
{
	const struct wq_waf_begin begin = {.unix_msec = 1700000000000};
	uint64_t start = now(), nsec;
	struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
	WQ_BUF(out, LINE_MAX_BYTES);
	enum wq_waf_step step;

	if (!tx)
		must(wq_error_id(WQ_E_NO_MEMORY));
	step = probe_request(tx, request, request.n);
	nsec = now() - start;
	write_result(tx, id, step, nsec, &out);
	(void)fwrite(out.data, 1, out.len, stdout);
	wq_waf_end(&tx);
	return nsec;
}

static void judge_all(const struct wq_waf_program *program)
{
	static char frame[FRAME_MAX], id[128];
	struct wq_waf_worker *worker;
	uint64_t total = 0;
	unsigned long bytes;
	unsigned n = 0;

	must(wq_waf_worker_new(now, &worker));
	while (scanf("%127s %lu", id, &bytes) == 2) {
		if (bytes > sizeof frame || getchar() != '\n' || fread(frame, 1, bytes, stdin) != bytes) {
			(void)fprintf(stderr, "judge: %s: not a frame\n", id);
			exit(2);
		}
		total += judge(worker, program, wq_str_c(id), wq_str_of(frame, bytes));
		n++;
	}
	wq_waf_worker_free(&worker);
	printf("{\"requests\":%u,\"usec\":%llu}\n", n, (unsigned long long)total / 1000);
}

int main(int argc, char **argv)
{
	const char *paths[PATHS_MAX];
	struct wq_waf_setting settings[SETTINGS_MAX];
	struct wq_waf_load load = {.paths = paths, .settings = settings, .source = &wq_sec_source_files};
	struct wq_waf_program *program;

	for (int i = 1; i < argc && load.paths_n < PATHS_MAX; i++)
		if (strcmp(argv[i], "--set") == 0 && i + 1 < argc && load.settings_n < SETTINGS_MAX) {
			wq_str value = wq_str_c(argv[++i]);
			settings[load.settings_n].name = wq_str_cut(&value, '=');
			settings[load.settings_n++].value = value;
		} else {
			paths[load.paths_n++] = argv[i];
		}
	must(wq_waf_program_new(&load, &program));
	judge_all(program);
	wq_waf_program_unref(&program);
	return 0;
}
