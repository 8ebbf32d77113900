#include "gate/nginx/rules_line.h"

#include "base/json.h"

enum { MATCHES_BYTES = WQ_RULES_LINE_MAX / 2 };

static const wq_str masked = WQ_S_INIT("***");

const char *wq_rules_severity(uint8_t severity)
{
	static const char *const names[] = {
		"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"};

	return severity < WQ_COUNT(names) ? names[severity] : NULL;
}

/* ---- secrets ---- */

static bool contains_nocase(wq_str text, wq_str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++)
		if (wq_str_eq_nocase(wq_str_of(text.p + i, word.n), word))
			return true;
	return false;
}

static bool names_secret(wq_str name)
{
	static const wq_str words[] = {WQ_S_INIT("passw"), WQ_S_INIT("pwd"), WQ_S_INIT("secret"), WQ_S_INIT("token"),
		WQ_S_INIT("mima"), WQ_S_INIT("密码"), WQ_S_INIT("口令"), WQ_S_INIT("credential"), WQ_S_INIT("api_key"),
		WQ_S_INIT("apikey"), WQ_S_INIT("authorization"), WQ_S_INIT("sessid"), WQ_S_INIT("sessionid")};

	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (contains_nocase(name, words[i]))
			return true;
	return false;
}

bool wq_rules_is_secret(wq_str name)
{
	return wq_str_starts_nocase(name, WQ_S("REQUEST_COOKIES:")) ||
		wq_str_eq_nocase(name, WQ_S("REQUEST_HEADERS:Cookie")) ||
		wq_str_eq_nocase(name, WQ_S("RESPONSE_HEADERS:Set-Cookie")) || names_secret(name);
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		strchr("_-.[]%", c) != NULL || (unsigned char)c >= 0x80;
}

/* Bytes of what stands between a name and its value: "=", ":", the same as %XX, ">" of an element. 0: it is none. */
static size_t separator(wq_str text, size_t at)
{
	if (text.p[at] == '=' || text.p[at] == ':' || text.p[at] == '>')
		return 1;
	return wq_str_starts_nocase(wq_str_from(text, at), WQ_S("%3a")) ||
			wq_str_starts_nocase(wq_str_from(text, at), WQ_S("%3d"))
		? 3
		: 0;
}

static bool is_around(char c)
{
	return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '\\';
}

/* The last word before where we are: password=, "password" :, <password>. Each byte is looked at once. */
struct word {
	size_t from, end;
};

static void word_goes_on(struct word *word, wq_str text, size_t at)
{
	if (text.p[at] != 0 && is_name(text.p[at])) {
		if (word->end != at)
			word->from = at;
		word->end = at + 1;
	} else if (!is_around(text.p[at])) {
		word->from = word->end = at + 1;
	}
}

static bool is_secret_word(const struct word *word, wq_str text, size_t at)
{
	if (text.p[at] == '>' && (word->end != at || word->from == 0 || text.p[word->from - 1] != '<'))
		return false;
	return word->end > word->from && names_secret(wq_str_of(text.p + word->from, word->end - word->from));
}

/* Behind the separator: white space, and one quotation mark, which is then `*ret_quote`. */
static size_t value_begin(wq_str text, size_t at, char *ret_quote)
{
	*ret_quote = 0;
	while (at < text.n && *ret_quote == 0 && is_around(text.p[at])) {
		if (text.p[at] == '"' || text.p[at] == '\'')
			*ret_quote = text.p[at];
		at++;
	}
	return at;
}

static size_t value_end(wq_str text, size_t at, wq_str ends)
{
	while (at < text.n && wq_str_chr(ends, text.p[at]) < 0)
		at++;
	return at;
}

/* "Basic …": the scheme is no secret, what follows is. */
static size_t past_scheme(wq_str text, size_t at)
{
	size_t end = value_end(text, at, WQ_S(" &;,\r\n"));
	wq_str scheme = wq_str_head(wq_str_from(text, at), end - at);
	bool known = wq_str_eq_nocase(scheme, WQ_S("Basic")) || wq_str_eq_nocase(scheme, WQ_S("Bearer")) ||
		wq_str_eq_nocase(scheme, WQ_S("Digest"));

	return known && end < text.n && text.p[end] == ' ' ? end + 1 : at;
}

static void mask_value(wq_str text, size_t *at, char separator, struct wq_buf *out)
{
	static const wq_str plain = WQ_S_INIT("&;, \"'<\r\n\0");
	char quote;
	size_t begin = past_scheme(text, value_begin(text, *at, &quote));
	wq_str ends = quote ? wq_str_of(&quote, 1) : separator == '>' ? WQ_S("<") : plain;
	size_t end = value_end(text, begin, ends);

	if (end == begin)
		return;
	wq_buf_add(out, wq_str_head(wq_str_from(text, *at), begin - *at));
	wq_buf_add(out, masked);
	*at = end;
}

