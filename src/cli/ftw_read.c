#include "cli/ftw.h"
#include "cli/ftw_yaml.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/file.h"

enum { REPEAT_MAX = 1024 * 1024, DEPTH_MAX = 8 };

/* ---- base64 of requests ---- */

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool wq_ftw_unbase64(wq_str text, struct wq_arena *arena, wq_str *ret_bytes)
{
	char *out = wq_arena_alloc(arena, text.n);
	uint32_t bits = 0, have = 0;
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		int v = sextet(text.p[i]);

		if (text.p[i] == '=' || text.p[i] == '\n' || text.p[i] == '\r')
			continue;
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	*ret_bytes = wq_str_of(out, n);
	return true;
}

/* ---- input ---- */

static wq_err read_method(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_text(y, node, &((struct wq_ftw_input *)into)->method);
}

static wq_err read_uri(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_text(y, node, &((struct wq_ftw_input *)into)->uri);
}

static wq_err read_version(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_text(y, node, &((struct wq_ftw_input *)into)->version);
}

static wq_err read_protocol(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	wq_str protocol;

	(void)into;
	WQ_TRY(wq_yaml_text(y, node, &protocol));
	return wq_str_eq_nocase(protocol, WQ_S("http")) ? WQ_OK
							: wq_yaml_bad(y, node, "only the protocol http is supported");
}

static wq_err read_headers(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_input *input = into;
	size_t n;

	if (wq_yaml_is_null(node))
		return WQ_OK;
	if (node->type != YAML_MAPPING_NODE)
		return wq_yaml_bad(y, node, "write a mapping (Name: value) here");
	n = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
	if (n > WQ_FTW_HEADERS_MAX - 3)
		return wq_yaml_bad(y, node, "more than %d headers", WQ_FTW_HEADERS_MAX - 3);
	input->headers = WQ_NEW_ARRAY(y->arena, struct wq_ftw_header, n + 1);
	if (!input->headers)
		return wq_arena_err(y->arena);
	for (size_t i = 0; i < n; i++) {
		yaml_node_pair_t pair = node->data.mapping.pairs.start[i];

		WQ_TRY(wq_yaml_text(y, yaml_document_get_node(y->document, pair.key), &input->headers[i].name));
		WQ_TRY(wq_yaml_text(y, yaml_document_get_node(y->document, pair.value), &input->headers[i].value));
	}
	input->headers_n = n;
	return WQ_OK;
}

static wq_err join_lines(const struct wq_yaml *y, const yaml_node_t *node, wq_str *ret_text)
{
	WQ_BUF(all, 2 * WQ_FTW_FILE_BYTES_MAX);

	for (size_t i = 0; i < wq_yaml_count(node); i++) {
		wq_str line;

		WQ_TRY(wq_yaml_text(y, wq_yaml_at(y, node, i), &line));
		if (i > 0)
			wq_buf_add(&all, WQ_S("\r\n"));
		wq_buf_add(&all, line);
	}
	WQ_TRY(wq_buf_err(&all));
	*ret_text = wq_arena_str(y->arena, wq_buf_str(&all));
	return ret_text->p ? WQ_OK : wq_arena_err(y->arena);
}

