#include "flow/transform.h"

#include "base/map.h"
#include "policy/csp.h"
#include "policy/rewrite.h"
#include "text/charset.h"

enum { ADDRESSES = 512 * 1024 * 1024, URL_MEMORY = 256 * 1024 };

struct wq_transform {
	struct wq_transform_options options;
	struct wq_rewrite_options rewrite_options;
	struct wq_rewrite *rewrite;
	wq_str key; /* of the item at hand */
	struct wq_arena arena, scratch;
	struct wq_map links; /* id -> struct wq_link_new */
	struct wq_link_new *table;
	struct wq_buf body, headers, location, csp;
};

static const wq_str csp_names[] = {
	WQ_S_INIT("Content-Security-Policy"), WQ_S_INIT("Content-Security-Policy-Report-Only")};

/* ---- links ---- */

static wq_err add_link(struct wq_transform *t, const uint8_t id[WQ_SNAPSHOT_LINK_ID], wq_str address)
{
	wq_str name = wq_str_of(id, WQ_SNAPSHOT_LINK_ID);
	struct wq_link_new *link;

	if (wq_map_has(&t->links, name))
		return WQ_OK;
	link = WQ_NEW(&t->arena, struct wq_link_new);
	if (link) {
		memcpy(link->id, id, sizeof link->id);
		link->address = wq_arena_str(&t->arena, address);
	}
	WQ_TRY(wq_arena_err(&t->arena));
	return wq_map_put(&t->links, name, link, NULL);
}

static wq_err on_link(void *data, const struct wq_leave_id *id, wq_str address, uint64_t line)
{
	(void)line;
	return add_link(data, id->b, address);
}

static void on_form(void *data, wq_str address, uint64_t line)
{
	struct wq_transform *t = data;

	if (t->options.on_form)
		t->options.on_form(t->options.data, t->key, address, line);
}

/* Visits every "/leave/<id>" of a text: what stands before it, then the id. */
static bool next_id(const struct wq_transform *t, wq_str *rest, wq_str *ret_before, uint8_t ret_id[WQ_SNAPSHOT_LINK_ID])
{
	wq_str prefix = t->options.policy->leave_prefix;
	wq_str text = *rest;

	if (!t->options.policy->leave || prefix.n == 0)
		return false;
	for (size_t from = 0; from < text.n;) {
		ptrdiff_t found = wq_str_find(wq_str_from(text, from), prefix);
		size_t at = from + (size_t)found;

		if (found < 0)
			return false;
		if (wq_str_unhex(wq_str_head(wq_str_from(text, at + prefix.n), WQ_LEAVE_ID_HEX), ret_id,
			    WQ_SNAPSHOT_LINK_ID)) {
			*ret_before = wq_str_head(text, at);
			*rest = wq_str_from(text, at + prefix.n + WQ_LEAVE_ID_HEX);
			return true;
		}
		from = at + 1;
	}
	return false;
}

wq_err wq_transform_keep(struct wq_transform *t, const struct wq_snapshot *sealed, wq_str text)
{
	uint8_t id[WQ_SNAPSHOT_LINK_ID];
	wq_str before, address;

	while (next_id(t, &text, &before, id))
		if (wq_snapshot_link(sealed, id, &address))
			WQ_TRY(add_link(t, id, address));
	return WQ_OK;
}

static bool address_of(
	const struct wq_transform *t, const struct wq_snapshot *sealed, const uint8_t id[], wq_str *ret_address)
{
	const struct wq_link_new *link = wq_map_get(&t->links, wq_str_of(id, WQ_SNAPSHOT_LINK_ID));

	if (!link)
		return sealed && wq_snapshot_link(sealed, id, ret_address);
	*ret_address = link->address;
	return true;
}

static void add_escaped(struct wq_buf *out, wq_str text)
{
	for (size_t i = 0; i < text.n; i++)
		switch (text.p[i]) {
		case '&': wq_buf_add(out, WQ_S("&amp;")); break;
		case '"': wq_buf_add(out, WQ_S("&quot;")); break;
		case '\'': wq_buf_add(out, WQ_S("&#39;")); break;
		case '<': wq_buf_add(out, WQ_S("&lt;")); break;
		default: wq_buf_byte(out, (uint8_t)text.p[i]); break;
		}
}

