#include "detect/waf/eval_priv.h"

enum { ARENA_FIRST = 96 * 1024, STRINGS_FIRST = 128 * 1024 };

/* ---- workers ---- */

wq_err wq_waf_worker_new(uint64_t (*now_nsec)(void), struct wq_waf_worker **ret_worker)
{
	struct wq_waf_worker *worker = calloc(1, sizeof *worker);

	if (!worker)
		return wq_error_id(WQ_E_NO_MEMORY);
	worker->now = now_nsec;
	*ret_worker = worker;
	return WQ_OK;
}

void wq_waf_worker_cpu_clock(struct wq_waf_worker *worker, uint64_t (*cpu_nsec)(void))
{
	worker->cpu = cpu_nsec;
}

static void tx_free(struct wq_waf_tx *tx)
{
	wq_arena_done(&tx->arena);
	wq_arena_done(&tx->strings);
	free(tx);
}

void wq_waf_worker_free(struct wq_waf_worker **worker)
{
	if (!*worker)
		return;
	while ((*worker)->free) {
		struct wq_waf_tx *tx = (*worker)->free;
		(*worker)->free = tx->next;
		tx_free(tx);
	}
	for (size_t i = 0; i < WQ_WAF_LIMITS_MAX; i++)
		wq_regex_scratch_free(&(*worker)->scratches[i].scratch);
	wq_waf_expanded_done(*worker);
	free((*worker)->masks);
	free(*worker);
	*worker = NULL;
}

struct wq_regex_scratch *wq_waf_scratch(struct wq_waf_worker *worker, uint32_t limit)
{
	size_t i = 0;

	if (limit == 0)
		limit = WQ_REGEX_MATCH_LIMIT;
	while (i < WQ_WAF_LIMITS_MAX - 1 && worker->scratches[i].scratch && worker->scratches[i].limit != limit)
		i++;
	if (worker->scratches[i].scratch && worker->scratches[i].limit != limit)
		wq_regex_scratch_free(&worker->scratches[i].scratch);
	worker->scratches[i].limit = limit;
	if (!worker->scratches[i].scratch && wq_failed(wq_regex_scratch_new(limit, &worker->scratches[i].scratch)))
		return NULL;
	return worker->scratches[i].scratch;
}

/* ---- transactions ---- */

/* The first block of an arena is the one that it keeps: of a size that ordinary requests do not exceed. */
static bool room(struct wq_arena *arena, size_t bytes)
{
	bool yes;

	wq_arena_init(arena, WQ_WAF_TX_BYTES_MAX / 2);
	yes = wq_arena_alloc(arena, bytes) != NULL;
	wq_arena_reset(arena);
	return yes;
}

static struct wq_waf_tx *tx_take(struct wq_waf_worker *worker)
{
	struct wq_waf_tx *tx = worker->free;

	if (tx) {
		struct wq_arena arena = tx->arena, strings = tx->strings;
		worker->free = tx->next;
		worker->free_n--;
		*tx = (struct wq_waf_tx){.arena = arena, .strings = strings};
		return tx;
	}
	tx = calloc(1, sizeof *tx);
	if (tx && (!room(&tx->arena, ARENA_FIRST) || !room(&tx->strings, STRINGS_FIRST))) {
		tx_free(tx);
		tx = NULL;
	}
	return tx;
}

static bool tx_tables(struct wq_waf_tx *tx)
{
	const struct wq_waf_plan *plan = tx->plan;
	uint32_t slots = WQ_MAX(tx->program->slots_n, WQ_WAF_CAPTURES);

	tx->sources = WQ_NEW_ARRAY(&tx->arena, struct wq_waf_source_state, plan->sources_n + 1);
	tx->pairs = WQ_NEW_ARRAY(&tx->arena, struct wq_waf_pair_state, plan->pairs_n + 1);
	tx->views = WQ_NEW_ARRAY(&tx->arena, struct wq_waf_view_state, plan->views_n + 1);
	tx->slots = WQ_NEW_ARRAY(&tx->arena, struct wq_waf_value, slots);
	if (!tx->sources || !tx->pairs || !tx->views || !tx->slots)
		return false;
	if (tx->program->slots_n > 0 && tx->program->initial)
		memcpy(tx->slots, tx->program->initial, tx->program->slots_n * sizeof *tx->slots);
	return true;
}

