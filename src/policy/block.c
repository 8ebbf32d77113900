#include "crypto/canon.h"
#include "policy/block_priv.h"

/* Version 2 has the guard at its end; a policy with the default guard is still written as version 1, so that equal policies
 * have equal bytes whenever they were made. */
enum { VERSION_PLAIN = 1, VERSION_GUARD = 2, SORT_BYTES_MAX = 4 * 1024 * 1024 };

/* ---- writing ---- */

static const void *sorted(
	struct wq_arena *arena, const void *rows, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	void *copy = wq_arena_zalloc(arena, n, size);

	if (copy && n > 0) {
		memcpy(copy, rows, n * size);
		qsort(copy, n, size, cmp);
	}
	return copy;
}

/* Counts are checked before anything is copied. */
static wq_err sort_lists(struct wq_policy *p, struct wq_arena *arena)
{
	if (p->paths_n > WQ_POLICY_PATHS_MAX || p->staff_n > WQ_POLICY_NETWORKS_MAX ||
		p->suffixes_n > WQ_POLICY_INSIDE_MAX || p->inside_n > WQ_POLICY_INSIDE_MAX ||
		p->volatiles_n > WQ_POLICY_VOLATILE_MAX || p->guard.paths_n > WQ_GUARD_PATHS_MAX ||
		p->guard.exceptions_n > WQ_GUARD_EXCEPTIONS_MAX)
		return wq_policy_check(p);
	p->paths = sorted(arena, p->paths, p->paths_n, sizeof *p->paths, wq_path_rule_cmp);
	p->staff = sorted(arena, p->staff, p->staff_n, sizeof *p->staff, wq_network_cmp);
	p->suffixes = sorted(arena, p->suffixes, p->suffixes_n, sizeof *p->suffixes, wq_policy_str_cmp);
	p->inside = sorted(arena, p->inside, p->inside_n, sizeof *p->inside, wq_policy_str_cmp);
	p->guard.paths = sorted(arena, p->guard.paths, p->guard.paths_n, sizeof *p->guard.paths, wq_guard_path_cmp);
	p->guard.exceptions = sorted(
		arena, p->guard.exceptions, p->guard.exceptions_n, sizeof *p->guard.exceptions, wq_guard_exception_cmp);
	p->volatiles = sorted(arena, p->volatiles, p->volatiles_n, sizeof *p->volatiles, wq_volatile_rule_cmp);
	return wq_arena_err(arena);
}

static void put_texts(struct wq_buf *out, const wq_str *texts, size_t n)
{
	wq_canon_list(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wq_canon_text(out, texts[i]);
}

static void put_lists_of_access(struct wq_buf *out, const struct wq_policy *p)
{
	wq_canon_list(out, (uint32_t)p->paths_n);
	for (size_t i = 0; i < p->paths_n; i++) {
		wq_canon_text(out, p->paths[i].prefix);
		wq_canon_u64(out, p->paths[i].class);
		wq_canon_u64(out, p->paths[i].query);
		put_texts(out, p->paths[i].listed, p->paths[i].listed_n);
	}
	wq_canon_list(out, (uint32_t)p->staff_n);
	for (size_t i = 0; i < p->staff_n; i++) {
		wq_canon_bytes(out, wq_str_of(p->staff[i].addr.bytes, p->staff[i].addr.family == 4 ? 4 : 16));
		wq_canon_u64(out, p->staff[i].bits);
	}
}

static void put_policy(struct wq_buf *out, const struct wq_policy *p)
{
	bool guarded = !wq_guard_is_default(&p->guard);

	wq_canon_begin(out, WQ_DOMAIN_POLICY, guarded ? VERSION_GUARD : VERSION_PLAIN, WQ_ALG_SM3);
	put_lists_of_access(out, p);
	wq_canon_u64(out, p->leave);
	wq_canon_text(out, p->portal);
	wq_canon_text(out, p->leave_prefix);
	put_texts(out, p->suffixes, p->suffixes_n);
	put_texts(out, p->inside, p->inside_n);
	wq_canon_text(out, p->footer);
	wq_canon_u64(out, p->csp);
	wq_canon_list(out, (uint32_t)p->volatiles_n);
	for (size_t i = 0; i < p->volatiles_n; i++) {
		const struct wq_volatile_rule *v = &p->volatiles[i];
		wq_canon_text(out, v->prefix);
		wq_canon_u64(out, v->action);
		wq_canon_bytes(out, v->before);
		wq_canon_bytes(out, v->after);
		wq_canon_u64(out, v->max_bytes);
		wq_canon_u64(out, v->bytes);
	}
	if (guarded)
		wq_guard_put(out, &p->guard);
}

wq_err wq_policy_encode(const struct wq_policy *policy, struct wq_buf *out)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
	struct wq_policy p = *policy;

	wq_arena_init(&arena, SORT_BYTES_MAX);
	WQ_TRY(sort_lists(&p, &arena));
	WQ_TRY(wq_policy_check(&p));
	if (wq_policy_is_default(&p))
		return WQ_OK;
	put_policy(&block, &p);
	WQ_TRY(wq_buf_err(&block));
	if (block.len > out->max_bytes - out->len)
		return wq_error(WQ_E_LIMIT, "no room for a policy of %zu bytes", block.len);
	wq_buf_add(out, wq_buf_str(&block));
	return wq_buf_err(out);
}

