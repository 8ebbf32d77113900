#include "detect/waf/eval_priv.h"
#include "detect/waf/runs.h"

void *wq_waf_grow(struct wq_waf_tx *tx, void **list, uint32_t n, uint32_t *room, size_t size)
{
	if (n == *room) {
		uint32_t more = *room ? *room * 2 : 16;
		void *bigger = more > *room ? wq_arena_alloc(&tx->arena, more * size) : NULL;
		if (!bigger) {
			tx->no_memory = true;
			return NULL;
		}
		if (n > 0)
			memcpy(bigger, *list, n * size);
		*list = bigger;
		*room = more;
	}
	return (char *)*list + n * size;
}

static void add_entry(struct wq_waf_tx *tx, struct wq_waf_values *set, wq_str name, wq_string string)
{
	struct wq_waf_entry *entry;

	if (string == WQ_STRING_NONE) {
		tx->no_memory = true;
		return;
	}
	entry = wq_waf_grow(tx, (void **)&set->entries, set->n, &set->room, sizeof *entry);
	if (!entry)
		return;
	*entry = (struct wq_waf_entry){name, string};
	set->n++;
}

void wq_waf_values_add(struct wq_waf_tx *tx, struct wq_waf_values *set, wq_str name, wq_str value)
{
	add_entry(tx, set, name, wq_pool_add(&tx->pool, value));
}

static void set_one(struct wq_waf_tx *tx, struct wq_waf_values *set, wq_str value)
{
	set->done = true;
	if (value.p)
		wq_waf_values_add(tx, set, WQ_S_NONE, value);
}

wq_str wq_waf_header(struct wq_waf_tx *tx, wq_str name)
{
	const struct wq_waf_values *headers = &tx->sets[WQ_VAR_REQUEST_HEADERS];

	for (uint32_t i = 0; i < headers->n; i++)
		if (wq_str_eq_nocase(headers->entries[i].name, name))
			return wq_pool_str(&tx->pool, headers->entries[i].string);
	return WQ_S_NONE;
}

/* ---- sets made of other sets ---- */

static void take_values(struct wq_waf_tx *tx, struct wq_waf_values *set, enum wq_waf_var from, unsigned which)
{
	struct wq_waf_values *source = wq_waf_values_of(tx, from);

	while (set->seen[which] < source->n && !tx->no_memory) {
		const struct wq_waf_entry *entry = &source->entries[set->seen[which]++];
		add_entry(tx, set, entry->name, entry->string);
	}
}

/* The first element of a JSON array stands for the array's own name too, which no argument has: "json.a.array_0" is named by "json.a". */
static void add_array_name(struct wq_waf_tx *tx, struct wq_waf_values *set, wq_str name)
{
	const wq_str first = WQ_S(".array_0");
	size_t whole = name.n;

	while (tx->kind == WQ_BODY_JSON && wq_str_ends(name, first))
		name.n -= first.n;
	if (name.n < whole)
		wq_waf_values_add(tx, set, name, name);
}

static void take_names(struct wq_waf_tx *tx, struct wq_waf_values *set, enum wq_waf_var from, unsigned which)
{
	struct wq_waf_values *source = wq_waf_values_of(tx, from);

	while (set->seen[which] < source->n && !tx->no_memory) {
		wq_str name = source->entries[set->seen[which]++].name;
		wq_waf_values_add(tx, set, name, name);
		if (from == WQ_VAR_ARGS_POST)
			add_array_name(tx, set, name);
	}
}

/* Values of ARGS without Chinese text as they are, or those with it cut into runs. */
static void take_parts(struct wq_waf_tx *tx, struct wq_waf_values *set, bool runs)
{
	struct wq_waf_values *source = wq_waf_values_of(tx, WQ_VAR_ARGS);

	while (set->seen[0] < source->n && !tx->no_memory) {
		struct wq_waf_entry entry = source->entries[set->seen[0]++];
		struct wq_waf_runs cut = wq_waf_runs_of(tx, wq_pool_str(&tx->pool, entry.string));
		wq_str run;
		if (!runs && !cut.han)
			add_entry(tx, set, entry.name, entry.string);
		while (runs && cut.han && wq_waf_run_next(&cut, &run))
			wq_waf_values_add(tx, set, entry.name, run);
	}
}

struct adding {
	struct wq_waf_tx *tx;
	struct wq_waf_values *set;
};

