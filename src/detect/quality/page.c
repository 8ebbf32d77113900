#include "detect/quality/quality_priv.h"

enum { TEXT_MAX = 8 * 1024 * 1024, TITLE_MAX = 512 };

void *quality_push(struct wq_arena *arena, struct quality_array *array, size_t size)
{
	if (array->n == array->room) {
		size_t room = array->room ? 2 * array->room : 64;
		void *items = wq_arena_alloc(arena, room * size);
		if (!items)
			return NULL;
		if (array->n)
			memcpy(items, array->items, array->n * size);
		array->items = items;
		array->room = room;
	}
	return (char *)array->items + array->n++ * size;
}

wq_err wq_quality_open(struct wq_arena *arena, const struct wq_quality_page *page, struct wq_quality **ret_quality)
{
	struct wq_quality *q = WQ_NEW(arena, struct wq_quality);
	size_t html = page->document->html.n;

	WQ_TRY(wq_arena_err(arena));
	q->arena = arena;
	q->page = *page;
	q->rules = page->rules;
	q->full = html > UINT32_MAX / 2;
	/* references that are longer when decoded are few: with more, the text is cut */
	q->text_room = WQ_MIN(html + html / 8 + 256, (size_t)TEXT_MAX);
	q->text = wq_arena_alloc(arena, q->text_room);
	WQ_TRY(wq_arena_err(arena));
	*ret_quality = q;
	return WQ_OK;
}

/* ---- text */

/* Line ends inside a text are spaces; what stands on one line is one line of the text. */
static void add_plain(struct wq_quality *q, const char *p, size_t n)
{
	char *out = q->text + q->text_n;

	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)p[i] < ' ' ? ' ' : p[i];
	q->text_n += n;
}

static size_t add_reference(struct wq_quality *q, wq_str at)
{
	uint32_t points[2];
	size_t n, used = wq_html_reference(at, WQ_HTML_IN_TEXT, points, &n);

	if (used == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t cp = points[i] == 0xa0 || points[i] < ' ' ? ' ' : points[i];
		q->text_n += wq_utf8_write(cp, q->text + q->text_n);
	}
	return used;
}

static void add_text(struct wq_quality *q, wq_str raw)
{
	while (raw.n) {
		const char *mark = memchr(raw.p, '&', raw.n);
		size_t plain = mark ? (size_t)(mark - raw.p) : raw.n, used = 0;

		if (q->full || q->text_room - q->text_n < plain + 2 * WQ_UTF8_MAX + 1) {
			q->full = true;
			return;
		}
		add_plain(q, raw.p, plain);
		raw = wq_str_from(raw, plain);
		if (raw.n && (used = add_reference(q, raw)) == 0)
			q->text[q->text_n++] = '&', used = 1;
		raw = wq_str_from(raw, used);
	}
}

static void add_break(struct wq_quality *q)
{
	if (q->text_n && q->text[q->text_n - 1] != '\n' && q->text_n < q->text_room)
		q->text[q->text_n++] = '\n';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_ascii(wq_str s)
{
	unsigned char all = 0;

	for (size_t i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all < 0x80;
}

static void on_text(struct wq_quality *q, const struct wq_html_token *token)
{
	struct quality_seg *seg;

	/* examples of programs and forms; but some editors put prose into <pre> */
	if (q->aside && is_ascii(token->raw))
		return;
	/* <b>20</b><i>2026-11</i> are two numbers */
	if (q->text_n && is_digit(q->text[q->text_n - 1]) && is_digit(token->raw.p[0]) && q->text_n < q->text_room)
		q->text[q->text_n++] = ' ';
	seg = quality_push(q->arena, &q->segs, sizeof *seg);
	if (!seg)
		return;
	*seg = (struct quality_seg){(uint32_t)q->text_n, (uint32_t)token->start};
	add_text(q, token->raw);
}

/* What a title or an attribute says, decoded, cut, in the arena. */
static wq_str decoded(struct wq_quality *q, wq_str raw, enum wq_html_where where)
{
	WQ_BUF(out, 2048);

	raw = wq_utf8_head(raw, TITLE_MAX);
	if (!memchr(raw.p ? raw.p : "", '&', raw.n))
		return quality_trim(raw);
	if (wq_failed(wq_html_decode(raw, where, &out)))
		return WQ_S_NONE;
	return quality_trim(wq_arena_str(q->arena, wq_buf_str(&out)));
}

/* ---- tags */

static wq_str value_of(const struct wq_html_token *token, const char *name)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, wq_str_c(name));
	return attr ? attr->value : WQ_S_NONE;
}

static bool contains_nocase(wq_str text, wq_str needle)
{
	for (size_t i = 0; i + needle.n <= text.n; i++)
		if (wq_str_eq_nocase(wq_str_of(text.p + i, needle.n), needle))
			return true;
	return false;
}

static wq_str sign_in(const struct quality_list *list, wq_str text)
{
	for (size_t i = 0; i < list->n; i++)
		if (contains_nocase(text, list->items[i]))
			return list->items[i];
	return WQ_S_NONE;
}

