#include "detect/front/library_priv.h"
#include "finding/excerpt.h"

enum { ENDING_MAX = 8 };

/* ---- trackers ---- */

void front_trackers(struct wq_front *front, const struct wq_url *url, uint64_t at)
{
	const struct front_list *trackers = &front->rules->trackers;

	if (front_host_agreed(front, url->host))
		return;
	for (size_t i = 0; i < trackers->n; i++)
		if (wq_host_under(url->host, trackers->items[i])) {
			front_tracker_note(front, i, url->href, at);
			return;
		}
}

/* ---- mixed content ---- */

void front_mixed(struct wq_front *front, wq_str address, bool active, uint64_t at)
{
	struct front_note *note;
	struct wq_url url;

	if (!front->https || front->upgraded || !wq_str_starts_nocase(address, WQ_S("http:")) ||
		!front_resolve(front, address, &url))
		return;
	note = front_note(front, WQ_RULE_FRONT_MIXED, FRONT_GROUP,
		active ? WQ_SEVERITY_HIGH : wq_rule_severity(WQ_RULE_FRONT_MIXED), url.href, at);
	if (note)
		note->target = wq_clean(front->arena, url.href, WQ_FINDING_PLACE_BYTES);
}

static void check_srcset(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str set = front->https ? front_attr(front, token, WQ_S("srcset")) : WQ_S_NONE;

	while (set.p) {
		wq_str candidate = wq_str_trim(wq_str_cut(&set, ','));
		front_mixed(front, wq_str_cut(&candidate, ' '), false, token->start);
	}
}

/* ---- plug-ins ---- */

static wq_str without_query(wq_str address)
{
	for (size_t i = 0; i < address.n; i++)
		if (address.p[i] == '?' || address.p[i] == '#')
			return wq_str_head(address, i);
	return address;
}

static void note_plugin(struct wq_front *front, const struct wq_html_token *token, wq_str subject)
{
	front_note(
		front, WQ_RULE_OPEN_PLUGIN, FRONT_EACH, wq_rule_severity(WQ_RULE_OPEN_PLUGIN), subject, token->start);
}

static void check_plugin(struct wq_front *front, const struct wq_html_token *token, wq_str address)
{
	wq_str type = front_attr(front, token, WQ_S("type")), class = front_attr(front, token, WQ_S("classid"));
	wq_str codebase = without_query(front_attr(front, token, WQ_S("codebase")));

	if (token->tag == WQ_TAG_APPLET)
		note_plugin(front, token, WQ_S("applet"));
	else if (class.n)
		note_plugin(front, token, class);
	else if (type.n && front_list_has(&front->rules->plugin_types, type))
		note_plugin(front, token, type);
	else if (front_list_ends(&front->rules->plugin_files, without_query(address)))
		note_plugin(front, token, without_query(address));
	else if (codebase.n && front_list_ends(&front->rules->plugin_files, codebase))
		note_plugin(front, token, codebase);
}

/* ---- tags ---- */

static void load_script(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str src = front_attr(front, token, WQ_S("src"));
	struct front_founds founds = {.n = 0};
	struct wq_url url;

	front->code_open = src.p == NULL;
	if (!front_resolve(front, src, &url) || !wq_url_is_http(&url))
		return;
	front_mixed(front, src, true, token->start);
	front_trackers(front, &url, token->start);
	front_library_of_address(front->rules, without_query(url.href), &founds);
	for (size_t i = 0; i < founds.n; i++)
		front_library_note(&front->notes, front->rules, &founds.items[i], url.href, token->start);
}

static void load_link(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str href;

	if (!front->https)
		return;
	href = front_attr(front, token, WQ_S("href"));
	if (wq_str_starts_nocase(href, WQ_S("http:")) &&
		wq_str_starts_nocase(front_attr(front, token, WQ_S("rel")), WQ_S("stylesheet")))
		front_mixed(front, href, true, token->start);
}

