#include "policy/guard.h"

#include "crypto/canon.h"
#include "policy/block_priv.h"

const struct wq_guard wq_guard_default = WQ_GUARD_DEFAULT;

static const char *const modes[] = {
	[WQ_GUARD_LOG] = "log", [WQ_GUARD_OFF] = "off", [WQ_GUARD_CHALLENGE] = "challenge", [WQ_GUARD_BLOCK] = "block"};

const char *wq_guard_mode_name(enum wq_guard_mode mode)
{
	return (size_t)mode < WQ_COUNT(modes) ? modes[mode] : "unknown";
}

bool wq_guard_mode_parse(wq_str name, enum wq_guard_mode *ret_mode)
{
	for (size_t i = 0; i < WQ_COUNT(modes); i++)
		if (wq_str_eq(name, wq_str_c(modes[i]))) {
			*ret_mode = (enum wq_guard_mode)i;
			return true;
		}
	return false;
}

enum wq_guard_mode wq_guard_mode_of(const struct wq_guard *guard, wq_str path)
{
	const struct wq_guard_path *best = NULL;

	for (size_t i = 0; i < guard->paths_n; i++)
		if (wq_policy_below(guard->paths[i].prefix, path) &&
			(!best || guard->paths[i].prefix.n > best->prefix.n))
			best = &guard->paths[i];
	return best ? best->mode : guard->mode;
}

/* ---- order and invariants ---- */

int wq_guard_path_cmp(const void *a, const void *b)
{
	return wq_str_cmp(((const struct wq_guard_path *)a)->prefix, ((const struct wq_guard_path *)b)->prefix);
}

/* Two that differ in their end or reason alone would say the same thing twice. */
int wq_guard_exception_cmp(const void *a, const void *b)
{
	const struct wq_guard_exception *x = a, *y = b;
	int order = (x->first > y->first) - (x->first < y->first);

	if (order == 0)
		order = (x->last > y->last) - (x->last < y->last);
	if (order == 0)
		order = wq_str_cmp(x->tag, y->tag);
	if (order == 0)
		order = wq_str_cmp(x->target, y->target);
	return order ? order : wq_str_cmp(x->prefix, y->prefix);
}

static wq_err check_exception(const struct wq_guard_exception *x, struct wq_buf *key)
{
	WQ_TRY(wq_policy_check_path(x->prefix, key));
	if ((x->first == 0) != (x->last == 0) || x->first > x->last || (x->first == 0) == (x->tag.n == 0))
		return wq_error(WQ_E_INPUT, "an exception names rules or a tag, one of both");
	if (x->tag.n > WQ_GUARD_TARGET_MAX || x->target.n > WQ_GUARD_TARGET_MAX || x->reason.n > WQ_GUARD_REASON_MAX)
		return wq_error(WQ_E_LIMIT, "an exception's tag, target or reason is too long");
	if (!wq_policy_is_plain(x->tag) || !wq_policy_is_plain(x->target) || !wq_policy_is_plain(x->reason))
		return wq_error(WQ_E_INPUT, "an exception's tag, target or reason has control characters");
	if (wq_str_chr(x->tag, ' ') >= 0 || wq_str_chr(x->target, ' ') >= 0)
		return wq_error(WQ_E_INPUT, "an exception's tag or target has a space");
	if (x->reason.n == 0)
		return wq_error(WQ_E_INPUT, "an exception has no reason");
	if (x->until < 20000101 || x->until > 99991231)
		return wq_error(WQ_E_INPUT, "an exception has no end");
	return WQ_OK;
}

static wq_err check_numbers(const struct wq_guard *g)
{
	if (g->mode > WQ_GUARD_BLOCK)
		return wq_error(WQ_E_INPUT, "no such mode of the rules");
	if (g->body_max > 1024 * WQ_MIB || g->upload_max > 1024ull * 1024 * WQ_MIB)
		return wq_error(WQ_E_LIMIT, "the rules' limit of a body is too high");
	if (g->budget_msec == 0 || g->budget_msec > WQ_GUARD_MSEC_MAX || g->client_msec > WQ_GUARD_MSEC_MAX ||
		g->application_msec > WQ_GUARD_MSEC_MAX)
		return wq_error(WQ_E_LIMIT, "a budget of the rules is 1 to %d ms", WQ_GUARD_MSEC_MAX);
	if (g->inbound > WQ_GUARD_SCORE_MAX || g->outbound > WQ_GUARD_SCORE_MAX)
		return wq_error(WQ_E_LIMIT, "a score is at most %d", WQ_GUARD_SCORE_MAX);
	if (g->paths_n > WQ_GUARD_PATHS_MAX || g->exceptions_n > WQ_GUARD_EXCEPTIONS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d paths or %d exceptions of the rules", WQ_GUARD_PATHS_MAX,
			WQ_GUARD_EXCEPTIONS_MAX);
	return WQ_OK;
}