static void on_meta(struct wq_quality *q, const struct wq_html_token *token)
{
	const struct wq_html_attr *content = wq_html_attr_find(token, WQ_S("content"));
	const struct {
		const char *name;
		wq_str *value;
	} rows[] = {{"ColumnName", &q->column_name}, {"ColumnType", &q->column_type}, {"SiteName", &q->site_name},
		{"PubDate", &q->pub_date}, {"ContentSource", &q->content_source}};
	wq_str name = value_of(token, "name");

	if (!content || name.n == 0)
		return;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (wq_str_eq_nocase(name, wq_str_c(rows[i].name)) && rows[i].value->n == 0)
			*rows[i].value = decoded(q, content->value, WQ_HTML_IN_ATTRIBUTE);
	if (wq_str_eq_nocase(name, WQ_S("PubDate")))
		q->pub_date_at = (uint32_t)token->start;
	q->article_meta |= content->value.n > 0 &&
		(wq_str_eq_nocase(name, WQ_S("ArticleTitle")) || wq_str_eq_nocase(name, WQ_S("PubDate")));
	if (wq_str_eq_nocase(name, WQ_S("generator")) && !q->forum_sign.n) {
		q->forum_sign = sign_in(&q->rules->generators, content->value);
		q->forum_at = (uint32_t)q->text_n;
	}
}

/* The host of an absolute address as written; empty when it is relative. */
static wq_str host_of(wq_str address)
{
	ptrdiff_t at = wq_str_find(wq_str_head(address, 16), WQ_S("//"));
	wq_str rest = at < 0 ? WQ_S_NONE : wq_str_from(address, (size_t)at + 2);
	size_t n = 0;

	while (n < rest.n && !strchr("/?#:@", rest.p[n]))
		n++;
	return wq_str_head(rest, n);
}

static void look_for_advertising(struct wq_quality *q, const struct wq_html_token *token)
{
	wq_str host = host_of(value_of(token, "src"));
	const struct quality_list *hosts = &q->rules->ad_hosts;

	if (q->ad_host.n)
		return;
	for (size_t i = 0; host.n && i < hosts->n; i++)
		if (wq_str_eq_nocase(host, hosts->items[i]))
			q->ad_host = hosts->items[i];
	q->ad_at = (uint32_t)q->text_n;
}

static void add_thing(struct wq_quality *q)
{
	uint32_t *at = quality_push(q->arena, &q->things, sizeof *at);
	if (at)
		*at = (uint32_t)q->text_n;
}

static void on_search(struct wq_quality *q, const struct wq_html_token *token)
{
	static const wq_str names[] = {WQ_S_INIT("search"), WQ_S_INIT("sousuo"), WQ_S_INIT("keyword"),
		WQ_S_INIT("query"), WQ_S_INIT("jiansuo"), WQ_S_INIT("搜索"), WQ_S_INIT("检索"), WQ_S_INIT("关键")};
	static const char *const attrs[] = {"name", "id", "class", "placeholder", "action", "role", "type", "value"};

	if (q->search)
		return;
	for (size_t i = 0; i < WQ_COUNT(attrs); i++) {
		wq_str value = value_of(token, attrs[i]);
		if (token->tag == WQ_TAG_INPUT && wq_str_eq(wq_str_c(attrs[i]), WQ_S("name")) &&
			(wq_str_eq(value, WQ_S("q")) || wq_str_eq(value, WQ_S("wd"))))
			q->search = true;
		for (size_t k = 0; k < WQ_COUNT(names) && value.n; k++)
			q->search |= contains_nocase(wq_str_head(value, 200), names[k]);
	}
}

static void close_link(struct wq_quality *q)
{
	if (!q->in_link)
		return;
	Q_ITEMS(q->links, struct quality_link)[q->links.n - 1].to = (uint32_t)q->text_n;
	q->in_link = false;
	/* the words of neighbouring links are apart */
	if (q->text_n && q->text_n < q->text_room && (unsigned char)q->text[q->text_n - 1] > ' ')
		q->text[q->text_n++] = ' ';
}

static void look_for_forum(struct wq_quality *q, wq_str href)
{
	ptrdiff_t slash = wq_str_rchr(href, '/');
	wq_str last = wq_str_head(wq_str_from(href, (size_t)(slash + 1)), 64);

	if (q->forum_sign.n || (host_of(href).n && !wq_str_eq_nocase(host_of(href), q->page.document->address.host)) ||
		(wq_str_find(last, WQ_S(".php")) < 0 && wq_str_find(last, WQ_S(".asp")) < 0))
		return;
	for (size_t i = 0; i < q->rules->forum_links.n; i++)
		if (wq_str_starts_nocase(last, q->rules->forum_links.items[i])) {
			q->forum_sign = q->rules->forum_links.items[i];
			q->forum_at = (uint32_t)q->text_n;
		}
}

