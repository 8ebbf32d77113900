#include "detect/front/front_priv.h"

static wq_str tag_at(const struct wq_front *front, uint64_t at)
{
	wq_str rest = wq_str_head(wq_str_from(front->document->html, (size_t)at), WQ_EXCERPT_BYTES);
	wq_str tag = wq_str_cut(&rest, '>');

	tag.n += rest.p != NULL;
	return tag;
}

/* One note for each element, by its tag: the same one on many pages is the template's. */
static void note(struct wq_front *front, enum wq_rule_id rule, uint64_t at)
{
	wq_str tag = tag_at(front, at);

	front_note_add(&front->notes, rule, FRONT_GROUP, wq_rule_severity(rule), tag, tag, at);
}

/* What the document as a whole lacks is the same on every page. */
static void note_document(struct wq_front *front, enum wq_rule_id rule)
{
	front_note_add(&front->notes, rule, FRONT_GROUP, wq_rule_severity(rule), WQ_S(""),
		tag_at(front, front->html_at), front->html_at);
}

static bool has(const struct wq_html_token *token, const char *name)
{
	return wq_html_attr_find(token, wq_str_c(name)) != NULL;
}

static bool attr_is(struct wq_front *front, const struct wq_html_token *token, const char *name, const char *value)
{
	return wq_str_eq_nocase(front_attr(front, token, wq_str_c(name)), wq_str_c(value));
}

static bool is_filled(struct wq_front *front, const struct wq_html_token *token, const char *name)
{
	return front_attr(front, token, wq_str_c(name)).n > 0;
}

/* Nobody meets it: not to be seen, or kept from those who hear the page. */
static bool is_hidden(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str style;

	if (has(token, "hidden") || attr_is(front, token, "aria-hidden", "true"))
		return true;
	style = front_attr(front, token, WQ_S("style"));
	return wq_str_find(style, WQ_S("display:none")) >= 0 || wq_str_find(style, WQ_S("display: none")) >= 0 ||
		wq_str_find(style, WQ_S("visibility:hidden")) >= 0;
}

static bool is_named(struct wq_front *front, const struct wq_html_token *token)
{
	return is_filled(front, token, "aria-label") || is_filled(front, token, "aria-labelledby") ||
		is_filled(front, token, "title");
}

static bool is_decoration(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str role = front_attr(front, token, WQ_S("role")), width = front_attr(front, token, WQ_S("width")),
	       height = front_attr(front, token, WQ_S("height"));

	return wq_str_eq_nocase(role, WQ_S("presentation")) || wq_str_eq_nocase(role, WQ_S("none")) ||
		((wq_str_eq(width, WQ_S("0")) || wq_str_eq(width, WQ_S("1"))) &&
			(wq_str_eq(height, WQ_S("0")) || wq_str_eq(height, WQ_S("1"))));
}

/* ---- the document ---- */

void front_access_html(struct wq_front *front, const struct wq_html_token *token)
{
	front->html_at = token->start;
	front->lang |= is_filled(front, token, "lang") || is_filled(front, token, "xml:lang");
}

void front_access_body(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str code = front_attr(front, token, WQ_S("onload"));

	if (wq_str_find(code, WQ_S("window.open(")) >= 0 || wq_str_starts(code, WQ_S("alert(")))
		note(front, WQ_RULE_ACCESS_AUTOPLAY, token->start);
}

/* "maximum-scale=1" as a per cent number; UINT64_MAX when it is not said. */
static uint64_t scale_of(wq_str value)
{
	uint64_t percent = 0, unit = 100;
	bool dot = false;

	for (size_t i = 0; i < value.n && unit; i++) {
		char c = value.p[i];
		if (c == '.' && !dot) {
			dot = true;
		} else if (c >= '0' && c <= '9') {
			if (dot)
				unit /= 10;
			percent = dot ? percent + (uint64_t)(c - '0') * unit
				      : WQ_MIN(percent * 10 + (uint64_t)(c - '0') * 100, 1000000u);
		} else {
			break;
		}
	}
	return value.n ? percent : UINT64_MAX;
}

void front_access_viewport(struct wq_front *front, wq_str content, uint64_t at)
{
	for (wq_str rest = content; rest.p;) {
		wq_str value = wq_str_cut(&rest, ','), key = wq_str_trim(wq_str_cut(&value, '='));
		value = wq_str_trim(value);
		bool fixed = wq_str_eq_nocase(key, WQ_S("user-scalable")) &&
			(wq_str_eq_nocase(value, WQ_S("no")) || wq_str_eq(value, WQ_S("0")));
		bool limited = wq_str_eq_nocase(key, WQ_S("maximum-scale")) &&
			scale_of(value) < front->rules->limits.zoom_percent;
		if (fixed || limited) {
			note(front, WQ_RULE_ACCESS_ZOOM, at);
			return;
		}
	}
}

/* ---- images and media ---- */

void front_access_image(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str alt = front_attr(front, token, WQ_S("alt"));

	if (alt.n || is_named(front, token)) {
		front->link.named = true;
		return;
	}
	if (token->tag == WQ_TAG_AREA && !has(token, "href"))
		return;
	if ((alt.p && token->tag == WQ_TAG_IMG) || is_hidden(front, token) || is_decoration(front, token))
		return;
	front->link.named = true; /* said here, not once more of the link */
	note(front, WQ_RULE_ACCESS_ALT, token->start);
}

