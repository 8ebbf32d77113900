#include "gate/nginx/rules_line.h"

#include "base/json.h"

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
		WQ_S_INIT("apikey"), WQ_S_INIT("authorization")};

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

/* Where the value that begins at `at` ends. */
static size_t value_end(wq_str text, size_t at)
{
	static const char ends[] = "&;, \"'\r\n";

	while (at < text.n && text.p[at] != 0 && strchr(ends, text.p[at]) == NULL)
		at++;
	return at;
}

void wq_rules_mask(wq_str text, size_t cut, struct wq_buf *out)
{
	size_t from = 0; /* of the name that may be under way */

	text = wq_str_head(text, cut);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		wq_buf_byte(out, (uint8_t)c);
		if ((c == '=' || c == ':') && i > from && names_secret(wq_str_of(text.p + from, i - from)) &&
			value_end(text, i + 1) > i + 1) {
			wq_buf_add(out, masked);
			i = value_end(text, i + 1) - 1;
		}
		if (c == 0 || !is_name(c))
			from = i + 1;
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
	put_masked(json, "msg", m->message, WQ_RULES_VALUE_CUT);
	if (m->data.n > 0 && secret)
		wq_json_put_str(json, "data", masked);
	else if (m->data.n > 0)
		put_masked(json, "data", m->data, WQ_RULES_VALUE_CUT);
	wq_json_put_str(json, "var", wq_str_head(m->variable, WQ_RULES_VALUE_CUT));
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

static void put_lists(struct wq_json *json, const struct wq_rules_line *line)
{
	wq_json_key(json, WQ_S("rules"));
	wq_json_array(json);
	for (size_t i = 0; i < line->matches_n; i++)
		put_match(json, &line->matches[i]);
	wq_json_array_end(json);
	if (line->lost > 0)
		wq_json_put_u64(json, "lost", line->lost);
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
	put_lists(&json, line);
	wq_json_put_u64(&json, "cost_usec", line->cost_usec);
	wq_json_put_u64(&json, "evaluations", line->evaluations);
	wq_json_object_end(&json);
	wq_buf_byte(out, '\n');
}
