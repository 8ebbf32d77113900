#include "detect/waf/runs.h"

#include "base/utf8.h"

enum { RUNS_MAX = 512 /* of one value */, REPLACEMENT = 0xfffd /* half of a character, see wq_args_lossy() */ };
enum kind { HARD, SOFT, HAN };

static bool between(uint32_t code, uint32_t from, uint32_t to)
{
	return code >= from && code <= to;
}

static bool is_soft(uint32_t code)
{
	switch (code) {
	case 0xb7:   /* · */
	case 0x2014: /* — */
	case 0x201c: /* “ */
	case 0x201d:
	case 0x2026: /* … */
	case 0xff01: /* ！ */
	case 0xff08: /* （ */
	case 0xff09:
	case 0xff0c: /* ， */
	case 0xff1a: /* ： */
	case 0xff1b: /* ； */
	case 0xff1f: /* ？ */ return true;
	default: return between(code, 0x3000, 0x303f);
	}
}

static enum kind kind_of(uint32_t code)
{
	if (code < 0xb7 || code == WQ_UTF8_BAD)
		return HARD;
	if (code == REPLACEMENT || code == 0x3002 || code == 0x3005 || code == 0x3007 ||
		between(code, 0x2e80, 0x2fdf) || between(code, 0x3040, 0x30ff) || between(code, 0x3400, 0x9fff) ||
		between(code, 0xf900, 0xfaff) || between(code, 0x20000, 0x3ffff))
		return HAN;
	return is_soft(code) ? SOFT : HARD;
}

static enum kind step(wq_str text, size_t at, size_t *ret_n)
{
	uint32_t code;

	if ((uint8_t)text.p[at] < 0x80) {
		*ret_n = 1;
		return HARD;
	}
	*ret_n = wq_utf8_step(wq_str_from(text, at), &code);
	return kind_of(code);
}

struct wq_waf_runs wq_waf_runs_of(struct wq_waf_tx *tx, wq_str text)
{
	struct wq_waf_runs runs = {.tx = tx, .text = text, .left = RUNS_MAX};

	for (size_t at = 0, n; at < text.n && !runs.han; at += n)
		runs.han = step(text, at, &n) == HAN;
	return runs;
}

/* Behind Chinese text and its punctuation. */
static size_t gap_end(wq_str text, size_t at)
{
	size_t n;

	while (at < text.n && step(text, at, &n) != HARD)
		at += n;
	return at;
}

static bool is_quoted(wq_str text, size_t from, size_t end)
{
	return from > 0 && end < text.n && text.p[from - 1] == text.p[end] &&
		(text.p[end] == '\'' || text.p[end] == '"' || text.p[end] == '`');
}

/* Whether the text ends or goes on in Chinese at `at`. */
static bool is_chinese(wq_str text, size_t at)
{
	size_t n;

	return at >= text.n || step(text, at, &n) != HARD;
}

/* Behind the comment that begins at `at`; `at` when none does. */
static size_t comment_end(struct wq_waf_runs *runs, size_t at)
{
	wq_str rest = wq_str_from(runs->text, at);
	ptrdiff_t end;

	if (runs->no_comment || !wq_str_starts(rest, WQ_S("/*")))
		return at;
	end = wq_str_find(wq_str_from(rest, 2), WQ_S("*/"));
	runs->no_comment = end < 0;
	return end < 0 ? at : at + 2 + (size_t)end + 2;
}

/* The end of the run that begins at `from`, without punctuation before Chinese text; *ret_next: where the next one may begin. */
static size_t run_end(struct wq_waf_runs *runs, size_t from, size_t *ret_next)
{
	wq_str text = runs->text;
	size_t at = from, soft = from, n;

	while (at < text.n) {
		size_t comment = comment_end(runs, at);
		if (comment > at) {
			at = soft = comment;
			continue;
		}
		enum kind kind = step(text, at, &n);
		if (kind == HAN) {
			size_t end = gap_end(text, at);
			bool quoted = is_quoted(text, at, end);
			if (quoted && from + 1 == at && is_chinese(text, end + 1)) {
				*ret_next = end + 1;
				return from;
			}
			if (!quoted) {
				*ret_next = end;
				return soft;
			}
			n = end - at;
			kind = HARD;
		}
		at += n;
		if (kind == HARD)
			soft = at;
	}
	*ret_next = text.n;
	return text.n;
}

/* Where pattern `i` matches from runs->cut on; each place of a run is read once by each pattern. False: nowhere. */
static bool look_on(struct wq_waf_runs *runs, uint32_t i)
{
	struct wq_waf_tx *tx = runs->tx;
	wq_str groups[WQ_REGEX_GROUPS_MAX];
	size_t n;

	if (runs->spent >> i & 1)
		return false;
	if (runs->found[i].p && runs->found[i].p >= runs->run.p + runs->cut)
		return true;
	tx->cost.regex_runs++;
	tx->cost.bytes += runs->run.n - runs->cut;
	if (wq_regex_match(tx->program->cuts[i], tx->scratch, runs->run, runs->cut, groups, &n) == WQ_REGEX_YES &&
		groups[0].n > 0) {
		runs->found[i] = groups[0];
		return true;
	}
	runs->spent |= UINT32_C(1) << i;
	return false;
}

/* The rest of the run up to what the first pattern takes out of it. */
static wq_str next_of_run(struct wq_waf_runs *runs)
{
	wq_str rest = wq_str_from(runs->run, runs->cut), taken = WQ_S_NONE;

	for (uint32_t i = 0; runs->left > 1 && i < runs->tx->program->cuts_n; i++)
		if (look_on(runs, i) && (!taken.p || runs->found[i].p < taken.p))
			taken = runs->found[i];
	if (!taken.p) {
		runs->cut = runs->run.n;
		return rest;
	}
	runs->cut = (size_t)(taken.p - runs->run.p) + taken.n;
	return wq_str_head(rest, (size_t)(taken.p - rest.p));
}

static void next_run(struct wq_waf_runs *runs)
{
	size_t from = runs->at;
	size_t end = runs->left == 1 ? runs->at = runs->text.n : run_end(runs, from, &runs->at);

	runs->run = wq_str_head(wq_str_from(runs->text, from), end - from);
	runs->cut = runs->spent = 0;
	memset(runs->found, 0, sizeof runs->found);
}

bool wq_waf_run_next(struct wq_waf_runs *runs, wq_str *ret_run)
{
	while (!wq_waf_over(runs->tx)) {
		if (runs->cut == runs->run.n) {
			if (runs->at == runs->text.n)
				return false;
			next_run(runs);
		}
		wq_str run = next_of_run(runs);
		if (wq_str_trim(run).n == 0)
			continue;
		runs->left--;
		*ret_run = run;
		return true;
	}
	return false;
}
