#include "detect/portal/portal_priv.h"
#include "text/utf8.h"

enum { NAME_BYTES = 300, COMMON_CHARACTERS = 3 };

/* `text` without what every site's name has, without marks and white space, into `out`. */
static wq_str bare(const struct wq_portal *p, wq_str text, char out[NAME_BYTES])
{
	const struct portal_list *generic = &p->rules->lists[LIST_GENERIC];
	size_t n = 0;

	text = wq_str_head(text, NAME_BYTES);
	while (text.n) {
		size_t skip = 0, length;
		uint32_t cp;

		for (size_t i = 0; i < generic->n; i++)
			if (wq_str_starts(text, generic->items[i]))
				skip = WQ_MAX(skip, generic->items[i].n);
		length = wq_utf8_read_lossy(text, &cp);
		if (skip == 0 && cp >= 0x3400 && cp <= 0x9fff) {
			memcpy(out + n, text.p, length);
			n += length;
		}
		text = wq_str_from(text, skip ? skip : length);
	}
	return wq_str_of(out, n);
}

/* Whether every character of `part` stands in `name`, in order: 海淀教育 in 北京市海淀区教育委员会 (A5: region + duty). */
static bool abbreviates(wq_str part, wq_str name)
{
	while (part.n) {
		uint32_t cp;
		size_t length = wq_utf8_read_lossy(part, &cp);
		ptrdiff_t at = portal_find(name, wq_str_head(part, length));

		if (at < 0)
			return false;
		name = wq_str_from(name, (size_t)at + length);
		part = wq_str_from(part, length);
	}
	return true;
}

static bool is_ours(const struct wq_portal *p, wq_str text)
{
	const struct wq_subject *s = p->subject;
	char room[NAME_BYTES];
	wq_str name = bare(p, text, room);

	if (portal_find(text, s->name) >= 0)
		return true;
	for (size_t i = 0; i < s->short_names_n; i++)
		if (s->short_names[i].n && portal_find(text, s->short_names[i]) >= 0)
			return true;
	return name.n >= 6 && abbreviates(name, s->name);
}

/* Whether it is the name of some unit: one of the endings stands in it. */
static bool names_unit(const struct wq_portal *p, wq_str text)
{
	const struct portal_list *endings = &p->rules->lists[LIST_ENDING];
	char room[NAME_BYTES];
	wq_str name = bare(p, text, room);

	for (size_t i = 0; i < endings->n; i++)
		if (name.n > endings->items[i].n + 3 && wq_str_ends(name, endings->items[i]))
			return true;
	return false;
}

static bool share(wq_str a, wq_str b)
{
	for (size_t i = 0; i + 3 * COMMON_CHARACTERS <= a.n; i += 3)
		if (portal_find(b, wq_str_of(a.p + i, 3 * COMMON_CHARACTERS)) >= 0)
			return true;
	return false;
}

static void fault(struct wq_portal *p, enum wq_rule_id rule, uint64_t at, uint64_t n, wq_str subject)
{
	portal_fault(p,
		&(struct portal_fault){
			.rule = rule, .severity = -1, .scope = SCOPE_HOME, .at = at, .n = n, .subject = subject});
}

/* Nobody said whose site it is: does it contradict itself? */
static void judge_contradiction(struct wq_portal *p)
{
	const struct portal_tag *tag = &p->tags[TAG_SITE_NAME];
	char room_a[NAME_BYTES], room_b[NAME_BYTES];
	wq_str a = bare(p, tag->content, room_a), b = bare(p, p->owner, room_b);

	if (!tag->found || !portal_at_foot(p, &p->labels[LIST_OWNER]) || !names_unit(p, tag->content) ||
		!names_unit(p, p->owner) || share(a, b) || abbreviates(a, b) || abbreviates(b, a))
		return;
	fault(p, WQ_RULE_NAME_DIFFERS, tag->at, tag->n,
		wq_arena_printf(p->arena, "%.*s / %.*s", WQ_S_ARG(tag->content), WQ_S_ARG(p->owner)));
}

void portal_name_judge(struct wq_portal *p)
{
	const struct portal_tag *tag = &p->tags[TAG_SITE_NAME];
	char room[NAME_BYTES];
	bool shown = false;

	if (!p->page.home || p->subject->kind == WQ_SUBJECT_UNKNOWN || !p->document || p->seen < p->rules->page_bytes)
		return;
	if (!p->subject->name.n) {
		judge_contradiction(p);
		return;
	}
	for (size_t i = 0; i < p->heads_n; i++)
		shown |= is_ours(p, p->heads[i]);
	shown |= is_ours(p, p->title);
	if (tag->found && bare(p, tag->content, room).n && !is_ours(p, tag->content))
		fault(p, WQ_RULE_NAME_DIFFERS, tag->at, tag->n, tag->content);
	else if (!is_ours(p, p->title) && names_unit(p, p->title))
		fault(p, WQ_RULE_NAME_DIFFERS, 0, 0, p->title);
	else if (!shown && !(tag->found && is_ours(p, tag->content)))
		fault(p, WQ_RULE_NAME_MISSING, 0, 0, WQ_S("name"));
}
