#include "detect/front/front_priv.h"
#include "finding/excerpt.h"

enum { VALUE_BYTES = 64 * 1024, RESOLVED_MAX = 4096 /* addresses of one page */ };

/* ---- what the files of this folder share ---- */

wq_str front_decode(struct wq_arena *arena, wq_str raw, enum wq_html_where where)
{
	char *out;
	size_t n = 0;

	raw = wq_str_head(raw, VALUE_BYTES);
	if (wq_str_chr(raw, '&') < 0)
		return raw;
	out = wq_arena_alloc(arena, raw.n * 2 + 8);
	for (size_t i = 0; out && i < raw.n;) {
		uint32_t points[2];
		size_t points_n = 0,
		       used = raw.p[i] == '&' ? wq_html_reference(wq_str_from(raw, i), where, points, &points_n) : 0;
		if (used == 0)
			out[n++] = raw.p[i++];
		/* two code points take 8 bytes and come of 5 or more */
		for (size_t k = 0; k < points_n && used; k++)
			n += wq_utf8_write(points[k], out + n);
		i += used;
	}
	return out ? wq_str_of(out, n) : WQ_S_NONE;
}

wq_str front_attr(struct wq_front *front, const struct wq_html_token *token, wq_str name)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, name);
	wq_str value;

	if (!attr)
		return WQ_S_NONE;
	value = wq_str_trim(front_decode(front->arena, attr->value, WQ_HTML_IN_ATTRIBUTE));
	return value.p ? value : WQ_S("");
}

bool front_resolve(struct wq_front *front, wq_str address, struct wq_url *ret_url)
{
	return address.n && front->resolved++ < RESOLVED_MAX &&
		!wq_failed(wq_url_parse(front->arena, address, &front->base, ret_url));
}

struct front_note *front_note(struct wq_front *front, enum wq_rule_id rule, enum front_scope scope,
	enum wq_severity severity, wq_str subject, uint64_t at)
{
	wq_str excerpt = wq_str_head(wq_str_from(front->document->html, (size_t)at), WQ_EXCERPT_BYTES);

	return front_note_add(&front->notes, rule, scope, severity, subject, excerpt, at);
}

static bool in_list(wq_str host, const wq_str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_host_under(host, list[i]))
			return true;
	return false;
}

bool front_host_agreed(const struct wq_front *front, wq_str host)
{
	const struct wq_subject *subject = front->subject;

	if (wq_str_eq(host, front->document->address.host))
		return true;
	if (!subject)
		return false;
	return in_list(host, subject->hosts, subject->hosts_n) || in_list(host, subject->inside, subject->inside_n) ||
		in_list(host, subject->confirmed, subject->confirmed_n) ||
		(subject->suffixes && wq_host_government(subject->suffixes, host, subject->day, NULL));
}

/* ---- the page ---- */

static struct wq_front *make(struct wq_arena *arena, const struct wq_front_rules *rules,
	const struct wq_subject *subject, const struct wq_document *document, const struct wq_place *place)
{
	/* not cleared as a whole: the block is large and is written before it is read */
	struct wq_front *front = wq_arena_alloc(arena, sizeof *front);

	if (!front)
		return NULL;
	memset((char *)front, 0, offsetof(struct wq_front, block));
	memset((char *)front + offsetof(struct wq_front, block_n), 0,
		sizeof *front - offsetof(struct wq_front, block_n));
	front->arena = arena;
	front->rules = rules;
	front->subject = subject;
	front->document = document;
	front->place = *place;
	front->base = document->address;
	front->https = wq_str_eq(document->address.scheme, WQ_S("https"));
	front->notes.arena = arena;
	front->notes.last = &front->notes.first;
	front->last_control = &front->controls;
	return front;
}

wq_err wq_front_open(struct wq_arena *arena, const struct wq_front_page *page, struct wq_front **ret_front)
{
	struct wq_front *front = make(arena, page->rules, page->subject, page->document, &page->place);

	if (!front)
		return wq_arena_err(arena);
	front_headers(front);
	*ret_front = front;
	return WQ_OK;
}

static void on_base(struct wq_front *front, const struct wq_html_token *token)
{
	struct wq_url url;

	if (front_resolve(front, front_attr(front, token, WQ_S("href")), &url) && wq_url_is_http(&url))
		front->base = url;
}

static void on_start(struct wq_front *front, const struct wq_html_token *token)
{
	switch ((int)token->tag) {
	case WQ_TAG_BASE: on_base(front, token); break;
	case WQ_TAG_META: front_meta(front, token); break;
	case WQ_TAG_PRE:
	case WQ_TAG_CODE: front->in_pre++; break;
	case WQ_TAG_SCRIPT:
	case WQ_TAG_LINK:
	case WQ_TAG_IFRAME:
	case WQ_TAG_FRAME:
	case WQ_TAG_OBJECT:
	case WQ_TAG_APPLET:
	case WQ_TAG_SOURCE: front_loads(front, token); break;
	case WQ_TAG_IMG:
		front_loads(front, token);
		front_access_image(front, token);
		break;
	case WQ_TAG_EMBED:
	case WQ_TAG_AUDIO:
	case WQ_TAG_VIDEO:
		front_loads(front, token);
		front_access_media(front, token);
		break;
	case WQ_TAG_FORM: front_form_open(front, token); break;
	case WQ_TAG_INPUT:
	case WQ_TAG_SELECT:
	case WQ_TAG_TEXTAREA:
		front_form_control(front, token);
		front_access_control(front, token);
		break;
	case WQ_TAG_BUTTON: front_form_control(front, token); break;
	case WQ_TAG_A: front_access_link(front, token); break;
	case WQ_TAG_AREA: front_access_image(front, token); break;
	case WQ_TAG_HTML: front_access_html(front, token); break;
	case WQ_TAG_BODY: front_access_body(front, token); break;
	case WQ_TAG_LABEL: front_access_label(front, token); break;
	case WQ_TAG_OTHER:
		if (wq_str_eq_nocase(token->name, WQ_S("bgsound")))
			front_access_sound(front, token);
		break;
	default: break;
	}
}