void front_access_sound(struct wq_front *front, const struct wq_html_token *token)
{
	note(front, WQ_RULE_ACCESS_AUTOPLAY, token->start);
}

void front_access_media(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str start = front_attr(front, token, WQ_S("autostart")), play = front_attr(front, token, WQ_S("autoplay"));

	if (token->tag == WQ_TAG_EMBED) {
		if (wq_str_eq_nocase(start, WQ_S("true")) || wq_str_eq(start, WQ_S("1")) ||
			wq_str_eq_nocase(play, WQ_S("true")))
			note(front, WQ_RULE_ACCESS_AUTOPLAY, token->start);
	} else if (play.p && !has(token, "muted")) {
		note(front, WQ_RULE_ACCESS_AUTOPLAY, token->start);
	}
}

/* ---- fields and labels ---- */

static uint64_t id_hash(wq_str id)
{
	return id.n ? wq_str_hash(id, 1) | 1 : 0;
}

void front_access_label(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str id = front_attr(front, token, WQ_S("for"));
	struct front_label_for *made;

	front->in_label++;
	if (!id.n)
		return;
	made = WQ_NEW(front->arena, struct front_label_for);
	if (!made)
		return;
	*made = (struct front_label_for){front->fors, id_hash(id)};
	front->fors = made;
}

static bool needs_no_label(wq_str type)
{
	static const wq_str types[] = {
		WQ_S_INIT("hidden"), WQ_S_INIT("submit"), WQ_S_INIT("button"), WQ_S_INIT("reset")};

	for (size_t i = 0; i < WQ_COUNT(types); i++)
		if (wq_str_eq_nocase(type, types[i]))
			return true;
	return false;
}

void front_access_control(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str type = token->tag == WQ_TAG_INPUT ? front_attr(front, token, WQ_S("type")) : WQ_S("");
	struct front_control *made;

	/* nobody can fill in what is switched off: boxes that only show a state */
	if (needs_no_label(type) || is_hidden(front, token) || wq_html_attr_find(token, WQ_S("disabled")))
		return;
	if (wq_str_eq_nocase(type, WQ_S("image"))) {
		if (!is_filled(front, token, "alt") && !is_named(front, token))
			note(front, WQ_RULE_ACCESS_ALT, token->start);
		return;
	}
	if (front->in_label || is_named(front, token) || is_filled(front, token, "placeholder") ||
		front->controls_n == FRONT_NOTES_MAX)
		return;
	made = WQ_NEW(front->arena, struct front_control);
	if (!made)
		return;
	*made = (struct front_control){.id = id_hash(front_attr(front, token, WQ_S("id"))), .at = token->start};
	*front->last_control = made;
	front->last_control = &made->next;
	front->controls_n++;
}

static bool has_label(const struct wq_front *front, const struct front_control *control)
{
	for (const struct front_label_for *f = front->fors; f && control->id; f = f->next)
		if (f->id == control->id)
			return true;
	return false;
}

/* ---- links ---- */

void front_access_link(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str href = front_attr(front, token, WQ_S("href"));

	front_access_link_end(front);
	if (!href.n)
		return;
	front->link.open = true;
	front->link.named = is_named(front, token);
	/* anchors to places of the page itself carry their sign by style sheet */
	front->link.exempt = href.p[0] == '#' || is_hidden(front, token);
	front->link.at = token->start;
	front->link.text_from = front->block_n;
	front->link.attachment = front_attachment(front, href, token->start);
}

/* A space of any kind at the start of `text`, in bytes. */
static size_t blank(wq_str text)
{
	static const wq_str blanks[] = {
		WQ_S_INIT("&nbsp;"), WQ_S_INIT("\xc2\xa0"), WQ_S_INIT("\xe3\x80\x80"), WQ_S_INIT("&#160;")};

	if (wq_html_is_space(text.p[0]))
		return 1;
	for (size_t i = 0; i < WQ_COUNT(blanks); i++)
		if (wq_str_starts(text, blanks[i]))
			return blanks[i].n;
	return 0;
}

void front_access_text(struct wq_front *front, wq_str raw)
{
	size_t n;

	while (raw.n && (n = blank(raw)) > 0)
		raw = wq_str_from(raw, n);
	front->link.named |= raw.n > 0;
}

void front_access_link_end(struct wq_front *front)
{
	if (!front->link.open)
		return;
	front->link.open = false;
	if (front->link.attachment)
		front_attachment_text(front, front->link.attachment,
			wq_str_of(front->block + front->link.text_from, front->block_n - front->link.text_from));
	if (!front->link.named && !front->link.exempt)
		note(front, WQ_RULE_ACCESS_LINK, front->link.at);
}

void front_access_judge(struct wq_front *front)
{
	const struct wq_document *document = front->document;

	if (front->refreshes || front->is_listing || document->status >= 300 || front->text_bytes == 0)
		return;
	if (!front->lang)
		note_document(front, WQ_RULE_ACCESS_LANG);
	if (wq_str_trim(wq_str_of(front->title, front->title_n)).n == 0)
		note_document(front, WQ_RULE_ACCESS_TITLE);
	for (const struct front_control *c = front->controls; c; c = c->next)
		if (!has_label(front, c))
			note(front, WQ_RULE_ACCESS_LABEL, c->at);
}