static void on_link(struct wq_quality *q, const struct wq_html_token *token)
{
	const struct wq_html_attr *href = wq_html_attr_find(token, WQ_S("href"));
	struct quality_link *link;

	close_link(q);
	if (!href || href->value.n == 0 || !(link = quality_push(q->arena, &q->links, sizeof *link)))
		return;
	*link = (struct quality_link){
		.from = (uint32_t)q->text_n, .href_at = (uint32_t)href->value_at, .href_n = (uint32_t)href->value.n};
	q->in_link = true;
	look_for_forum(q, href->value);
}

/* A script of the site's own may write a list; those of marks, error reports and counters do not. */
static void on_script(struct wq_quality *q, const struct wq_html_token *token)
{
	wq_str src = value_of(token, "src"), host = host_of(src);

	if (src.n && (host.n == 0 || wq_str_eq_nocase(host, q->page.document->address.host)))
		add_thing(q);
	look_for_advertising(q, token);
}

static void on_code(struct wq_quality *q, wq_str code)
{
	wq_str head = wq_str_head(code, 1024);

	if (wq_str_find(head, WQ_S("onac")) < 0 && wq_str_find(head, WQ_S("jiucuo")) < 0 && quality_trim(head).n)
		add_thing(q);
}

static void on_start(struct wq_quality *q, const struct wq_html_token *token)
{
	switch ((int)token->tag) {
	case WQ_TAG_A: on_link(q, token); break;
	case WQ_TAG_META: on_meta(q, token); break;
	case WQ_TAG_IMG:
		if (wq_str_find(value_of(token, "src"), WQ_S("conac.cn")) < 0)
			add_thing(q);
		look_for_advertising(q, token);
		if (q->in_link)
			add_text(q, value_of(token, "alt"));
		break;
	case WQ_TAG_SCRIPT: on_script(q, token); break;
	case WQ_TAG_IFRAME:
	case WQ_TAG_EMBED:
	case WQ_TAG_OBJECT:
	case WQ_TAG_VIDEO:
		add_thing(q);
		look_for_advertising(q, token);
		break;
	case WQ_TAG_INS:
		if (!q->ad_host.n) {
			q->ad_host = sign_in(&q->rules->ad_classes, wq_str_head(value_of(token, "class"), 100));
			q->ad_at = (uint32_t)q->text_n;
		}
		break;
	case WQ_TAG_FORM:
	case WQ_TAG_INPUT:
	case WQ_TAG_BUTTON: on_search(q, token); break;
	case WQ_TAG_PRE:
	case WQ_TAG_CODE:
	case WQ_TAG_TT:
	case WQ_TAG_TEXTAREA:
	case WQ_TAG_SELECT: q->aside++; break;
	case WQ_TAG_H1:
		if (q->h1.to == 0)
			q->h1.from = (uint32_t)q->text_n;
		break;
	default: break;
	}
}

static void on_end(struct wq_quality *q, const struct wq_html_token *token)
{
	switch ((int)token->tag) {
	case WQ_TAG_A: close_link(q); break;
	case WQ_TAG_PRE:
	case WQ_TAG_CODE:
	case WQ_TAG_TT:
	case WQ_TAG_TEXTAREA:
	case WQ_TAG_SELECT:
		if (q->aside)
			q->aside--;
		break;
	case WQ_TAG_H1:
		if (q->h1.to == 0)
			q->h1.to = (uint32_t)q->text_n;
		break;
	default: break;
	}
}

wq_err wq_quality_token(void *data, const struct wq_html_token *token)
{
	struct wq_quality *q = data;
	enum wq_html_sight sight = wq_html_visible(&q->visible, token);

	if (q->full)
		return WQ_OK;
	if (sight == WQ_HTML_SEEN)
		on_text(q, token);
	else if (sight == WQ_HTML_BREAK)
		add_break(q);
	else if (sight == WQ_HTML_TITLE && q->title.n == 0)
		q->title = decoded(q, token->raw, WQ_HTML_IN_TEXT);
	else if (token->kind == WQ_HTML_TEXT && token->in == WQ_TAG_SCRIPT)
		on_code(q, token->raw);
	if (!token->foreign && token->kind == WQ_HTML_START)
		on_start(q, token);
	else if (!token->foreign && token->kind == WQ_HTML_END)
		on_end(q, token);
	return wq_arena_err(q->arena);
}

/* ---- the end */

static void judge(struct wq_quality *q, struct wq_quality_site *site)
{
	quality_scan(q);
	quality_classify(q);
	quality_judge_dates(q, site);
	quality_judge_numbers(q);
	quality_judge_column(q, site);
	quality_judge_guide(q, site);
	quality_judge_reprint(q, site);
	quality_judge_offers(q, site);
}

wq_err wq_quality_close(struct wq_quality *quality, struct wq_findings *findings, struct wq_quality_site *site)
{
	quality->findings = findings;
	close_link(quality);
	if (quality->h1.to < quality->h1.from)
		quality->h1.to = quality->h1.from;
	judge(quality, site);
	if (wq_failed(quality->err))
		return quality->err;
	return wq_arena_err(quality->arena);
}

const struct wq_quality_reprint *wq_quality_reprint_of(const struct wq_quality *quality)
{
	return quality->reprint;
}