/* {{ "text" | repeat N }}: the one form of go-ftw's templates that occurs. `at` is that of "{{". */
static wq_err expand_one(const struct wq_yaml *y, const yaml_node_t *node, wq_str text, size_t at, wq_str *ret_text)
{
	wq_str inner = wq_str_from(text, at + 2), piece, after;
	ptrdiff_t end = wq_str_find(inner, WQ_S("}}"));
	uint64_t times = 0;
	char *out;

	after = wq_str_from(inner, (size_t)WQ_MAX(end, 0) + 2);
	inner = wq_str_trim(wq_str_head(inner, (size_t)WQ_MAX(end, 0)));
	piece = wq_str_trim(wq_str_cut(&inner, '|'));
	inner = inner.p ? wq_str_trim(inner) : WQ_S("");
	if (end < 0 || piece.n < 2 || piece.p[0] != '"' || piece.p[piece.n - 1] != '"' ||
		!wq_str_starts(inner, WQ_S("repeat ")) ||
		!wq_str_to_u64(wq_str_trim(wq_str_from(inner, 7)), REPEAT_MAX, &times))
		return wq_yaml_bad(y, node, "of templates only {{ \"text\" | repeat N }} is supported");
	piece = wq_str_of(piece.p + 1, piece.n - 2);
	if (piece.n * times > REPEAT_MAX)
		return wq_yaml_bad(y, node, "a template of more than %d bytes", REPEAT_MAX);
	out = wq_arena_alloc(y->arena, at + piece.n * times + after.n);
	if (!out)
		return wq_arena_err(y->arena);
	memcpy(out, text.p, at);
	for (uint64_t i = 0; i < times; i++)
		memcpy(out + at + i * piece.n, piece.p, piece.n);
	memcpy(out + at + piece.n * times, after.p, after.n);
	*ret_text = wq_str_of(out, at + piece.n * times + after.n);
	return WQ_OK;
}

static wq_err read_data(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_input *input = into;
	ptrdiff_t at;

	if (node->type == YAML_SEQUENCE_NODE)
		return join_lines(y, node, &input->data);
	WQ_TRY(wq_yaml_text(y, node, &input->data));
	while ((at = wq_str_find(input->data, WQ_S("{{"))) >= 0)
		WQ_TRY(expand_one(y, node, input->data, (size_t)at, &input->data));
	return WQ_OK;
}

static wq_err read_encoded(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	wq_str text;

	WQ_TRY(wq_yaml_text(y, node, &text));
	if (!wq_ftw_unbase64(text, y->arena, &((struct wq_ftw_input *)into)->raw))
		return wq_yaml_bad(y, node, "encoded_request has to be base64");
	return WQ_OK;
}

static wq_err read_encoded_data(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	wq_str text;

	WQ_TRY(wq_yaml_text(y, node, &text));
	if (!wq_ftw_unbase64(text, y->arena, &((struct wq_ftw_input *)into)->data))
		return wq_yaml_bad(y, node, "encoded_data has to be base64");
	return WQ_OK;
}

static wq_err read_raw(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_text(y, node, &((struct wq_ftw_input *)into)->raw);
}

static wq_err read_complete(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_bool(y, node, &((struct wq_ftw_input *)into)->complete);
}

static wq_err read_stop_magic(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	bool stop;

	WQ_TRY(wq_yaml_bool(y, node, &stop));
	((struct wq_ftw_input *)into)->complete = !stop;
	return WQ_OK;
}

static const struct wq_yaml_field input_fields[] = {
	{"dest_addr", NULL},
	{"port", NULL},
	{"protocol", read_protocol},
	{"method", read_method},
	{"uri", read_uri},
	{"version", read_version},
	{"headers", read_headers},
	{"data", read_data},
	{"encoded_data", read_encoded_data},
	{"encoded_request", read_encoded},
	{"raw_request", read_raw},
	{"autocomplete_headers", read_complete},
	{"stop_magic", read_stop_magic},
	{0},
};

static int by_name(const void *a, const void *b)
{
	return wq_str_cmp(((const struct wq_ftw_header *)a)->name, ((const struct wq_ftw_header *)b)->name);
}

static wq_err read_input(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_input *input = &((struct wq_ftw_stage *)into)->input;

	WQ_TRY(wq_yaml_fields(y, node, input_fields, input));
	if (input->data.p && input->raw.p)
		return wq_yaml_bad(y, node, "data and encoded_request cannot stand together");
	if (input->headers_n > 1 && !input->old)
		qsort(input->headers, input->headers_n, sizeof *input->headers, by_name);
	return WQ_OK;
}

/* ---- output ---- */