/* ---- reading ---- */

static uint64_t read_number(struct wq_cursor *c, uint64_t max)
{
	uint64_t n = wq_canon_read_u64(c);

	if (n <= max)
		return n;
	wq_cursor_fail(c);
	return 0;
}

static const wq_str *read_texts(
	struct wq_cursor *c, struct wq_arena *arena, uint32_t max, size_t max_bytes, size_t *ret_n)
{
	uint32_t n = wq_canon_read_list(c, max);
	wq_str *texts = WQ_NEW_ARRAY(arena, wq_str, n);

	for (uint32_t i = 0; i < n && texts; i++)
		texts[i] = wq_canon_read_text(c, max_bytes);
	*ret_n = n;
	return texts;
}

static void read_paths(struct wq_cursor *c, struct wq_arena *arena, struct wq_policy *p)
{
	uint32_t n = wq_canon_read_list(c, WQ_POLICY_PATHS_MAX);
	struct wq_path_rule *rules = WQ_NEW_ARRAY(arena, struct wq_path_rule, n);

	for (uint32_t i = 0; i < n && rules; i++) {
		rules[i].prefix = wq_canon_read_text(c, WQ_KEY_MAX);
		rules[i].class = (enum wq_path_class)read_number(c, WQ_CLASS_CLOSED);
		rules[i].query = (enum wq_key_query)read_number(c, WQ_KEY_QUERY_KEEP);
		rules[i].listed = read_texts(c, arena, WQ_POLICY_LISTED_MAX, WQ_POLICY_TEXT_MAX, &rules[i].listed_n);
	}
	p->paths = rules;
	p->paths_n = n;
}

static void read_staff(struct wq_cursor *c, struct wq_arena *arena, struct wq_policy *p)
{
	uint32_t n = wq_canon_read_list(c, WQ_POLICY_NETWORKS_MAX);
	struct wq_network *networks = WQ_NEW_ARRAY(arena, struct wq_network, n);

	for (uint32_t i = 0; i < n && networks; i++) {
		wq_str bytes = wq_canon_read_bytes(c, sizeof networks[i].addr.bytes);

		if (bytes.n != 4 && bytes.n != 16)
			wq_cursor_fail(c);
		networks[i].addr.family = bytes.n == 4 ? 4 : 6;
		for (size_t k = 0; k < bytes.n; k++)
			networks[i].addr.bytes[k] = (uint8_t)bytes.p[k];
		networks[i].bits = (uint8_t)read_number(c, bytes.n * 8);
	}
	p->staff = networks;
	p->staff_n = n;
}