void wq_rules_mask(wq_str text, size_t cut, struct wq_buf *out)
{
	struct word word = {0};

	text = wq_str_head(text, cut);
	for (size_t i = 0; i < text.n;) {
		size_t n = separator(text, i);
		bool secret = n > 0 && is_secret_word(&word, text, i);
		char first = text.p[i];

		if (n == 0)
			word_goes_on(&word, text, i);
		else
			word = (struct word){i + n, i + n};
		wq_buf_add(out, wq_str_head(wq_str_from(text, i), n > 0 ? n : 1));
		i += n > 0 ? n : 1;
		if (secret)
			mask_value(text, &i, first, out);
	}
}

static void put_masked(struct wq_json *json, const char *key, wq_str text, size_t cut)
{
	WQ_BUF(shown, 64 * WQ_KIB);

	wq_rules_mask(text, cut, &shown);
	wq_json_put_str(json, key, wq_buf_str(&shown));
}

/* ---- the line ---- */

static void put_match(struct wq_json *json, const struct wq_waf_match *m)
{
	bool secret = wq_rules_is_secret(m->variable);
	const char *severity = wq_rules_severity(m->severity);

	wq_json_object(json);
	wq_json_put_u64(json, "id", m->rule);
	wq_json_put_u64(json, "phase", m->phase);
	if (secret && m->value.n > 0 && wq_str_find(m->message, m->value) >= 0)
		wq_json_put_str(json, "msg", masked);
	else
		put_masked(json, "msg", m->message, WQ_RULES_VALUE_CUT);
	if (m->data.n > 0 && secret)
		wq_json_put_str(json, "data", masked);
	else if (m->data.n > 0)
		put_masked(json, "data", m->data, WQ_RULES_VALUE_CUT);
	put_masked(json, "var", m->variable, WQ_RULES_VALUE_CUT); /* JSON that was sent as a form is one long name */
	if (secret)
		wq_json_put_str(json, "value", masked);
	else
		put_masked(json, "value", m->value, WQ_RULES_VALUE_CUT);
	if (severity)
		wq_json_put_str(json, "severity", wq_str_c(severity));
	wq_json_key(json, WQ_S("tags"));
	wq_json_array(json);
	for (size_t i = 0; i < m->tags_n; i++)
		wq_json_str(json, wq_str_head(m->tags[i], WQ_RULES_VALUE_CUT));
	wq_json_array_end(json);
	wq_json_put_str(json, "file", m->file);
	wq_json_put_u64(json, "line", m->line);
	wq_json_object_end(json);
}

/* Bytes that grow when they are escaped must not cost the line: then the matches at its end are counted only, all but those that decided. */
static void put_lists(struct wq_json *json, const struct wq_rules_line *line, const struct wq_buf *out)
{
	uint64_t lost = line->lost;

	wq_json_key(json, WQ_S("rules"));
	wq_json_array(json);
	for (size_t i = 0; i < line->matches_n; i++) {
		if (out->len < MATCHES_BYTES || line->matches[i].disruptive)
			put_match(json, &line->matches[i]);
		else
			lost++;
	}
	wq_json_array_end(json);
	if (lost > 0)
		wq_json_put_u64(json, "lost", lost);
	wq_json_key(json, WQ_S("exceptions"));
	wq_json_array(json);
	for (size_t i = 0; i < line->exceptions_n; i++)
		wq_json_str(json, line->exceptions[i]);
	wq_json_array_end(json);
}

void wq_rules_line(const struct wq_rules_line *line, struct wq_buf *out)
{
	struct wq_json json;

	wq_json_init(&json, out);
	wq_json_object(&json);
	wq_json_put_time(&json, "time", line->time);
	wq_json_put_str(&json, "incident", wq_str_c(line->incident));
	wq_json_put_str(&json, "application", wq_str_c(line->app));
	wq_json_put_str(&json, "class", wq_str_c(line->class));
	wq_json_put_str(&json, "client", line->client);
	wq_json_put_str(&json, "method", wq_str_head(line->method, 32));
	put_masked(&json, "uri", line->uri, WQ_RULES_URI_CUT);
	wq_json_put_u64(&json, "status", line->status);
	wq_json_put_str(&json, "verdict", wq_str_c(line->verdict));
	wq_json_put_bool(&json, "over", line->over);
	wq_json_put_bool(&json, "unreadable", line->unreadable);
	put_lists(&json, line, out);
	wq_json_put_u64(&json, "cost_usec", line->cost_usec);
	wq_json_put_u64(&json, "evaluations", line->evaluations);
	wq_json_object_end(&json);
	wq_buf_byte(out, '\n');
}