wq_err wq_transform_undo(struct wq_transform *t, const struct wq_snapshot *sealed, wq_str text, struct wq_buf *out)
{
	uint8_t id[WQ_SNAPSHOT_LINK_ID];
	wq_str before, address, whole = text;

	while (next_id(t, &text, &before, id)) {
		wq_buf_add(out, before);
		if (address_of(t, sealed, id, &address))
			add_escaped(out, address);
		else
			wq_buf_add(out, wq_str_of(before.p + before.n, (size_t)(text.p - before.p) - before.n));
		whole = text;
	}
	wq_buf_add(out, whole);
	return wq_buf_err(out);
}

wq_err wq_transform_links(struct wq_transform *t, const struct wq_link_new **ret_links, size_t *ret_n)
{
	size_t n = wq_map_count(&t->links), at = 0, i = 0;
	const struct wq_map_entry *entry;

	free(t->table);
	t->table = calloc(n + 1, sizeof *t->table);
	if (!t->table)
		return wq_error_id(WQ_E_NO_MEMORY);
	while ((entry = wq_map_next(&t->links, &at)))
		t->table[i++] = *(const struct wq_link_new *)entry->value;
	*ret_links = t->table;
	*ret_n = n;
	return WQ_OK;
}

/* ---- headers ---- */

static bool next_line(wq_str *rest, wq_str *ret_line, wq_str *ret_name)
{
	ptrdiff_t end = wq_str_find(*rest, WQ_S("\r\n")), colon;

	if (end < 0)
		return false;
	*ret_line = wq_str_head(*rest, (size_t)end + 2);
	*rest = wq_str_from(*rest, (size_t)end + 2);
	colon = wq_str_chr(*ret_line, ':');
	*ret_name = colon < 0 ? WQ_S_NONE : wq_str_head(*ret_line, (size_t)colon);
	return true;
}

static bool is_csp(wq_str name)
{
	return wq_str_eq_nocase(name, csp_names[0]) || wq_str_eq_nocase(name, csp_names[1]);
}

static bool next_but_csp(wq_str *rest, wq_str *ret_line)
{
	wq_str name;

	*ret_line = WQ_S_NONE;
	while (next_line(rest, ret_line, &name))
		if (!is_csp(name))
			return true;
	*ret_line = WQ_S_NONE;
	return false;
}

bool wq_headers_same(wq_str a, wq_str b)
{
	wq_str line_a, line_b;
	bool more;

	do {
		more = next_but_csp(&a, &line_a);
		if (next_but_csp(&b, &line_b) != more || !wq_str_eq(line_a, line_b))
			return false;
	} while (more);
	return true;
}

/* A redirect that leads out goes through the prompt. */
static wq_err add_location(struct wq_transform *t, wq_str line)
{
	wq_str value = wq_str_trim(wq_str_from(line, (size_t)wq_str_chr(line, ':') + 1));

	wq_buf_clear(&t->location);
	WQ_TRY(wq_rewrite_location(&t->rewrite_options, value, &t->location));
	wq_buf_add(&t->headers, WQ_S("Location: "));
	wq_buf_add(&t->headers, wq_buf_str(&t->location));
	wq_buf_add(&t->headers, WQ_S("\r\n"));
	return WQ_OK;
}

/* The item's header lines, in byte order with the policy among them when there is one. */
static wq_err make_headers(struct wq_transform *t, wq_str headers, wq_str csp)
{
	wq_str csp_name = csp_names[t->options.policy->csp == WQ_CSP_REPORT], line, name;
	bool due = csp.n > 0;

	wq_buf_clear(&t->headers);
	while (next_line(&headers, &line, &name) || due) {
		if (due && (line.n == 0 || wq_str_cmp(csp_name, name) < 0)) {
			wq_buf_printf(&t->headers, "%.*s: ", WQ_S_ARG(csp_name));
			wq_buf_add(&t->headers, csp);
			wq_buf_add(&t->headers, WQ_S("\r\n"));
			due = false;
		}
		if (t->options.policy->leave && wq_str_eq_nocase(name, WQ_S("Location")))
			WQ_TRY(add_location(t, line));
		else
			wq_buf_add(&t->headers, line);
		line = name = WQ_S_NONE;
	}
	return wq_buf_err(&t->headers);
}

/* ---- pages ---- */

static void set_document(struct wq_transform *t, const struct wq_site_item *item)
{
	wq_str host, target;

	t->key = item->key;
	wq_key_split(item->key, &host, &target);
	t->rewrite_options.host = host;
	t->rewrite_options.path = target;
}

static bool is_readable(const struct wq_transform *t, const struct wq_site_item *item)
{
	return wq_rewrite_is_document(item->type) && !wq_str_starts_nocase(t->rewrite_options.charset, WQ_S("utf-16"));
}

