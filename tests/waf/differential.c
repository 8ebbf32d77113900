/* Our engine against libmodsecurity: the same rules, the requests of regression cases and mutations of them, and the sets of rules that
 * fired. Prints one line for each class of difference: the rule, on which side alone it fired, how often, the first request.
 *
 *     differential RULES TESTS [MUTATIONS [SEED]]     RULES: a Core Rule Set's folder; MUTATIONS of each case (default 3)
 *
 * Ends with 0 whatever it finds: docs/waf-differences.md explains the classes. Rules that only sum up (949, 959, 980) are left out. */
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include "cli/ftw.h"
#include "flow/ruleset.h"

enum { CLASSES_MAX = 4000, MUTATIONS = 3, EXAMPLE = 200 };

struct difference {
	uint32_t rule;
	bool ours; /* fired here alone */
	size_t n;
	char example[EXAMPLE];
};

struct both {
	struct wq_waf_program *program;
	struct wq_waf_worker *worker;
	ModSecurity *peer;
	RulesSet *rules;
	struct difference *all;
	size_t n, requests, equal;
	uint64_t seed;
};

struct ids {
	uint32_t ids[1024];
	size_t n;
};

static void add_id(struct ids *ids, uint32_t id)
{
	uint32_t group = id / 1000;

	for (size_t i = 0; i < ids->n; i++)
		if (ids->ids[i] == id)
			return;
	if (ids->n < WQ_COUNT(ids->ids) && group != 949 && group != 959 && group != 980)
		ids->ids[ids->n++] = id;
}

static bool has_id(const struct ids *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->ids[i] == id)
			return true;
	return false;
}

static void must(wq_err e, const char *what)
{
	if (!wq_failed(e))
		return;
	fprintf(stderr, "%s: %s %s\n", what, wq_err_message(e, WQ_LANG_EN), wq_err_note(e));
	exit(wq_err_exit(e));
}

/* ---- the peer ---- */

static void on_log(void *data, const void *line)
{
	wq_str rest = wq_str_c(line);
	ptrdiff_t at;

	while ((at = wq_str_find(rest, WQ_S("[id \""))) >= 0) {
		wq_str digits;
		uint64_t id;

		rest = wq_str_from(rest, (size_t)at + 5);
		digits = wq_str_cut(&rest, '"');
		if (wq_str_to_u64(digits, UINT32_MAX, &id))
			add_id(data, (uint32_t)id);
		rest = rest.p ? rest : WQ_S("");
	}
}

/* As ftw_program.c. */
static const char preamble[] =
	"SecRuleEngine DetectionOnly\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecAuditEngine Off\n"
	"SecResponseBodyMimeType text/plain text/html text/xml application/json\n"
	"SecRequestBodyLimit 13107200\nSecRequestBodyNoFilesLimit 131072\nSecResponseBodyLimit 524288\n"
	"SecRule REQUEST_HEADERS:Content-Type \"^(?:application(?:/soap\\+|/)|text/)xml\" "
	"\"id:'200000',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML\"\n"
	"SecRule REQUEST_HEADERS:Content-Type \"^application/(?:[a-z0-9.-]+[+])?json\" "
	"\"id:'200001',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON\"\n"
	"SecAction \"id:900005,phase:1,nolog,pass,setvar:tx.crs_validate_utf8_encoding=1,setvar:tx.arg_name_length=100,"
	"setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,setvar:tx.max_num_args=255,"
	"setvar:tx.max_file_size=64100,setvar:tx.combined_file_sizes=65535,setvar:tx.blocking_paranoia_level=4,"
	"setvar:tx.detection_paranoia_level=4,setvar:tx.paranoia_level=4,setvar:tx.executing_paranoia_level=4\"\n";

static void peer_load(struct both *b, const char *const *paths, size_t n)
{
	const char *error = NULL;

	b->peer = msc_init();
	msc_set_log_cb(b->peer, on_log);
	b->rules = msc_create_rules_set();
	if (msc_rules_add(b->rules, preamble, &error) < 0) {
		fprintf(stderr, "libmodsecurity: %s\n", error);
		exit(3);
	}
	for (size_t i = 0; i < n; i++)
		if (msc_rules_add_file(b->rules, paths[i], &error) < 0) {
			fprintf(stderr, "libmodsecurity: %s: %s\n", paths[i], error);
			exit(3);
		}
}