static bool add_pair(void *data, wq_str name, wq_str value)
{
	struct adding *to = data;

	wq_waf_values_add(to->tx, to->set, name, value);
	return !to->tx->no_memory;
}

static uint32_t args_max(const struct wq_waf_tx *tx)
{
	return tx->begin.body.args ? tx->begin.body.args : wq_body_limits_default.args;
}

static void read_query(struct wq_waf_tx *tx, struct wq_waf_values *set)
{
	struct adding to = {tx, set};
	const struct wq_body_sink sink = {.data = &to, .gb18030 = tx->program->gb18030, .arg = add_pair};

	if (set->done)
		return;
	set->done = true;
	/* Over the limit of arguments nothing is looked at that was not read: the request counts as over. */
	if (tx->query.n > 0 && !wq_body_query(tx->query, args_max(tx), &sink, &tx->strings, &tx->odd))
		tx->over = true;
}

static void read_cookies(struct wq_waf_tx *tx, struct wq_waf_values *set)
{
	const struct wq_waf_values *headers = &tx->sets[WQ_VAR_REQUEST_HEADERS];
	struct adding to = {tx, set};
	const struct wq_body_sink sink = {.data = &to, .arg = add_pair};
	uint64_t odd = 0;

	while (set->seen[0] < headers->n) {
		const struct wq_waf_entry *header = &headers->entries[set->seen[0]++];
		if (wq_str_eq_nocase(header->name, WQ_S("Cookie")) &&
			!wq_body_cookies(wq_pool_str(&tx->pool, header->string), args_max(tx), &sink, &odd))
			tx->over = true;
	}
}

/* ---- single values ---- */

static wq_str basename_of(wq_str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/' && path.p[n - 1] != '\\')
		n--;
	return wq_str_from(path, n);
}

static wq_str server_name(struct wq_waf_tx *tx)
{
	wq_str host = wq_waf_header(tx, WQ_S("Host"));
	ptrdiff_t colon = wq_str_rchr(host, ':');

	if (colon >= 0 && wq_str_chr(wq_str_from(host, (size_t)colon), ']') < 0)
		host.n = (size_t)colon;
	return host;
}

static wq_str auth_type(struct wq_waf_tx *tx)
{
	wq_str rest = wq_waf_header(tx, WQ_S("Authorization"));

	return rest.p ? wq_str_cut(&rest, ' ') : rest;
}

static wq_str joined(struct wq_waf_tx *tx, const wq_str *pieces, uint32_t n)
{
	size_t bytes = 0;
	char *at;

	if (n == 1)
		return pieces[0];
	for (uint32_t i = 0; i < n; i++)
		bytes += pieces[i].n;
	wq_str whole = wq_str_of(at = wq_arena_alloc(&tx->strings, bytes + 1), bytes);
	if (!at) {
		tx->no_memory = true;
		return WQ_S_NONE;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (pieces[i].n > 0)
			memcpy(at, pieces[i].p, pieces[i].n);
		at += pieces[i].n;
	}
	return whole;
}

static wq_str full_request(struct wq_waf_tx *tx)
{
	const struct wq_waf_values *headers = &tx->sets[WQ_VAR_REQUEST_HEADERS];
	size_t n = 0, room = 2 + headers->n * 4 + tx->pieces_n;
	wq_str *pieces = WQ_NEW_ARRAY(&tx->arena, wq_str, room);

	if (!pieces) {
		tx->no_memory = true;
		return WQ_S_NONE;
	}
	pieces[n++] = tx->line;
	pieces[n++] = WQ_S("\r\n");
	for (uint32_t i = 0; i < headers->n; i++) {
		pieces[n++] = headers->entries[i].name;
		pieces[n++] = WQ_S(": ");
		pieces[n++] = wq_pool_str(&tx->pool, headers->entries[i].string);
		pieces[n++] = i + 1 < headers->n ? WQ_S("\r\n") : WQ_S("\r\n\r\n");
	}
	for (uint32_t i = 0; i < tx->pieces_n; i++)
		pieces[n++] = tx->pieces[i];
	return joined(tx, pieces, (uint32_t)n);
}

