#include "cli/ftw.h"

#include "detect/match/regex.h"

/* ---- the log line ---- */

static void put_field(struct wq_buf *out, const char *name, wq_str value)
{
	wq_buf_printf(out, " [%s \"", name);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c == '"' || c == '\\')
			wq_buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			wq_buf_printf(out, "\\x%02x", c);
		else
			wq_buf_byte(out, c);
	}
	wq_buf_add(out, WQ_S("\"]"));
}

static void put_number(struct wq_buf *out, const char *name, uint32_t value)
{
	wq_buf_printf(out, " [%s \"%u\"]", name, value);
}

wq_str wq_ftw_line(const struct wq_waf_match *m, struct wq_arena *arena)
{
	WQ_BUF(out, 256 * WQ_KIB);

	wq_buf_add(&out, WQ_S("ModSecurity: Warning. Matched variable `"));
	wq_buf_add(&out, m->variable);
	wq_buf_add(&out, WQ_S("' (Value: `"));
	wq_buf_add(&out, m->value);
	wq_buf_add(&out, WQ_S("' )"));
	put_field(&out, "file", m->file);
	put_number(&out, "line", m->line);
	put_number(&out, "id", m->rule);
	put_field(&out, "rev", m->rev);
	put_field(&out, "msg", m->message);
	put_field(&out, "data", m->data);
	put_number(&out, "severity", m->severity == 255 ? 0 : m->severity);
	put_field(&out, "ver", m->ver);
	for (size_t i = 0; i < m->tags_n; i++)
		put_field(&out, "tag", m->tags[i]);
	return wq_arena_str(arena, wq_buf_str(&out));
}

wq_str wq_ftw_ids(const uint32_t *ids, size_t n, struct wq_arena *arena)
{
	WQ_BUF(out, 64 * WQ_KIB);

	for (size_t i = 0; i < n; i++)
		wq_buf_printf(&out, "%s%u", i > 0 ? " " : "", ids[i]);
	return wq_arena_str(arena, wq_buf_str(&out));
}

/* ---- what is expected ---- */

struct judge {
	const struct wq_ftw_test *test;
	const struct wq_ftw_output *expected;
	const struct wq_ftw_seen *seen;
	struct wq_arena *arena;
	struct wq_buf why;
};

static void differs(struct judge *j)
{
	if (j->why.len > 0)
		wq_buf_add(&j->why, WQ_S("; "));
}

static bool fired(const struct wq_ftw_seen *seen, uint32_t id)
{
	for (size_t i = 0; i < seen->ids_n; i++)
		if (seen->ids[i] == id)
			return true;
	return false;
}

/* Detection only: a 403 that is expected is met when it would have been refused, or the rule under test fired. */
static bool status_fits(const struct judge *j)
{
	for (size_t i = 0; i < j->expected->status_n; i++)
		if (j->expected->status[i] == j->seen->status ||
			(j->expected->status[i] == 403 && (j->seen->would_deny || fired(j->seen, j->test->rule))))
			return true;
	return j->expected->status_n == 0;
}

static void check_status(struct judge *j)
{
	if (status_fits(j))
		return;
	differs(j);
	wq_buf_add(&j->why, WQ_S("expected status"));
	for (size_t i = 0; i < j->expected->status_n; i++)
		wq_buf_printf(&j->why, " %u", j->expected->status[i]);
	wq_buf_printf(&j->why, ", seen %u", j->seen->status);
}

static void check_ids(struct judge *j)
{
	const struct wq_ftw_output *expected = j->expected;

	for (size_t i = 0; i < expected->expect_n; i++)
		if (!fired(j->seen, expected->expect[i])) {
			differs(j);
			wq_buf_printf(&j->why, "%u did not fire", expected->expect[i]);
		}
	for (size_t i = 0; i < expected->unexpect_n; i++)
		if (fired(j->seen, expected->unexpect[i])) {
			differs(j);
			wq_buf_printf(&j->why, "%u fired", expected->unexpect[i]);
		}
	if (expected->isolated && j->seen->ids_n != 1) {
		differs(j);
		wq_buf_printf(&j->why, "expected one rule alone, %zu fired", j->seen->ids_n);
	}
}

static wq_err search(wq_str pattern, const wq_str *texts, size_t n, bool *ret_found)
{
	struct wq_regex *regex = NULL;
	struct wq_regex_scratch *scratch = NULL;
	bool found = false;
	wq_err e = wq_regex_new(pattern, false, false, &regex);

	if (!wq_failed(e))
		e = wq_regex_scratch_new(WQ_REGEX_MATCH_LIMIT, &scratch);
	for (size_t i = 0; !wq_failed(e) && !found && i < n; i++)
		found = wq_regex_match(regex, scratch, texts[i], 0, NULL, NULL) == WQ_REGEX_YES;
	wq_regex_scratch_free(&scratch);
	wq_regex_free(&regex);
	*ret_found = found;
	return e;
}

static wq_err check_pattern(
	struct judge *j, wq_str pattern, const wq_str *texts, size_t n, bool wanted, const char *where)
{
	bool found = false;

	if (!pattern.p)
		return WQ_OK;
	WQ_TRY(search(pattern, texts, n, &found));
	if (found == wanted)
		return WQ_OK;
	differs(j);
	wq_buf_printf(&j->why, wanted ? "not in the %s: " : "in the %s: ", where);
	wq_buf_add(&j->why, pattern);
	return WQ_OK;
}

static wq_err check_all(struct judge *j)
{
	const struct wq_ftw_output *expected = j->expected;
	const struct wq_ftw_seen *seen = j->seen;

	if (expected->error_given && expected->error) {
		if (seen->status == 0)
			return WQ_OK;
		wq_buf_printf(&j->why, "expected no answer, seen status %u", seen->status);
		return WQ_OK;
	}
	if (seen->status == 0) {
		wq_buf_add(&j->why, WQ_S("no answer"));
		return WQ_OK;
	}
	check_status(j);
	check_ids(j);
	WQ_TRY(check_pattern(j, expected->match, seen->lines, seen->lines_n, true, "log"));
	WQ_TRY(check_pattern(j, expected->no_match, seen->lines, seen->lines_n, false, "log"));
	return check_pattern(j, expected->response, &seen->response, 1, true, "answer");
}

wq_err wq_ftw_judge(const struct wq_ftw_test *test, const struct wq_ftw_output *expected,
	const struct wq_ftw_seen *seen, struct wq_arena *arena, wq_str *ret_why)
{
	struct judge j = {test, expected, seen, arena, WQ_BUF_INIT(64 * WQ_KIB)};
	wq_err e = check_all(&j);

	if (!wq_failed(e)) {
		*ret_why = wq_arena_str(arena, wq_buf_str(&j.why));
		e = wq_buf_err(&j.why);
	}
	wq_buf_done(&j.why);
	return e;
}