static const unsigned char *bytes(wq_str s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

static void peer_run(const struct both *b, const struct wq_ftw_trip *trip, struct wq_arena *arena, struct ids *ids)
{
	const struct wq_ftw_http *http = &trip->http;
	const struct wq_ftw_answer *answer = &trip->answer;
	Transaction *t = msc_new_transaction(b->peer, b->rules, ids);
	const char *target = wq_arena_cstr(arena, http->target), *method = wq_arena_cstr(arena, http->method);
	wq_str version = wq_str_starts(http->protocol, WQ_S("HTTP/")) ? wq_str_from(http->protocol, 5) : WQ_S("0.9");

	msc_process_connection(t, "127.0.0.1", 40000, "127.0.0.1", 80);
	msc_process_uri(t, target ? target : "/", method ? method : "GET", wq_arena_cstr(arena, version));
	for (size_t i = 0; i < http->headers_n; i++)
		msc_add_n_request_header(t, bytes(http->headers[i].name), http->headers[i].name.n,
			bytes(http->headers[i].value), http->headers[i].value.n);
	msc_process_request_headers(t);
	if (http->body.n > 0)
		msc_append_request_body(t, bytes(http->body), http->body.n);
	if (!http->incomplete)
		msc_process_request_body(t);
	if (!http->incomplete && !http->refused) {
		for (size_t i = 0; i < answer->headers_n; i++)
			msc_add_n_response_header(t, bytes(answer->headers[i].name), answer->headers[i].name.n,
				bytes(answer->headers[i].value), answer->headers[i].value.n);
		msc_process_response_headers(t, answer->status, "HTTP 1.1");
		if (answer->body.n > 0)
			msc_append_response_body(t, bytes(answer->body), answer->body.n);
		msc_process_response_body(t);
	}
	msc_process_logging(t);
	msc_transaction_cleanup(t);
}

/* ---- what differs ---- */

static void note(struct both *b, uint32_t rule, bool ours, const char *name, wq_str request)
{
	struct difference *d = NULL;
	size_t at;

	for (size_t i = 0; i < b->n && !d; i++)
		if (b->all[i].rule == rule && b->all[i].ours == ours)
			d = &b->all[i];
	if (!d && b->n < CLASSES_MAX) {
		d = &b->all[b->n++];
		*d = (struct difference){.rule = rule, .ours = ours};
		at = (size_t)snprintf(d->example, sizeof d->example, "%s ", name);
		for (size_t i = 0; i < request.n && at + 5 < sizeof d->example; i++) {
			unsigned char c = (unsigned char)request.p[i];
			at += (size_t)snprintf(
				d->example + at, sizeof d->example - at, c < 0x20 || c >= 0x7f ? "\\x%02x" : "%c", c);
		}
	}
	if (d)
		d->n++;
}

static void compare(struct both *b, const char *name, wq_str request)
{
	static struct ids ours, theirs;
	struct wq_arena arena;
	struct wq_ftw_trip trip;
	const struct wq_waf_match *matches;
	uint32_t lost;
	size_t n = 0;

	wq_arena_init(&arena, 256 * WQ_MIB);
	ours.n = theirs.n = 0;
	must(wq_ftw_trip(b->worker, b->program, request, NULL, NULL, &arena, &trip), name);
	if (trip.tx) {
		matches = wq_waf_matches(trip.tx, &n, &lost);
		for (size_t i = 0; i < n; i++)
			add_id(&ours, matches[i].rule);
		peer_run(b, &trip, &arena, &theirs);
		b->requests++;
		bool same = true;
		for (size_t i = 0; i < ours.n; i++)
			if (!has_id(&theirs, ours.ids[i])) {
				note(b, ours.ids[i], true, name, request);
				same = false;
			}
		for (size_t i = 0; i < theirs.n; i++)
			if (!has_id(&ours, theirs.ids[i])) {
				note(b, theirs.ids[i], false, name, request);
				same = false;
			}
		b->equal += same;
		wq_waf_end(&trip.tx);
	}
	wq_arena_done(&arena);
}

/* ---- mutations ---- */

static uint64_t next(struct both *b)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 7;
	b->seed ^= b->seed << 17;
	return b->seed;
}

