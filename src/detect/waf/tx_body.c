#include "detect/waf/eval_priv.h"

/* ---- what the parser of the request body tells ---- */

static bool add(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name, wq_str value)
{
	wq_waf_values_add(tx, &tx->sets[var], name, value);
	return !tx->no_memory;
}

static bool on_arg(void *data, wq_str name, wq_str value)
{
	return add(data, WQ_VAR_ARGS_POST, name, value);
}

static bool on_file(void *data, wq_str field, wq_str filename, uint64_t bytes)
{
	struct wq_waf_tx *tx = data;

	tx->files_bytes += bytes;
	return add(tx, WQ_VAR_FILES, field, filename) && add(tx, WQ_VAR_FILES_NAMES, field, field) &&
		add(tx, WQ_VAR_FILES_SIZES, field, wq_waf_decimal(tx, (int64_t)WQ_MIN(bytes, INT64_MAX)));
}

static bool on_part_header(void *data, wq_str field, wq_str line)
{
	return add(data, WQ_VAR_MULTIPART_PART_HEADERS, field, line);
}

static bool on_xml_text(void *data, wq_str text)
{
	return add(data, WQ_VAR_XML, WQ_S("/*"), text);
}

static bool on_xml_attribute(void *data, wq_str value)
{
	return add(data, WQ_VAR_XML, WQ_S("//@*"), value);
}

/* ---- request bodies ---- */

/* Variables that only a body can fill. */
static const uint8_t of_body[] = {WQ_VAR_ARGS, WQ_VAR_ARGS_NAMES, WQ_VAR_ARGS_POST, WQ_VAR_ARGS_POST_NAMES,
	WQ_VAR_ARGS_PLAIN, WQ_VAR_ARGS_RUNS, WQ_VAR_FILES, WQ_VAR_FILES_NAMES, WQ_VAR_FILES_SIZES,
	WQ_VAR_MULTIPART_PART_HEADERS, WQ_VAR_XML, WQ_VAR_FULL_REQUEST, WQ_VAR_FULL_REQUEST_LENGTH,
	WQ_VAR_MULTIPART_STRICT_ERROR, WQ_VAR_MULTIPART_UNMATCHED_BOUNDARY, WQ_VAR_REQBODY_ERROR,
	WQ_VAR_REQBODY_PROCESSOR_ERROR, WQ_VAR_REQUEST_BODY, WQ_VAR_REQUEST_BODY_LENGTH, WQ_VAR_ARGS_COMBINED_SIZE,
	WQ_VAR_FILES_COMBINED_SIZE};

static bool looked_at(const struct wq_waf_program *program)
{
	for (unsigned phase = 2; phase <= WQ_WAF_PHASES; phase++)
		for (size_t i = 0; i < WQ_COUNT(of_body); i++)
			if (wq_waf_bit(program->wanted[phase], of_body[i]))
				return true;
	return false;
}

enum wq_body_kind wq_waf_body_wanted(struct wq_waf_tx *tx, bool *ret_wanted)
{
	*ret_wanted = tx->engine != 0 && tx->body_access && !tx->allow_request && !tx->stopped &&
		(tx->kind != WQ_BODY_NONE || tx->body_forced) && looked_at(tx->program);
	return tx->kind;
}

/* Whether a header stands twice with two values: servers take the first, the last, or both joined. */
static bool differs(const struct wq_waf_tx *tx, wq_str name)
{
	const struct wq_waf_values *headers = &tx->sets[WQ_VAR_REQUEST_HEADERS];
	const struct wq_waf_entry *first = NULL;

	for (uint32_t i = 0; i < headers->n; i++) {
		const struct wq_waf_entry *it = &headers->entries[i];
		if (!wq_str_eq_nocase(it->name, name))
			continue;
		if (first && it->string != first->string)
			return true;
		first = it;
	}
	return false;
}

static struct wq_body *parser(struct wq_waf_tx *tx)
{
	const struct wq_waf_program *program = tx->program;
	struct wq_body_limits limits = tx->begin.body;
	const struct wq_body_sink sink = {
		.data = tx,
		.gb18030 = program->gb18030,
		.arg = on_arg,
		.file = on_file,
		.part_header = on_part_header,
		.xml_text = on_xml_text,
		.xml_attribute = on_xml_attribute,
	};