static wq_err read_ids(const struct wq_yaml *y, const yaml_node_t *node, uint32_t *ids, size_t *ret_n)
{
	uint64_t id;

	*ret_n = 0;
	if (wq_yaml_is_null(node))
		return WQ_OK;
	if (node->type == YAML_SCALAR_NODE) {
		WQ_TRY(wq_yaml_number(y, node, UINT32_MAX, &id));
		ids[(*ret_n)++] = (uint32_t)id;
		return WQ_OK;
	}
	if (node->type != YAML_SEQUENCE_NODE || wq_yaml_count(node) > WQ_FTW_IDS_MAX)
		return wq_yaml_bad(y, node, "write a list of at most %d rule ids here", WQ_FTW_IDS_MAX);
	for (size_t i = 0; i < wq_yaml_count(node); i++) {
		WQ_TRY(wq_yaml_number(y, wq_yaml_at(y, node, i), UINT32_MAX, &id));
		ids[(*ret_n)++] = (uint32_t)id;
	}
	return WQ_OK;
}

static wq_err read_expect(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_output *output = into;

	return read_ids(y, node, output->expect, &output->expect_n);
}

static wq_err read_unexpect(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_output *output = into;

	return read_ids(y, node, output->unexpect, &output->unexpect_n);
}

static wq_err read_match(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_text(y, node, &((struct wq_ftw_output *)into)->match);
}

static wq_err read_no_match(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_text(y, node, &((struct wq_ftw_output *)into)->no_match);
}

static const struct wq_yaml_field log_fields[] = {
	{"expect_ids", read_expect},
	{"expect_id", read_expect},
	{"no_expect_ids", read_unexpect},
	{"no_expect_id", read_unexpect},
	{"match_regex", read_match},
	{"no_match_regex", read_no_match},
	{0},
};

static wq_err read_log(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_fields(y, node, log_fields, into);
}

/* The older format asks for a regular expression; `id "942100"` is the id itself. */
static bool id_of(wq_str text, uint32_t *ret_id)
{
	uint64_t id;

	if (!wq_str_starts(text, WQ_S("id \"")) || !wq_str_ends(text, WQ_S("\"")) || text.n < 6 ||
		!wq_str_to_u64(wq_str_of(text.p + 4, text.n - 5), UINT32_MAX, &id))
		return false;
	*ret_id = (uint32_t)id;
	return true;
}

static wq_err read_contains(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_output *output = into;
	wq_str text;

	WQ_TRY(wq_yaml_text(y, node, &text));
	if (id_of(text, &output->expect[0]))
		output->expect_n = 1;
	else
		output->match = text;
	return WQ_OK;
}

static wq_err read_no_contains(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_output *output = into;
	wq_str text;

	WQ_TRY(wq_yaml_text(y, node, &text));
	if (id_of(text, &output->unexpect[0]))
		output->unexpect_n = 1;
	else
		output->no_match = text;
	return WQ_OK;
}

static wq_err read_status(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_output *output = into;
	uint64_t status;

	output->status_n = 0;
	if (node->type == YAML_SCALAR_NODE) {
		WQ_TRY(wq_yaml_number(y, node, 599, &status));
		output->status[output->status_n++] = (uint16_t)status;
		return WQ_OK;
	}
	if (node->type != YAML_SEQUENCE_NODE || wq_yaml_count(node) > WQ_FTW_STATUSES_MAX)
		return wq_yaml_bad(y, node, "write a status, or a list of at most %d", WQ_FTW_STATUSES_MAX);
	for (size_t i = 0; i < wq_yaml_count(node); i++) {
		WQ_TRY(wq_yaml_number(y, wq_yaml_at(y, node, i), 599, &status));
		output->status[output->status_n++] = (uint16_t)status;
	}
	return WQ_OK;
}

static wq_err read_expect_error(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_output *output = into;

	output->error_given = true;
	return wq_yaml_bool(y, node, &output->error);
}

static wq_err read_isolated(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_bool(y, node, &((struct wq_ftw_output *)into)->isolated);
}

static wq_err read_response(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_text(y, node, &((struct wq_ftw_output *)into)->response);
}