struct wq_waf_tx *wq_waf_begin(
	struct wq_waf_worker *worker, const struct wq_waf_program *program, const struct wq_waf_begin *begin)
{
	struct wq_waf_tx *tx = tx_take(worker);

	if (!tx)
		return NULL;
	tx->worker = worker;
	tx->program = program;
	tx->plan = program->plan;
	tx->begin = *begin;
	tx->engine = program->engine;
	tx->body_access = program->request_body;
	tx->response_access = program->response_body;
	tx->body_limit = program->request_body_limit;
	tx->response_limit = program->response_body_limit;
	tx->epoch = 1;
	tx->highest_severity = 255;
	tx->last = (struct wq_waf_item){.var = WQ_VAR_COUNT, .string = WQ_STRING_NONE};
	tx->verdict.status = 403;
	tx->time_limit = worker->now ? (uint64_t)begin->budget.usec * 1000 : 0;
	tx->scratch = wq_waf_scratch(worker, program->match_limit);
	if (!tx->scratch || !tx_tables(tx)) {
		tx_free(tx);
		return NULL;
	}
	wq_pool_init(&tx->pool, program->chains, program->pattern_words + 1, &tx->strings);
	tx->pool.plain = program->plain;
	if (begin->unique_id.n == 0)
		tx->begin.unique_id = wq_arena_printf(
			&tx->arena, "%llx%08x", (unsigned long long)begin->unix_msec, begin->random);
	wq_waf_exceptions_apply(tx);
	return tx;
}

void wq_waf_end(struct wq_waf_tx **address)
{
	struct wq_waf_tx *tx = *address;

	*address = NULL;
	if (!tx)
		return;
	if (tx->worker->free_n >= WQ_WAF_FREE_MAX) {
		tx_free(tx);
		return;
	}
	wq_arena_reset(&tx->arena);
	wq_arena_reset(&tx->strings);
	tx->next = tx->worker->free;
	tx->worker->free = tx;
	tx->worker->free_n++;
}

/* ---- what it is told ---- */

bool wq_waf_tx_fix(struct wq_waf_tx *tx, wq_str name, int64_t number)
{
	uint32_t slot = wq_waf_slot(tx->program, name);

	if (slot == WQ_WAF_NONE || tx->fixed_n == WQ_WAF_FIXED_MAX)
		return false;
	tx->slots[slot] = (struct wq_waf_value){.set = true, .is_number = true, .number = number};
	tx->fixed[tx->fixed_n++] = slot;
	return true;
}

void wq_waf_connection(struct wq_waf_tx *tx, wq_str client, uint16_t client_port, wq_str server, uint16_t server_port)
{
	tx->client = client;
	tx->client_port = client_port;
	tx->server = server;
	tx->server_port = server_port;
}

static bool is_of_scheme(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
		c == '.';
}

/* "http://host/path": the part from the path on. */
static wq_str without_host(wq_str target)
{
	size_t scheme = 0, at = 0;
	wq_str rest;

	while (scheme < target.n && is_of_scheme(target.p[scheme]))
		scheme++;
	if (scheme == 0 || !wq_str_starts(wq_str_from(target, scheme), WQ_S("://")))
		return target;
	rest = wq_str_from(target, scheme + 3);
	while (at < rest.n && rest.p[at] != '/' && rest.p[at] != '?')
		at++;
	return at == rest.n ? WQ_S("/") : wq_str_from(rest, at);
}