wq_err wq_guard_check(const struct wq_guard *g, struct wq_buf *key)
{
	WQ_TRY(check_numbers(g));
	for (size_t i = 0; i < g->paths_n; i++) {
		WQ_TRY(wq_policy_check_path(g->paths[i].prefix, key));
		if (g->paths[i].mode > WQ_GUARD_BLOCK)
			return wq_error(WQ_E_INPUT, "%.*s: no such mode", WQ_S_ARG(g->paths[i].prefix));
		if (i > 0 && wq_guard_path_cmp(&g->paths[i - 1], &g->paths[i]) >= 0)
			return wq_error(WQ_E_INPUT, "the rules' mode of %.*s twice", WQ_S_ARG(g->paths[i].prefix));
	}
	for (size_t i = 0; i < g->exceptions_n; i++) {
		WQ_TRY(check_exception(&g->exceptions[i], key));
		if (i > 0 && wq_guard_exception_cmp(&g->exceptions[i - 1], &g->exceptions[i]) >= 0)
			return wq_error(WQ_E_INPUT, "an exception of %.*s twice", WQ_S_ARG(g->exceptions[i].prefix));
	}
	return WQ_OK;
}

bool wq_guard_is_default(const struct wq_guard *g)
{
	const struct wq_guard *d = &wq_guard_default;

	return g->mode == d->mode && !g->over_passes && !g->unreadable_passes && g->body_max == d->body_max &&
		g->upload_max == d->upload_max && g->budget_msec == d->budget_msec &&
		g->client_msec == d->client_msec && g->application_msec == d->application_msec && g->inbound == 0 &&
		g->outbound == 0 && g->paths_n == 0 && g->exceptions_n == 0;
}

/* ---- canonical bytes ---- */

void wq_guard_put(struct wq_buf *out, const struct wq_guard *g)
{
	wq_canon_u64(out, g->mode);
	wq_canon_u64(out, g->over_passes);
	wq_canon_u64(out, g->unreadable_passes);
	wq_canon_u64(out, g->body_max);
	wq_canon_u64(out, g->upload_max);
	wq_canon_u64(out, g->budget_msec);
	wq_canon_u64(out, g->client_msec);
	wq_canon_u64(out, g->application_msec);
	wq_canon_u64(out, g->inbound);
	wq_canon_u64(out, g->outbound);
	wq_canon_list(out, (uint32_t)g->paths_n);
	for (size_t i = 0; i < g->paths_n; i++) {
		wq_canon_text(out, g->paths[i].prefix);
		wq_canon_u64(out, g->paths[i].mode);
	}
	wq_canon_list(out, (uint32_t)g->exceptions_n);
	for (size_t i = 0; i < g->exceptions_n; i++) {
		const struct wq_guard_exception *x = &g->exceptions[i];

		wq_canon_u64(out, x->first);
		wq_canon_u64(out, x->last);
		wq_canon_text(out, x->tag);
		wq_canon_text(out, x->target);
		wq_canon_text(out, x->prefix);
		wq_canon_u64(out, x->until);
		wq_canon_text(out, x->reason);
	}
}

static uint64_t number(struct wq_cursor *c, uint64_t max)
{
	uint64_t n = wq_canon_read_u64(c);

	if (n <= max)
		return n;
	wq_cursor_fail(c);
	return 0;
}

static void read_lists(struct wq_cursor *c, struct wq_arena *arena, struct wq_guard *g)
{
	struct wq_guard_path *paths;
	struct wq_guard_exception *exceptions;

	g->paths_n = wq_canon_read_list(c, WQ_GUARD_PATHS_MAX);
	g->paths = paths = WQ_NEW_ARRAY(arena, struct wq_guard_path, g->paths_n);
	for (size_t i = 0; i < g->paths_n && paths; i++) {
		paths[i].prefix = wq_canon_read_text(c, WQ_KEY_MAX);
		paths[i].mode = (enum wq_guard_mode)number(c, WQ_GUARD_BLOCK);
	}
	g->exceptions_n = wq_canon_read_list(c, WQ_GUARD_EXCEPTIONS_MAX);
	g->exceptions = exceptions = WQ_NEW_ARRAY(arena, struct wq_guard_exception, g->exceptions_n);
	for (size_t i = 0; i < g->exceptions_n && exceptions; i++) {
		exceptions[i].first = (uint32_t)number(c, UINT32_MAX);
		exceptions[i].last = (uint32_t)number(c, UINT32_MAX);
		exceptions[i].tag = wq_canon_read_text(c, WQ_GUARD_TARGET_MAX);
		exceptions[i].target = wq_canon_read_text(c, WQ_GUARD_TARGET_MAX);
		exceptions[i].prefix = wq_canon_read_text(c, WQ_KEY_MAX);
		exceptions[i].until = (wq_day)number(c, 99991231);
		exceptions[i].reason = wq_canon_read_text(c, WQ_GUARD_REASON_MAX);
	}
}

void wq_guard_read(struct wq_cursor *c, struct wq_arena *arena, struct wq_guard *ret_guard)
{
	struct wq_guard g = {0};

	g.mode = (enum wq_guard_mode)number(c, WQ_GUARD_BLOCK);
	g.over_passes = number(c, 1) != 0;
	g.unreadable_passes = number(c, 1) != 0;
	g.body_max = number(c, UINT64_MAX);
	g.upload_max = number(c, UINT64_MAX);
	g.budget_msec = (uint32_t)number(c, WQ_GUARD_MSEC_MAX);
	g.client_msec = (uint32_t)number(c, WQ_GUARD_MSEC_MAX);
	g.application_msec = (uint32_t)number(c, WQ_GUARD_MSEC_MAX);
	g.inbound = (uint32_t)number(c, WQ_GUARD_SCORE_MAX);
	g.outbound = (uint32_t)number(c, WQ_GUARD_SCORE_MAX);
	read_lists(c, arena, &g);
	*ret_guard = g;
}