static wq_str mutate(struct both *b, wq_str in, bool encoded, struct wq_arena *arena)
{
	WQ_BUF(out, 4 * WQ_FTW_REQUEST_MAX);
	unsigned kind = (unsigned)(next(b) % 6);

	if (kind == 3) /* truncation */
		return wq_str_head(in, in.n - (in.n > 8 ? next(b) % (in.n / 2) : 0));
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool space = c == ' ' || c == '+',
		     inside = i > 1 && in.p[i - 1] != '%' && (i < 2 || in.p[i - 2] != '%');

		if (kind == 0 && letter && inside && next(b) % 3 == 0)
			wq_buf_byte(&out, (uint8_t)(c ^ 0x20));
		else if (kind == 1 && encoded && letter && inside && next(b) % 4 == 0)
			wq_buf_printf(&out, "%%%02x", (unsigned char)c);
		else if (kind == 2 && space && next(b) % 2 == 0)
			wq_buf_add(&out, WQ_S("/**/"));
		else if (kind == 4 && space && next(b) % 2 == 0)
			wq_buf_add(&out, encoded ? WQ_S("%09") : WQ_S("\t"));
		else
			wq_buf_byte(&out, (uint8_t)c);
	}
	if (kind == 5) { /* a parameter twice */
		wq_buf_byte(&out, '&');
		wq_buf_add(&out, wq_str_from(in, (size_t)(wq_str_chr(in, '?') + 1)));
	}
	return wq_arena_str(arena, wq_buf_str(&out));
}

static void run_input(struct both *b, const char *name, const struct wq_ftw_input *input)
{
	WQ_BUF(request, WQ_FTW_REQUEST_MAX);

	must(wq_ftw_request(input, &request), name);
	compare(b, name, wq_buf_str(&request));
}

static void run_case(struct both *b, const struct wq_ftw_test *test, unsigned mutations)
{
	const char *name;
	struct wq_arena arena;

	wq_arena_init(&arena, 256 * WQ_MIB);
	name = wq_arena_cstr(&arena, test->name);
	for (size_t i = 0; i < test->stages_n; i++) {
		run_input(b, name, &test->stages[i].input);
		for (unsigned m = 0; m < mutations && !test->stages[i].input.raw.p; m++) {
			struct wq_ftw_input input = test->stages[i].input;
			size_t path = (size_t)(wq_str_chr(input.uri, '?') + 1);

			if (input.data.n > 0)
				input.data = mutate(b, input.data, false, &arena);
			else if (path > 0)
				input.uri = mutate(b, input.uri, true, &arena);
			run_input(b, name, &input);
		}
	}
	wq_arena_done(&arena);
}

static int by_number(const void *x, const void *y)
{
	const struct difference *a = x, *b = y;

	return a->n != b->n ? (a->n < b->n ? 1 : -1) : (a->rule > b->rule) - (a->rule < b->rule);
}

int main(int argc, char **argv)
{
	struct both b = {.seed = argc > 4 ? strtoull(argv[4], NULL, 10) | 1 : 20261122};
	unsigned mutations = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : MUTATIONS;
	struct wq_arena arena;
	struct wq_ftw_suite suite;
	const char *const *paths;
	size_t n;

	if (argc < 3) {
		fprintf(stderr, "usage: differential RULES TESTS [MUTATIONS [SEED]]\n");
		return 2;
	}
	wq_arena_init(&arena, 512 * WQ_MIB);
	must(wq_ruleset_paths(argv[1], &arena, &paths, &n), argv[1]);
	must(wq_ftw_program(paths, n, 4, WQ_FTW_TEST, &b.program), argv[1]);
	must(wq_waf_worker_new(NULL, &b.worker), "worker");
	must(wq_ftw_read(argv[2], &arena, &suite), argv[2]);
	b.all = WQ_NEW_ARRAY(&arena, struct difference, CLASSES_MAX);
	must(wq_arena_err(&arena), "memory");
	peer_load(&b, paths, n);
	for (size_t i = 0; i < suite.n; i++)
		run_case(&b, &suite.tests[i], mutations);
	qsort(b.all, b.n, sizeof *b.all, by_number);
	printf("%zu requests, %zu with equal rules, %zu classes of difference\n", b.requests, b.equal, b.n);
	for (size_t i = 0; i < b.n; i++)
		printf("%6u %s %5zu  %s\n", b.all[i].rule, b.all[i].ours ? "ours " : "peer ", b.all[i].n,
			b.all[i].example);
	wq_waf_worker_free(&b.worker);
	wq_waf_program_unref(&b.program);
	wq_arena_done(&arena);
	return 0;
}