static wq_str time_of(struct wq_waf_tx *tx, enum wq_waf_var var)
{
	time_t seconds = (time_t)(tx->begin.unix_msec / 1000);
	struct tm at;

	if (!localtime_r(&seconds, &at))
		return WQ_S_NONE;
	switch ((int)var) {
	case WQ_VAR_TIME: return wq_arena_printf(&tx->arena, "%02d:%02d:%02d", at.tm_hour, at.tm_min, at.tm_sec);
	case WQ_VAR_TIME_DAY: return wq_waf_decimal(tx, at.tm_mday);
	case WQ_VAR_TIME_EPOCH: return wq_waf_decimal(tx, (int64_t)seconds);
	case WQ_VAR_TIME_HOUR: return wq_waf_decimal(tx, at.tm_hour);
	case WQ_VAR_TIME_MIN: return wq_waf_decimal(tx, at.tm_min);
	case WQ_VAR_TIME_MON: return wq_waf_decimal(tx, at.tm_mon + 1);
	case WQ_VAR_TIME_SEC: return wq_waf_decimal(tx, at.tm_sec);
	case WQ_VAR_TIME_WDAY: return wq_waf_decimal(tx, at.tm_wday);
	default: return wq_waf_decimal(tx, at.tm_year + 1900);
	}
}

static wq_str response_header(struct wq_waf_tx *tx, wq_str name)
{
	const struct wq_waf_values *headers = &tx->sets[WQ_VAR_RESPONSE_HEADERS];

	for (uint32_t i = 0; i < headers->n; i++)
		if (wq_str_eq_nocase(headers->entries[i].name, name))
			return wq_pool_str(&tx->pool, headers->entries[i].string);
	return WQ_S_NONE;
}

static wq_str of_connection(struct wq_waf_tx *tx, enum wq_waf_var var)
{
	switch ((int)var) {
	case WQ_VAR_REMOTE_ADDR:
	case WQ_VAR_REMOTE_HOST: return tx->client;
	case WQ_VAR_REMOTE_PORT: return wq_waf_decimal(tx, tx->client_port);
	case WQ_VAR_SERVER_ADDR: return tx->server;
	case WQ_VAR_SERVER_PORT: return wq_waf_decimal(tx, tx->server_port);
	case WQ_VAR_SERVER_NAME: return server_name(tx);
	case WQ_VAR_UNIQUE_ID: return tx->begin.unique_id;
	default: return time_of(tx, var);
	}
}

static wq_str of_request(struct wq_waf_tx *tx, enum wq_waf_var var)
{
	switch ((int)var) {
	case WQ_VAR_AUTH_TYPE: return auth_type(tx);
	case WQ_VAR_QUERY_STRING: return tx->has_query ? tx->query : WQ_S("");
	case WQ_VAR_REQUEST_BASENAME: return basename_of(tx->path);
	case WQ_VAR_REQUEST_FILENAME: return tx->path;
	case WQ_VAR_REQUEST_LINE: return tx->line;
	case WQ_VAR_REQUEST_METHOD: return tx->method;
	case WQ_VAR_REQUEST_PROTOCOL: return tx->protocol;
	case WQ_VAR_REQUEST_URI: return tx->uri;
	case WQ_VAR_REQUEST_URI_RAW: return tx->target;
	default: return of_connection(tx, var);
	}
}

/* Bodies: not there until they are read; then one value. REQUEST_BODY only of forms, as ModSecurity has it. */
static void body_value(struct wq_waf_tx *tx, struct wq_waf_values *set, enum wq_waf_var var)
{
	if (var == WQ_VAR_RESPONSE_BODY) {
		if (tx->phase >= 4 && tx->response_pieces_n > 0)
			set_one(tx, set, joined(tx, tx->response_pieces, tx->response_pieces_n));
		return;
	}
	if (!tx->body_ended && tx->phase < 2)
		return;
	if (var == WQ_VAR_FULL_REQUEST)
		set_one(tx, set, full_request(tx));
	else if (tx->pieces_n > 0 && (tx->kind == WQ_BODY_URLENCODED || tx->body_forced))
		set_one(tx, set, joined(tx, tx->pieces, tx->pieces_n));
	else
		set->done = true;
}

static void response_value(struct wq_waf_tx *tx, struct wq_waf_values *set, enum wq_waf_var var)
{
	wq_str value = WQ_S_NONE;

	if (tx->response_status == 0)
		return;
	if (var == WQ_VAR_RESPONSE_STATUS)
		value = wq_waf_decimal(tx, tx->response_status);
	else if (var == WQ_VAR_RESPONSE_PROTOCOL)
		value = tx->response_protocol;
	else if (var == WQ_VAR_STATUS_LINE)
		value = wq_arena_printf(&tx->arena, "%.*s %u", WQ_S_ARG(tx->response_protocol), tx->response_status);
	else if (tx->phase < 3)
		return;
	else if (var == WQ_VAR_RESPONSE_CONTENT_TYPE)
		value = response_header(tx, WQ_S("Content-Type"));
	else
		value = response_header(tx, WQ_S("Content-Length"));
	set_one(tx, set, value);
}