static wq_err rewrite(struct wq_transform *t, wq_str body, struct wq_transformed *ret)
{
	const struct wq_policy *policy = t->options.policy;

	if (!policy->leave && policy->footer.n == 0)
		return WQ_OK;
	if (t->rewrite)
		WQ_TRY(wq_rewrite_reset(t->rewrite, &t->rewrite_options));
	else
		WQ_TRY(wq_rewrite_new(&t->rewrite_options, &t->rewrite));
	wq_buf_clear(&t->body);
	WQ_TRY(wq_rewrite_feed(t->rewrite, body, &t->body));
	WQ_TRY(wq_rewrite_finish(t->rewrite, &t->body));
	ret->transforms = wq_rewrite_transforms(t->rewrite);
	if (ret->transforms)
		ret->body = wq_buf_str(&t->body);
	return WQ_OK;
}

static wq_err derive_csp(struct wq_transform *t, struct wq_transformed *ret)
{
	struct wq_url base;
	wq_str address;
	wq_err e;

	wq_buf_clear(&t->csp);
	if (t->options.policy->csp == WQ_CSP_OFF)
		return WQ_OK;
	wq_arena_reset(&t->scratch);
	address = wq_arena_printf(&t->scratch, "https://%.*s", WQ_S_ARG(t->key));
	WQ_TRY(wq_arena_err(&t->scratch));
	WQ_TRY(wq_url_parse(&t->scratch, address, NULL, &base));
	e = wq_csp_of_page(ret->body, t->rewrite_options.charset, &base, &t->csp);
	ret->csp_too_long = wq_is(e, WQ_E_LIMIT);
	if (!ret->csp_too_long)
		return e;
	wq_buf_clear(&t->csp);
	return WQ_OK;
}

wq_err wq_transform_item(
	struct wq_transform *t, const struct wq_site_item *item, wq_str body, struct wq_transformed *ret)
{
	*ret = (struct wq_transformed){.body = body};
	set_document(t, item);
	t->rewrite_options.charset = wq_site_charset(wq_charset_of_content_type(item->type), item->body);
	wq_buf_clear(&t->csp);
	if (is_readable(t, item)) {
		WQ_TRY(rewrite(t, body, ret));
		WQ_TRY(derive_csp(t, ret));
	}
	WQ_TRY(make_headers(t, item->headers, wq_buf_str(&t->csp)));
	ret->headers = wq_buf_str(&t->headers);
	return WQ_OK;
}

wq_err wq_transform_headers(struct wq_transform *t, const struct wq_site_item *item, wq_str *ret_headers)
{
	set_document(t, item);
	WQ_TRY(make_headers(t, item->headers, WQ_S_NONE));
	*ret_headers = wq_buf_str(&t->headers);
	return WQ_OK;
}

/* ---- life ---- */

wq_err wq_transform_new(const struct wq_transform_options *options, struct wq_transform **ret_transform)
{
	struct wq_transform *t = calloc(1, sizeof *t);

	if (!t)
		return wq_error_id(WQ_E_NO_MEMORY);
	t->options = *options;
	t->rewrite_options = (struct wq_rewrite_options){
		.leave = {.policy = options->policy, .hosts = options->hosts, .hosts_n = options->hosts_n},
		.scheme = WQ_S("https"),
		.footer = options->policy->footer.n > 0,
		.on_link = on_link,
		.on_form = on_form,
		.data = t};
	wq_arena_init(&t->arena, ADDRESSES);
	wq_arena_init(&t->scratch, URL_MEMORY);
	wq_map_init(&t->links, WQ_TRANSFORM_LINKS_MAX, options->random);
	wq_buf_init(&t->body, WQ_SITE_OBJECT_MAX);
	wq_buf_init(&t->headers, 2 * WQ_SITE_HEADERS_MAX);
	wq_buf_init(&t->location, WQ_SITE_HEADERS_MAX);
	wq_buf_init(&t->csp, WQ_CSP_BYTES_MAX);
	*ret_transform = t;
	return WQ_OK;
}

void wq_transform_free(struct wq_transform **transform)
{
	struct wq_transform *t = *transform;

	if (!t)
		return;
	wq_rewrite_free(&t->rewrite);
	wq_map_done(&t->links);
	wq_buf_done(&t->body);
	wq_buf_done(&t->headers);
	wq_buf_done(&t->location);
	wq_buf_done(&t->csp);
	wq_arena_done(&t->scratch);
	wq_arena_done(&t->arena);
	free(t->table);
	free(t);
	*transform = NULL;
}