static void read_volatiles(struct wq_cursor *c, struct wq_arena *arena, struct wq_policy *p)
{
	uint32_t n = wq_canon_read_list(c, WQ_POLICY_VOLATILE_MAX);
	struct wq_volatile_rule *rules = WQ_NEW_ARRAY(arena, struct wq_volatile_rule, n);

	for (uint32_t i = 0; i < n && rules; i++) {
		rules[i].prefix = wq_canon_read_text(c, WQ_KEY_MAX);
		rules[i].action = (enum wq_volatile_action)read_number(c, WQ_VOLATILE_REMOVE);
		rules[i].before = wq_canon_read_bytes(c, WQ_VOLATILE_CONTEXT_MAX);
		rules[i].after = wq_canon_read_bytes(c, WQ_VOLATILE_CONTEXT_MAX);
		rules[i].max_bytes = (uint32_t)read_number(c, WQ_VOLATILE_REGION_MAX);
		rules[i].bytes = (enum wq_volatile_bytes)read_number(c, WQ_VOLATILE_ANY);
	}
	p->volatiles = rules;
	p->volatiles_n = n;
}

static struct wq_policy read_policy(struct wq_cursor *c, struct wq_arena *arena)
{
	struct wq_policy p = {.guard = wq_guard_default};
	uint64_t version = wq_canon_read_begin(c, WQ_DOMAIN_POLICY, WQ_ALG_SM3);

	if (version != VERSION_PLAIN && version != VERSION_GUARD)
		wq_cursor_fail(c);
	read_paths(c, arena, &p);
	read_staff(c, arena, &p);
	p.leave = read_number(c, 1) != 0;
	p.portal = wq_canon_read_text(c, WQ_POLICY_TEXT_MAX);
	p.leave_prefix = wq_canon_read_text(c, WQ_KEY_MAX);
	p.suffixes = read_texts(c, arena, WQ_POLICY_INSIDE_MAX, WQ_HOST_MAX, &p.suffixes_n);
	p.inside = read_texts(c, arena, WQ_POLICY_INSIDE_MAX, WQ_HOST_MAX, &p.inside_n);
	p.footer = wq_canon_read_text(c, WQ_POLICY_FOOTER_MAX);
	p.csp = (enum wq_csp_mode)read_number(c, WQ_CSP_ENFORCE);
	read_volatiles(c, arena, &p);
	if (version == VERSION_GUARD) {
		wq_guard_read(c, arena, &p.guard);
		if (wq_guard_is_default(&p.guard))
			wq_cursor_fail(c);
	}
	return p;
}

wq_err wq_policy_decode(wq_str block, struct wq_arena *arena, struct wq_policy *ret_policy)
{
	struct wq_cursor c = wq_cursor_of(block);
	struct wq_policy p;
	wq_err e;

	if (block.n > WQ_POLICY_BLOCK_MAX)
		return wq_error(WQ_E_LIMIT, "a policy is at most %d bytes", WQ_POLICY_BLOCK_MAX);
	if (block.n == 0) {
		*ret_policy = wq_policy_default;
		return WQ_OK;
	}
	p = read_policy(&c, arena);
	WQ_TRY(wq_arena_err(arena));
	e = wq_cursor_end(&c);
	if (wq_failed(e))
		return wq_error(WQ_E_FORMAT, "policy: %s", wq_err_note(e));
	e = wq_policy_check(&p);
	if (wq_is(e, WQ_E_INPUT) || wq_is(e, WQ_E_LIMIT))
		return wq_error(WQ_E_FORMAT, "policy: %s", wq_err_note(e));
	WQ_TRY(e);
	if (wq_policy_is_default(&p))
		return wq_error(WQ_E_FORMAT, "policy: the default is an empty block");
	*ret_policy = p;
	return WQ_OK;
}
