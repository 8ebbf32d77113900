/* A program's life: from files to the last reference. */
#include "base/map.h"
#include "detect/waf/program_priv.h"

enum { PARSED_BYTES_MAX = 256 * 1024 * 1024 };

/* ---- what was loaded: names and texts, in their order. For telling equal loads, not against forgers: rule files are the operator's. */

struct digest {
	const struct wq_sec_source *inner;
	uint64_t lanes[4];
};

static void digest_add(struct digest *d, wq_str s)
{
	for (size_t i = 0; i < WQ_COUNT(d->lanes); i++) {
		const uint64_t key[2] = {d->lanes[i], 0x7765697175650000 + i};
		d->lanes[i] = wq_siphash13(key, s) ^ s.n;
	}
}

static wq_err read_and_digest(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	struct digest *d = data;

	WQ_TRY(d->inner->read(d->inner->data, path, arena, ret_text));
	digest_add(d, wq_str_c(path));
	digest_add(d, *ret_text);
	return WQ_OK;
}

static wq_err list_inner(
	void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	struct digest *d = data;

	return d->inner->list(d->inner->data, pattern, arena, ret_paths, ret_n);
}

static void digest_settings(struct digest *d, const struct wq_waf_load *load)
{
	for (size_t i = 0; i < load->settings_n; i++) {
		digest_add(d, load->settings[i].name);
		digest_add(d, load->settings[i].value);
	}
	digest_add(d, load->no_jit ? WQ_S("interpreter") : WQ_S("jit"));
	digest_add(d, load->no_fold ? WQ_S("whole") : WQ_S("folded"));
	if (load->plain)
		digest_add(d, WQ_S("plain"));
}

static wq_err load_into(
	const struct wq_waf_load *load, struct wq_arena *arena, struct digest *d, struct wq_waf_program **ret_program)
{
	const struct wq_sec_source source = {.data = d, .read = read_and_digest, .list = list_inner};
	struct wq_sec_rules rules;
	struct wq_waf_program *program;

	WQ_TRY(wq_sec_parse_files(load->paths, load->paths_n, &source, arena, load->notice, load->notice_data, &rules));
	WQ_TRY(wq_waf_compile(&rules, load, &program));
	digest_settings(d, load);
	memcpy(program->info.digest, d->lanes, sizeof program->info.digest);
	*ret_program = program;
	return WQ_OK;
}

wq_err wq_waf_program_new(const struct wq_waf_load *load, struct wq_waf_program **ret_program)
{
	struct digest digest = {.inner = load->source, .lanes = {1, 2, 3, 4}};
	struct wq_arena arena;

	wq_arena_init(&arena, PARSED_BYTES_MAX);
	wq_err e = load_into(load, &arena, &digest, ret_program);
	wq_arena_done(&arena);
	return e;
}

struct wq_waf_program *wq_waf_program_ref(struct wq_waf_program *program)
{
	atomic_fetch_add_explicit(&program->refs, 1, memory_order_relaxed);
	return program;
}

void wq_waf_program_unref(struct wq_waf_program **program)
{
	struct wq_waf_program *p = *program;

	*program = NULL;
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) > 1)
		return;
	for (uint32_t i = 0; p->regexes && i < p->regexes_n; i++)
		wq_regex_free(&p->regexes[i]);
	for (uint32_t i = 0; i < p->cuts_n; i++)
		wq_regex_free(&p->cuts[i]);
	wq_literals_free(&p->literals);
	wq_chains_free(&p->chains);
	wq_arena_done(&p->arena);
	free(p);
}

const struct wq_waf_info *wq_waf_program_info(const struct wq_waf_program *program)
{
	return &program->info;
}

/* ---- names of TX */

wq_err wq_waf_slots_index(struct wq_waf_program *program)
{
	uint32_t buckets = 16;

	while (buckets < program->slots_n * 2)
		buckets *= 2;
	program->slot_buckets = WQ_NEW_ARRAY(&program->arena, uint32_t, buckets);
	if (!program->slot_buckets)
		return wq_error_id(WQ_E_NO_MEMORY);
	program->slot_buckets_n = buckets;
	for (uint32_t i = 0; i < program->slots_n; i++) {
		uint32_t at = (uint32_t)wq_str_hash(program->slots[i], 0) & (buckets - 1);
		while (program->slot_buckets[at] != 0)
			at = (at + 1) & (buckets - 1);
		program->slot_buckets[at] = i + 1;
	}
	return WQ_OK;
}

uint32_t wq_waf_slot(const struct wq_waf_program *program, wq_str name)
{
	char lower[WQ_WAF_NAME_MAX];
	uint32_t at, mask = program->slot_buckets_n - 1;

	if (name.n > sizeof lower)
		return WQ_WAF_NONE;
	for (size_t i = 0; i < name.n; i++)
		lower[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] - 'A' + 'a') : name.p[i];
	name.p = lower;
	for (at = (uint32_t)wq_str_hash(name, 0) & mask; program->slot_buckets[at] != 0; at = (at + 1) & mask)
		if (wq_str_eq(program->slots[program->slot_buckets[at] - 1], name))
			return program->slot_buckets[at] - 1;
	return WQ_WAF_NONE;
}
