#include "policy/guard.h"

#include "policy/block_priv.h"

static wq_err not_written_so(const char *what, wq_str word)
{
	return wq_error(WQ_E_INPUT,
		"%s%s%.*s; write: RULE[-RULE]|tag:TAG [TARGET] [/PATH] until YYYY-MM-DD REASON, like \"942100 ARGS:content "
		"/article until 2027-03-01 SQL tutorials\"",
		what, word.n > 0 ? ": " : "", WQ_S_ARG(word));
}

static wq_str next_word(wq_str *text)
{
	wq_str found;

	*text = wq_str_trim(*text);
	found = wq_str_cut(text, ' ');
	*text = text->p ? wq_str_trim(*text) : WQ_S_NONE;
	return found;
}

static wq_err take_rules(wq_str word, struct wq_arena *arena, struct wq_guard_exception *x)
{
	wq_str rest = word, first;
	uint64_t from, to;

	if (wq_str_starts(word, WQ_S("tag:")) && word.n > 4) {
		x->tag = wq_arena_str(arena, wq_str_from(word, 4));
		return wq_arena_err(arena);
	}
	first = wq_str_cut(&rest, '-');
	if (!wq_str_to_u64(first, UINT32_MAX, &from) || from == 0)
		return not_written_so("an exception begins with a rule's number or tag:", word);
	to = from;
	if (rest.p && (!wq_str_to_u64(rest, UINT32_MAX, &to) || to < from))
		return not_written_so("the range of rules does not ascend", word);
	x->first = (uint32_t)from;
	x->last = (uint32_t)to;
	return WQ_OK;
}

/* What stands between the rules and `until`. */
static wq_err take_place(wq_str *rest, struct wq_arena *arena, struct wq_guard_exception *x)
{
	for (wq_str word = next_word(rest); !wq_str_eq(word, WQ_S("until")); word = next_word(rest)) {
		if (word.n == 0)
			return not_written_so("an exception has an end", word);
		if (word.p[0] == '/' && x->prefix.n == 0)
			x->prefix = wq_arena_str(arena, word);
		else if (word.p[0] != '/' && x->target.n == 0)
			x->target = wq_arena_str(arena, word);
		else
			return not_written_so("one target and one path", word);
	}
	if (x->prefix.n == 0)
		x->prefix = WQ_S("/");
	return wq_arena_err(arena);
}

wq_err wq_guard_exception_parse(wq_str text, struct wq_arena *arena, struct wq_guard_exception *ret_exception)
{
	struct wq_guard_exception x = {0};
	wq_str rest = text, day;

	WQ_TRY(take_rules(next_word(&rest), arena, &x));
	WQ_TRY(take_place(&rest, arena, &x));
	day = next_word(&rest);
	if (!wq_day_parse(day, &x.until))
		return not_written_so("no such day", day);
	x.reason = wq_arena_str(arena, rest);
	if (rest.n == 0)
		return not_written_so("a reviewer needs the reason", WQ_S_NONE);
	*ret_exception = x;
	return wq_arena_err(arena);
}

wq_err wq_guard_exception_text(const struct wq_guard_exception *x, struct wq_buf *out)
{
	if (x->tag.n > 0)
		wq_buf_printf(out, "tag:%.*s", WQ_S_ARG(x->tag));
	else if (x->first == x->last)
		wq_buf_printf(out, "%u", x->first);
	else
		wq_buf_printf(out, "%u-%u", x->first, x->last);
	if (x->target.n > 0)
		wq_buf_printf(out, " %.*s", WQ_S_ARG(x->target));
	wq_buf_printf(out, " %.*s until %04u-%02u-%02u %.*s", WQ_S_ARG(x->prefix), x->until / 10000,
		x->until / 100 % 100, x->until % 100, WQ_S_ARG(x->reason));
	return wq_buf_err(out);
}