static const struct wq_yaml_field output_fields[] = {
	{"status", read_status},
	{"log", read_log},
	{"log_contains", read_contains},
	{"no_log_contains", read_no_contains},
	{"response_contains", read_response},
	{"expect_error", read_expect_error},
	{"isolated", read_isolated},
	{"retry_once", NULL}, /* for logs that come late; this runner waits for its marker */
	{0},
};

static wq_err read_output(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_fields(y, node, output_fields, &((struct wq_ftw_stage *)into)->output);
}

/* ---- tests ---- */

static const struct wq_yaml_field stage_fields[] = {
	{"input", read_input},
	{"output", read_output},
	{"description", NULL},
	{0},
};

static wq_err read_old_stage(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	((struct wq_ftw_stage *)into)->input.old = true;
	return wq_yaml_fields(y, node, stage_fields, into);
}

static const struct wq_yaml_field any_stage_fields[] = {
	{"stage", read_old_stage},
	{"input", read_input},
	{"output", read_output},
	{"description", NULL},
	{0},
};

static wq_err read_stage(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_test *test = into;
	struct wq_ftw_stage *stage = &test->stages[test->stages_n++];

	stage->input = (struct wq_ftw_input){
		.method = WQ_S("GET"), .uri = WQ_S("/"), .version = WQ_S("HTTP/1.1"), .complete = true};
	return wq_yaml_fields(y, node, any_stage_fields, stage);
}

static wq_err read_stages(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_test *test = into;

	if (node->type != YAML_SEQUENCE_NODE || wq_yaml_count(node) == 0)
		return wq_yaml_bad(y, node, "a test needs a list of stages");
	test->stages = WQ_NEW_ARRAY(y->arena, struct wq_ftw_stage, wq_yaml_count(node));
	if (!test->stages)
		return wq_arena_err(y->arena);
	return wq_yaml_each(y, node, read_stage, test);
}

static wq_err read_test_id(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	uint64_t id;

	WQ_TRY(wq_yaml_number(y, node, UINT32_MAX, &id));
	((struct wq_ftw_test *)into)->id = (uint32_t)id;
	return WQ_OK;
}

static wq_err read_title(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct wq_ftw_test *test = into;
	ptrdiff_t dash;
	uint64_t id;

	WQ_TRY(wq_yaml_text(y, node, &test->name));
	dash = wq_str_rchr(test->name, '-');
	if (dash >= 0 && wq_str_to_u64(wq_str_from(test->name, (size_t)dash + 1), UINT32_MAX, &id))
		test->id = (uint32_t)id;
	return WQ_OK;
}

static const struct wq_yaml_field test_fields[] = {
	{"test_id", read_test_id},
	{"test_title", read_title},
	{"desc", NULL},
	{"description", NULL},
	{"tags", NULL},
	{"stages", read_stages},
	{0},
};

struct file {
	struct wq_ftw_suite *suite;
	size_t first; /* of this file */
	uint64_t rule;
	bool disabled;
};