static void on_end(struct wq_front *front, const struct wq_html_token *token)
{
	switch ((int)token->tag) {
	case WQ_TAG_A: front_access_link_end(front); break;
	case WQ_TAG_LABEL: front->in_label -= front->in_label > 0; break;
	case WQ_TAG_FORM: front_form_end(front); break;
	case WQ_TAG_PRE:
	case WQ_TAG_CODE: front->in_pre -= front->in_pre > 0; break;
	case WQ_TAG_SCRIPT: front->code_open = false; break;
	case WQ_TAG_TITLE: front_title_end(front); break;
	default: break;
	}
}

static void on_text(struct wq_front *front, const struct wq_html_token *token, enum wq_html_sight sight)
{
	if (token->in == WQ_TAG_SCRIPT) {
		if (front->code_open)
			front_code(front, token->raw, token->start);
	} else if (token->in == WQ_TAG_STYLE) {
		front_style(front, token->raw, token->start);
	} else if (sight == WQ_HTML_TITLE) {
		wq_str text = front_decode(front->arena, token->raw, WQ_HTML_IN_TEXT);
		size_t n = WQ_MIN(text.n, FRONT_TITLE_BYTES - front->title_n);
		memcpy(front->title + front->title_n, text.p, n);
		front->title_n += n;
	} else if (sight == WQ_HTML_SEEN) {
		front_text(front, token->raw, token->start);
	}
}

wq_err wq_front_token(void *data, const struct wq_html_token *token)
{
	struct wq_front *front = data;
	enum wq_html_sight sight = wq_html_visible(&front->visible, token);

	if (sight == WQ_HTML_BREAK)
		front_block_end(front);
	if (token->kind == WQ_HTML_TEXT)
		on_text(front, token, sight);
	else if (token->kind == WQ_HTML_START && !token->foreign)
		on_start(front, token);
	else if (token->kind == WQ_HTML_END)
		on_end(front, token);
	return wq_arena_err(front->arena);
}

static int by_offset(const void *a, const void *b)
{
	const struct front_note *x = *(struct front_note *const *)a, *y = *(struct front_note *const *)b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Lines are counted once, in the order of the page. */
static void place_notes(struct wq_front *front)
{
	struct front_note **all = WQ_NEW_ARRAY(front->arena, struct front_note *, front->notes.n + 1);
	struct wq_document_at at = {0};
	size_t n = 0;

	for (struct front_note *note = front->notes.first; note && all; note = note->next)
		all[n++] = note;
	if (n > 1)
		qsort(all, n, sizeof(struct front_note *), by_offset);
	for (size_t i = 0; i < n; i++)
		wq_document_place(front->document, &at, all[i]->at, &all[i]->line, &all[i]->column);
}

wq_err wq_front_close(struct wq_front *front, struct wq_findings *findings, struct wq_front_site *site)
{
	front_block_end(front);
	front_form_end(front);
	front_text_judge(front);
	front_attachments_judge(front);
	front_access_judge(front);
	place_notes(front);
	return front_notes_close(&front->notes, &front->place, findings, site);
}

wq_err wq_front_script(struct wq_arena *arena, const struct wq_front_rules *rules, const struct wq_subject *subject,
	const struct wq_place *place, wq_str url, wq_str bytes, struct wq_findings *findings,
	struct wq_front_site *site)
{
	struct wq_document document = {.status = 200, .html = bytes};
	struct wq_front *front;

	WQ_TRY(wq_url_parse(arena, url, NULL, &document.address));
	front = make(arena, rules, subject, &document, place);
	if (!front)
		return wq_arena_err(arena);
	front->code_from = document.address.href;
	front_code(front, bytes, 0);
	/* lines would be the script's, not the page's */
	return front_notes_close(&front->notes, place, findings, site);
}

wq_err wq_front_requested(struct wq_arena *arena, const struct wq_front_rules *rules, const struct wq_subject *subject,
	const struct wq_place *place, wq_str url, struct wq_findings *findings)
{
	struct wq_document document = {.status = 200};
	struct wq_front *front;
	struct wq_url asked;

	WQ_TRY(wq_url_parse(arena, place->url, NULL, &document.address));
	WQ_TRY(wq_url_parse(arena, url, &document.address, &asked));
	front = make(arena, rules, subject, &document, place);
	if (!front)
		return wq_arena_err(arena);
	front_trackers(front, &asked, 0);
	return front_notes_close(&front->notes, place, findings, NULL);
}