/* %XX of a path, once, as the server behind does before it looks for the file; '+' is itself there. */
static wq_str decoded(struct wq_waf_tx *tx, wq_str path)
{
	size_t n = 0;
	char *out;

	if (wq_str_chr(path, '%') < 0)
		return path;
	out = wq_arena_alloc(&tx->strings, path.n);
	if (!out) {
		tx->no_memory = true;
		return path;
	}
	for (size_t i = 0; i < path.n; i++) {
		uint8_t byte = (uint8_t)path.p[i];

		if (byte == '%' && i + 2 < path.n && wq_str_unhex(wq_str_of(path.p + i + 1, 2), &byte, 1))
			i += 2;
		out[n++] = (char)byte;
	}
	return wq_str_of(out, n);
}

void wq_waf_request(struct wq_waf_tx *tx, wq_str method, wq_str target, wq_str protocol)
{
	wq_str rest;
	char *at = wq_arena_alloc(&tx->arena, method.n + target.n + protocol.n + 2);

	tx->method = method;
	tx->target = target;
	tx->protocol = protocol.n > 0 ? protocol : WQ_S("HTTP/0.9");
	tx->uri = rest = without_host(target);
	tx->path = decoded(tx, wq_str_cut(&rest, '?'));
	tx->has_query = rest.p != NULL;
	tx->query = rest;
	if (!at) {
		tx->no_memory = true;
		return;
	}
	tx->line = wq_str_of(at, method.n + target.n + protocol.n + 2);
	const wq_str pieces[] = {method, WQ_S(" "), target, WQ_S(" "), protocol};
	for (size_t i = 0; i < WQ_COUNT(pieces); i++) {
		if (pieces[i].n > 0)
			memcpy(at, pieces[i].p, pieces[i].n);
		at += pieces[i].n;
	}
}

void wq_waf_request_header(struct wq_waf_tx *tx, wq_str name, wq_str value)
{
	if (!value.p)
		value = WQ_S("");
	/* the first that says anything; that there are others is the body's to know */
	if (tx->kind == WQ_BODY_NONE && wq_str_eq_nocase(name, WQ_S("Content-Type")))
		tx->kind = wq_body_kind_of(value);
	wq_waf_values_add(tx, &tx->sets[WQ_VAR_REQUEST_HEADERS], name, value);
}

void wq_waf_response(struct wq_waf_tx *tx, uint16_t status, wq_str protocol)
{
	tx->response_status = status;
	tx->response_protocol = protocol.p ? protocol : WQ_S("");
}

void wq_waf_response_header(struct wq_waf_tx *tx, wq_str name, wq_str value)
{
	wq_waf_values_add(tx, &tx->sets[WQ_VAR_RESPONSE_HEADERS], name, value.p ? value : WQ_S(""));
}

void wq_waf_set_trace(struct wq_waf_tx *tx, const struct wq_waf_trace *trace)
{
	tx->trace = trace;
}

/* ---- what it says ---- */

struct wq_waf_verdict wq_waf_verdict(const struct wq_waf_tx *tx)
{
	return tx->verdict;
}

struct wq_waf_cost wq_waf_cost(const struct wq_waf_tx *tx)
{
	struct wq_waf_cost cost = tx->cost;

	cost.strings = tx->pool.n;
	cost.nsec = wq_waf_elapsed(tx);
	return cost;
}

static const struct wq_waf_value *value_of(const struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name)
{
	return wq_waf_value_find((struct wq_waf_tx *)(uintptr_t)tx, var, name);
}

bool wq_waf_tx_number(const struct wq_waf_tx *tx, wq_str name, int64_t *ret_number)
{
	const struct wq_waf_value *value = value_of(tx, WQ_VAR_TX, name);
	uint64_t number;

	if (value && !value->is_number && wq_str_to_u64(value->text, INT64_MAX, &number)) {
		*ret_number = (int64_t)number;
		return true;
	}
	if (!value || !value->is_number)
		return false;
	*ret_number = value->number;
	return true;
}

wq_str wq_waf_env(const struct wq_waf_tx *tx, wq_str name)
{
	const struct wq_waf_value *value = value_of(tx, WQ_VAR_ENV, name);

	return value ? wq_waf_value_text((struct wq_waf_tx *)(uintptr_t)tx, (struct wq_waf_value *)(uintptr_t)value)
		     : WQ_S("");
}