static void make_many(struct wq_waf_tx *tx, struct wq_waf_values *set, enum wq_waf_var var)
{
	switch ((int)var) {
	case WQ_VAR_ARGS_GET: read_query(tx, set); break;
	case WQ_VAR_ARGS:
		take_values(tx, set, WQ_VAR_ARGS_GET, 0);
		take_values(tx, set, WQ_VAR_ARGS_POST, 1);
		break;
	case WQ_VAR_ARGS_PLAIN:
	case WQ_VAR_ARGS_RUNS: take_parts(tx, set, var == WQ_VAR_ARGS_RUNS); break;
	case WQ_VAR_ARGS_NAMES:
		take_names(tx, set, WQ_VAR_ARGS_GET, 0);
		take_names(tx, set, WQ_VAR_ARGS_POST, 1);
		break;
	case WQ_VAR_ARGS_GET_NAMES: take_names(tx, set, WQ_VAR_ARGS_GET, 0); break;
	case WQ_VAR_ARGS_POST_NAMES: take_names(tx, set, WQ_VAR_ARGS_POST, 0); break;
	case WQ_VAR_REQUEST_COOKIES: read_cookies(tx, set); break;
	case WQ_VAR_REQUEST_COOKIES_NAMES: take_names(tx, set, WQ_VAR_REQUEST_COOKIES, 0); break;
	case WQ_VAR_REQUEST_HEADERS_NAMES: take_names(tx, set, WQ_VAR_REQUEST_HEADERS, 0); break;
	case WQ_VAR_RESPONSE_HEADERS_NAMES: take_names(tx, set, WQ_VAR_RESPONSE_HEADERS, 0); break;
	default: /* told as they come: headers, ARGS_POST, FILES, part headers, XML */ break;
	}
}

struct wq_waf_values *wq_waf_values_of(struct wq_waf_tx *tx, enum wq_waf_var var)
{
	struct wq_waf_values *set = &tx->sets[var];

	if (set->epoch == tx->epoch)
		return set;
	set->epoch = tx->epoch;
	if (wq_waf_var_shape(var) == WQ_SHAPE_MANY)
		make_many(tx, set, var);
	else if (set->done)
		return set;
	else if (var == WQ_VAR_REQUEST_BODY || var == WQ_VAR_FULL_REQUEST || var == WQ_VAR_RESPONSE_BODY)
		body_value(tx, set, var);
	else if ((var >= WQ_VAR_RESPONSE_CONTENT_LENGTH && var <= WQ_VAR_RESPONSE_STATUS) || var == WQ_VAR_STATUS_LINE)
		response_value(tx, set, var);
	else
		set_one(tx, set, of_request(tx, var));
	return set;
}

/* A name that nobody could compare has no answer: that is not "no". */
static bool name_matches(struct wq_waf_tx *tx, const struct wq_regex *regex, wq_str name)
{
	enum wq_regex_answer answer = wq_regex_match(regex, tx->scratch, name, 0, NULL, NULL);

	tx->cost.bytes += name.n;
	tx->pattern_limit |= answer == WQ_REGEX_LIMIT;
	return answer == WQ_REGEX_YES;
}

static bool names(struct wq_waf_tx *tx, const struct wq_waf_exclude *by, struct wq_regex *const *regexes, wq_str name)
{
	switch ((int)by->selector) {
	case WQ_SEC_SELECT_NAME: return wq_str_eq_nocase(by->name, name);
	case WQ_SEC_SELECT_REGEX: return by->regex != WQ_WAF_NONE && name_matches(tx, regexes[by->regex], name);
	case WQ_SEC_SELECT_XPATH: return wq_str_eq(by->name, name);
	default: return true;
	}
}

bool wq_waf_selects(
	struct wq_waf_tx *tx, const struct wq_waf_target *target, struct wq_regex *const *regexes, wq_str name)
{
	const struct wq_waf_exclude by = {target->selector, target->name, target->regex};

	if (!names(tx, &by, regexes, name))
		return false;
	for (uint32_t i = 0; i < target->excludes_n; i++)
		if (names(tx, &tx->program->excludes[target->excludes + i], tx->program->regexes, name))
			return false;
	return true;
}