/* What is named with its host may be a tracker's. */
static void load_other(struct wq_front *front, const struct wq_html_token *token, wq_str address, bool active)
{
	struct wq_url url;

	front_mixed(front, address, active, token->start);
	if (wq_str_find(wq_str_head(address, 8), WQ_S("//")) >= 0 && front_resolve(front, address, &url))
		front_trackers(front, &url, token->start);
}

void front_loads(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str address;

	switch ((int)token->tag) {
	case WQ_TAG_SCRIPT: load_script(front, token); return;
	case WQ_TAG_LINK: load_link(front, token); return;
	case WQ_TAG_OBJECT:
	case WQ_TAG_APPLET:
		address = front_attr(front, token, WQ_S("data"));
		check_plugin(front, token, address);
		front_mixed(front, address, true, token->start);
		return;
	case WQ_TAG_EMBED:
		address = front_attr(front, token, WQ_S("src"));
		check_plugin(front, token, address);
		front_mixed(front, address, true, token->start);
		return;
	case WQ_TAG_IFRAME:
	case WQ_TAG_FRAME: load_other(front, token, front_attr(front, token, WQ_S("src")), true); return;
	default: load_other(front, token, front_attr(front, token, WQ_S("src")), false); check_srcset(front, token);
	}
}

/* ---- attachments ---- */

/* Where the ending begins, or n. */
static size_t ending_at(wq_str name)
{
	ptrdiff_t dot = wq_str_rchr(name, '.');

	return dot > 0 && name.n - (size_t)dot <= ENDING_MAX ? (size_t)dot : name.n;
}

struct front_attachment *front_attachment(struct wq_front *front, wq_str href, uint64_t at)
{
	wq_str path = without_query(href), ending = wq_str_from(path, WQ_MIN(ending_at(path) + 1, path.n));
	bool closed = ending.n && front_list_has(&front->rules->closed, ending);
	struct front_attachment *made;
	ptrdiff_t slash;

	if (ending.n && !front->listing_title && front_list_ends(&front->rules->plugin_files, path))
		front_note(front, WQ_RULE_OPEN_PLUGIN, FRONT_EACH, wq_rule_severity(WQ_RULE_OPEN_PLUGIN), path, at);
	if (!ending.n || (!closed && !front_list_has(&front->rules->open, ending)) ||
		front->attachments_n == FRONT_ATTACHMENTS)
		return NULL;
	slash = wq_str_rchr(path, '/');
	made = &front->attachments[front->attachments_n++];
	*made = (struct front_attachment){.closed = closed, .at = at, .href = wq_arena_str(front->arena, href)};
	path = wq_str_head(made->href, path.n - ending.n - 1);
	made->stem = wq_str_from(path, (size_t)(slash + 1));
	return made;
}

void front_attachment_text(struct wq_front *front, struct front_attachment *attachment, wq_str text)
{
	text = wq_str_trim(text);
	attachment->text = wq_arena_str(front->arena, wq_str_head(text, ending_at(text)));
}

static bool has_twin(const struct wq_front *front, const struct front_attachment *a)
{
	for (size_t i = 0; i < front->attachments_n; i++) {
		const struct front_attachment *b = &front->attachments[i];
		if (!b->closed && (wq_str_eq(a->stem, b->stem) || (a->text.n && wq_str_eq(a->text, b->text))))
			return true;
	}
	return false;
}

void front_attachments_judge(struct wq_front *front)
{
	size_t closed = 0;

	for (size_t i = 0; i < front->attachments_n; i++)
		closed += front->attachments[i].closed;
	/* names by number: as many open ones are likely to be the same */
	if (closed == 0 || front->is_listing || front->attachments_n - closed >= closed)
		return;
	for (size_t i = 0; i < front->attachments_n; i++) {
		const struct front_attachment *a = &front->attachments[i];
		struct front_note *note = NULL;
		struct wq_url url;
		if (a->closed && !has_twin(front, a))
			note = front_note(front, WQ_RULE_OPEN_OFFICE, FRONT_GROUP,
				wq_rule_severity(WQ_RULE_OPEN_OFFICE), a->href, a->at);
		if (note && front_resolve(front, a->href, &url))
			note->target = wq_clean(front->arena, url.href, WQ_FINDING_PLACE_BYTES);
	}
}