static wq_err suite_grow(struct wq_arena *arena, struct wq_ftw_suite *suite)
{
	size_t room = suite->room ? 2 * suite->room : 16;
	struct wq_ftw_test *tests;

	if (suite->n < suite->room)
		return WQ_OK;
	if (suite->n >= WQ_FTW_TESTS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d tests", WQ_FTW_TESTS_MAX);
	tests = WQ_NEW_ARRAY(arena, struct wq_ftw_test, room);
	if (!tests)
		return wq_arena_err(arena);
	if (suite->n > 0)
		memcpy(tests, suite->tests, suite->n * sizeof *tests);
	suite->tests = tests;
	suite->room = room;
	return WQ_OK;
}

static wq_err read_test(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct file *file = into;
	struct wq_ftw_test *test;

	WQ_TRY(suite_grow(y->arena, file->suite));
	test = &file->suite->tests[file->suite->n];
	*test = (struct wq_ftw_test){.file = y->file,
		.line = (uint32_t)node->start_mark.line + 1,
		.id = (uint32_t)(file->suite->n - file->first) + 1};
	WQ_TRY(wq_yaml_fields(y, node, test_fields, test));
	if (test->stages_n == 0)
		return wq_yaml_bad(y, node, "a test needs stages");
	file->suite->n++;
	return WQ_OK;
}

static wq_err read_tests(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_each(y, node, read_test, into);
}

static wq_err read_rule_id(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_number(y, node, UINT32_MAX, &((struct file *)into)->rule);
}

static wq_err read_enabled(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	bool enabled;

	WQ_TRY(wq_yaml_bool(y, node, &enabled));
	((struct file *)into)->disabled = !enabled;
	return WQ_OK;
}

static const struct wq_yaml_field meta_fields[] = {
	{"author", NULL},
	{"description", NULL},
	{"enabled", read_enabled},
	{"name", NULL},
	{"tags", NULL},
	{"version", NULL},
	{0},
};

static wq_err read_meta(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_fields(y, node, meta_fields, into);
}

static const struct wq_yaml_field file_fields[] = {
	{"meta", read_meta},
	{"author", NULL},
	{"rule_id", read_rule_id},
	{"tests", read_tests},
	{0},
};

/* The first number in the file's name: go-ftw's way when rule_id is not said. */
static uint64_t rule_of_name(const char *file)
{
	wq_str name = wq_str_c(file);
	uint64_t rule = 0;

	name = wq_str_from(name, (size_t)(wq_str_rchr(name, '/') + 1));
	while (name.n > 0 && (name.p[0] < '0' || name.p[0] > '9'))
		name = wq_str_from(name, 1);
	for (; name.n > 0 && name.p[0] >= '0' && name.p[0] <= '9' && rule < UINT32_MAX / 10;
		name = wq_str_from(name, 1))
		rule = rule * 10 + (uint64_t)(name.p[0] - '0');
	return rule;
}

static wq_err read_file(const struct wq_yaml *y, const yaml_node_t *root, void *into)
{
	struct file *file = into;

	WQ_TRY(wq_yaml_fields(y, root, file_fields, file));
	if (file->rule == 0)
		file->rule = rule_of_name(y->file);
	if (file->disabled)
		file->suite->n = file->first;
	for (size_t i = file->first; i < file->suite->n; i++) {
		struct wq_ftw_test *test = &file->suite->tests[i];

		test->rule = (uint32_t)file->rule;
		if (test->name.n == 0)
			test->name = wq_arena_printf(y->arena, "%u-%u", test->rule, test->id);
	}
	return wq_arena_err(y->arena);
}

static wq_err read_into(wq_str text, const char *name, struct wq_arena *arena, struct wq_ftw_suite *suite)
{
	struct file file = {.suite = suite, .first = suite->n};

	return wq_yaml_load(text, name, arena, read_file, &file);
}

wq_err wq_ftw_read_text(wq_str text, const char *name, struct wq_arena *arena, struct wq_ftw_suite *ret_suite)
{
	*ret_suite = (struct wq_ftw_suite){0};
	return read_into(text, name, arena, ret_suite);
}

/* ---- folders ---- */

static bool is_yaml(wq_str name)
{
	return (wq_str_ends(name, WQ_S(".yaml")) || wq_str_ends(name, WQ_S(".yml"))) &&
		!wq_str_ends(name, WQ_S("overrides.yaml")) && !wq_str_starts(name, WQ_S("."));
}

static wq_err read_one(const char *path, struct wq_arena *arena, struct wq_ftw_suite *suite)
{
	WQ_BUF(text, WQ_FTW_FILE_BYTES_MAX);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	return read_into(wq_buf_str(&text), path, arena, suite);
}

static wq_err read_folder(const char *path, unsigned depth, struct wq_arena *arena, struct wq_ftw_suite *suite)
{
	struct wq_dir_entry *entries;
	size_t n;

	if (depth > DEPTH_MAX)
		return wq_error(WQ_E_LIMIT, "%s: folders deeper than %d", path, DEPTH_MAX);
	WQ_TRY(wq_dir_list(arena, path, WQ_FTW_FILES_MAX, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		const char *below = wq_arena_printf(arena, "%s/%s", path, entries[i].name).p;

		if (!below)
			return wq_arena_err(arena);
		if (entries[i].type == DT_DIR)
			WQ_TRY(read_folder(below, depth + 1, arena, suite));
		else if (entries[i].type == DT_REG && is_yaml(wq_str_c(entries[i].name)))
			WQ_TRY(read_one(below, arena, suite));
	}
	return WQ_OK;
}

wq_err wq_ftw_read(const char *path, struct wq_arena *arena, struct wq_ftw_suite *ret_suite)
{
	struct wq_ftw_suite suite = {0};
	struct stat st;

	if (stat(path, &st) != 0)
		return wq_error(WQ_E_NOT_FOUND, "%s", path);
	WQ_TRY(S_ISDIR(st.st_mode) ? read_folder(path, 0, arena, &suite) : read_one(path, arena, &suite));
	if (suite.n == 0)
		return wq_error(WQ_E_CONFIG, "%s: no tests in it", path);
	*ret_suite = suite;
	return WQ_OK;
}

/* ---- overrides ---- */

struct overriding {
	struct wq_ftw_suite *suite;
	uint64_t rule;
	uint32_t ids[WQ_FTW_IDS_MAX];
	size_t ids_n; /* 0: all of the rule */
	wq_str reason;
	struct wq_ftw_stage stage; /* .output */
};

static wq_err read_over_rule(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_number(y, node, UINT32_MAX, &((struct overriding *)into)->rule);
}

static wq_err read_over_ids(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct overriding *over = into;

	return read_ids(y, node, over->ids, &over->ids_n);
}

static wq_err read_over_reason(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_text(y, node, &((struct overriding *)into)->reason);
}

static wq_err read_over_output(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return read_output(y, node, &((struct overriding *)into)->stage);
}

static const struct wq_yaml_field override_fields[] = {
	{"rule_id", read_over_rule},
	{"test_ids", read_over_ids},
	{"reason", read_over_reason},
	{"output", read_over_output},
	{"expect_failure", NULL},
	{0},
};

static bool names(const struct overriding *over, const struct wq_ftw_test *test)
{
	if (test->rule != over->rule)
		return false;
	for (size_t i = 0; i < over->ids_n; i++)
		if (over->ids[i] == test->id)
			return true;
	return over->ids_n == 0;
}

static wq_err read_override(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	struct overriding over = {.suite = into};

	WQ_TRY(wq_yaml_fields(y, node, override_fields, &over));
	if (over.rule == 0 || wq_str_trim(over.reason).n == 0)
		return wq_yaml_bad(y, node, "an override needs rule_id and reason");
	for (size_t i = 0; i < over.suite->n; i++) {
		struct wq_ftw_test *test = &over.suite->tests[i];

		if (!names(&over, test))
			continue;
		test->overridden = wq_str_trim(over.reason);
		for (size_t k = 0; k < test->stages_n; k++)
			test->stages[k].output = over.stage.output;
	}
	return WQ_OK;
}

static wq_err read_override_list(const struct wq_yaml *y, const yaml_node_t *node, void *into)
{
	return wq_yaml_each(y, node, read_override, into);
}

static const struct wq_yaml_field overrides_fields[] = {
	{"version", NULL},
	{"meta", NULL},
	{"test_overrides", read_override_list},
	{0},
};

static wq_err read_overrides(const struct wq_yaml *y, const yaml_node_t *root, void *into)
{
	return wq_yaml_fields(y, root, overrides_fields, into);
}

wq_err wq_ftw_override(const char *path, struct wq_arena *arena, struct wq_ftw_suite *suite)
{
	WQ_BUF(text, WQ_FTW_FILE_BYTES_MAX);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	return wq_yaml_load(wq_buf_str(&text), path, arena, read_overrides, suite);
}