	if (limits.bytes == 0)
		limits = wq_body_limits_default;
	if (program->request_no_files_limit)
		limits.no_files_bytes = (uint32_t)WQ_MIN(program->request_no_files_limit, limits.no_files_bytes);
	if (program->args_limit)
		limits.args = WQ_MIN(program->args_limit, limits.args);
	if (program->json_depth)
		limits.depth = (uint16_t)WQ_MIN(program->json_depth, limits.depth);
	tx->body = wq_body_new(tx->kind == WQ_BODY_NONE ? WQ_BODY_PLAIN : tx->kind,
		wq_waf_header(tx, WQ_S("Content-Type")), wq_waf_header(tx, WQ_S("Content-Encoding")), &limits, &sink,
		&tx->strings);
	if (!tx->body) {
		tx->no_memory = true;
		return NULL;
	}
	wq_body_pieces_stay(tx->body);
	if (differs(tx, WQ_S("Content-Type")) || differs(tx, WQ_S("Content-Encoding")))
		wq_body_doubt(tx->body);
	return tx->body;
}

/* What of a piece is still under the limit; over it the rest counts as unseen, and the request as over when the rules say so. */
static wq_str within_limit(wq_str piece, uint64_t limit, uint64_t *bytes, bool *partial)
{
	uint64_t left = limit == 0 ? UINT64_MAX : limit > *bytes ? limit - *bytes : 0;

	*bytes += piece.n;
	if (piece.n <= left)
		return piece;
	*partial = true;
	return wq_str_head(piece, (size_t)left);
}

static void keep(struct wq_waf_tx *tx, wq_str **list, uint32_t *n, uint32_t *room, wq_str piece)
{
	wq_str *place = wq_waf_grow(tx, (void **)list, *n, room, sizeof *place);

	if (!place)
		return;
	*place = piece;
	(*n)++;
}

void wq_waf_body_add(struct wq_waf_tx *tx, wq_str piece)
{
	if (piece.n == 0 || tx->body_ended)
		return;
	piece = within_limit(piece, tx->body_limit, &tx->body_bytes, &tx->body_partial);
	if (tx->body_partial && !tx->program->body_limit_partial)
		tx->over = true;
	if (piece.n == 0 || (!tx->body && !parser(tx)))
		return;
	wq_body_add(tx->body, piece);
	if (tx->kind != WQ_BODY_MULTIPART)
		keep(tx, &tx->pieces, &tx->pieces_n, &tx->pieces_room, piece);
}

void wq_waf_body_end(struct wq_waf_tx *tx)
{
	if (tx->body && !tx->body_ended)
		wq_body_end(tx->body);
	tx->body_ended = true;
}

const struct wq_body_report *wq_waf_body_report(const struct wq_waf_tx *tx)
{
	return tx->body ? wq_body_report(tx->body) : NULL;
}

/* ---- response bodies ---- */

uint64_t wq_waf_response_body_wanted(struct wq_waf_tx *tx)
{
	const struct wq_waf_values *headers = &tx->sets[WQ_VAR_RESPONSE_HEADERS];

	if (tx->engine == 0 || !tx->response_access || tx->stopped || tx->program->phases_n[4] == 0)
		return 0;
	for (uint32_t i = 0; i < headers->n; i++)
		if (wq_str_eq_nocase(headers->entries[i].name, WQ_S("Content-Type")))
			return wq_waf_is_listed(tx->program, wq_pool_str(&tx->pool, headers->entries[i].string))
				? tx->response_limit
				: 0;
	return 0;
}

void wq_waf_response_body_add(struct wq_waf_tx *tx, wq_str piece)
{
	piece = within_limit(piece, tx->response_limit, &tx->response_bytes, &tx->response_partial);
	if (tx->response_partial && !tx->program->response_limit_partial)
		tx->over = true;
	if (piece.n > 0)
		keep(tx, &tx->response_pieces, &tx->response_pieces_n, &tx->response_pieces_room, piece);
}
