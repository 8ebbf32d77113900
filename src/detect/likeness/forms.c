#include "detect/likeness/forms.h"

#include "text/utf8.h"

struct forms {
	struct wq_arena *arena;
	const struct wq_likeness_rules *rules;
	struct likeness_form *out;
	size_t n;
};

size_t likeness_labels(wq_str host, wq_str *out)
{
	size_t n = 0;

	while (host.p) {
		wq_str label = wq_str_cut(&host, '.');
		if (label.n == 0 || n == WQ_LIKENESS_LABELS)
			return 0;
		out[n++] = label;
	}
	return n;
}

wq_str likeness_registrable(const struct wq_likeness_rules *rules, wq_str host)
{
	wq_str labels[WQ_LIKENESS_LABELS];
	size_t n = likeness_labels(host, labels), suffix = n ? likeness_suffix_labels(rules, labels, n) : 0;

	if (n <= suffix)
		return WQ_S_NONE;
	return wq_str_from(host, (size_t)(labels[n - suffix - 1].p - host.p));
}

static void add(struct forms *f, enum likeness_kind kind, wq_str text)
{
	if (text.n < 2 || text.n > LIKENESS_WORD_BYTES * 3 || f->n == LIKENESS_FORMS)
		return;
	for (size_t i = 0; i < f->n; i++)
		if (wq_str_eq(f->out[i].text, text))
			return;
	f->out[f->n++] = (struct likeness_form){kind, wq_arena_str(f->arena, text)};
}

/* Reading or initials of a text, followed by more. */
static void add_reading(struct forms *f, enum likeness_kind kind, wq_str first, bool first_initials, wq_str second,
	bool second_initials)
{
	char text[LIKENESS_WORD_BYTES];
	size_t n = wq_likeness_reading(f->rules, first, first_initials, text, sizeof text), more = 0;

	if (n == 0)
		return;
	if (second.n > 0)
		more = wq_likeness_reading(f->rules, second, second_initials, text + n, sizeof text - n);
	if (second.n == 0 || more > 0)
		add(f, kind, wq_str_of(text, n + more));
}

/* How long the place at the beginning of a name is, with the character that ends it; 0: none. */
static size_t place_of(const struct wq_likeness_rules *rules, wq_str name)
{
	size_t at = 0, chars = 0, place = 0;
	uint32_t cp;

	for (size_t n; chars < 14 && (n = wq_utf8_read(wq_str_from(name, at), &cp)) > 0; at += n, chars++)
		if (chars >= 2 && wq_str_find(rules->places, wq_str_of(name.p + at, n)) >= 0)
			place = at + n;
	return place;
}

static void add_place(struct forms *f, wq_str name, size_t place)
{
	wq_str whole = wq_str_head(name, place), rest = wq_str_from(name, place);
	wq_str core = wq_str_head(name, place >= 3 ? place - 3 : 0);

	add(f, LIKENESS_HAN_PLACE, whole);
	add_reading(f, LIKENESS_PLACE, whole, false, WQ_S_NONE, false);
	if (core.n >= 6) {
		add(f, LIKENESS_HAN_PLACE, core);
		add_reading(f, LIKENESS_PLACE, core, false, WQ_S_NONE, false);
	}
	if (rest.n == 0)
		return;
	add_reading(f, LIKENESS_MIXED, whole, false, rest, true);
	add_reading(f, LIKENESS_MIXED, whole, true, rest, false);
	if (core.n < 6)
		return;
	add_reading(f, LIKENESS_MIXED, core, false, rest, false);
	add_reading(f, LIKENESS_MIXED, core, false, rest, true);
	add_reading(f, LIKENESS_ABBREVIATION, core, true, rest, true);
}

static void add_name(struct forms *f, wq_str name)
{
	size_t place = place_of(f->rules, name);

	if (name.n == 0 || name.n > (size_t)LIKENESS_HAN_MAX * 3)
		return;
	add(f, LIKENESS_HAN, name);
	add_reading(f, LIKENESS_FULL, name, false, WQ_S_NONE, false);
	add_reading(f, LIKENESS_ABBREVIATION, name, true, WQ_S_NONE, false);
	if (place > 0)
		add_place(f, name, place);
	for (size_t i = 0; i < f->rules->cuts_n; i++) {
		const struct likeness_pair *cut = &f->rules->cuts[i];
		char text[LIKENESS_HAN_MAX * 3];
		size_t keep = name.n - cut->from.n;
		if (!wq_str_ends(name, cut->from) || keep < 6 || keep + cut->to.n > sizeof text)
			continue;
		memcpy(text, name.p, keep);
		memcpy(text + keep, cut->to.p, cut->to.n);
		wq_str other = wq_str_of(text, keep + cut->to.n);
		add(f, LIKENESS_HAN, other);
		add_reading(f, LIKENESS_FULL, other, false, WQ_S_NONE, false);
		add_reading(f, LIKENESS_ABBREVIATION, other, true, WQ_S_NONE, false);
		if (place > 0 && place <= keep)
			add_place(f, other, place);
		break;
	}
}

static void add_host(struct forms *f, wq_str host)
{
	wq_str labels[WQ_LIKENESS_LABELS];
	size_t n = likeness_labels(host, labels), suffix = n ? likeness_suffix_labels(f->rules, labels, n) : 0, m = 0;
	char text[LIKENESS_WORD_BYTES];

	if (n <= suffix)
		return;
	wq_str label = labels[n - suffix - 1];
	for (size_t i = 0; i < label.n && m < sizeof text; i++)
		if (label.p[i] != '-')
			text[m++] = label.p[i];
	add(f, LIKENESS_HOST, wq_str_of(text, m));
	if (n < suffix + 2 || labels[n - suffix - 2].n + m > sizeof text)
		return;
	wq_str sub = labels[n - suffix - 2];
	if (likeness_word_at(f->rules, likeness_hash(sub), sub.n) == LIKENESS_NO_WORD) {
		memmove(text + sub.n, text, m);
		memcpy(text, sub.p, sub.n);
		add(f, LIKENESS_HOST, wq_str_of(text, m + sub.n));
	}
}

wq_err likeness_forms(struct wq_arena *arena, const struct wq_likeness_rules *rules, const struct wq_subject *subject,
	struct likeness_form *ret_forms, size_t *ret_n)
{
	struct forms f = {arena, rules, ret_forms, 0};

	for (size_t i = 0; i < subject->hosts_n; i++)
		add_host(&f, subject->hosts[i]);
	add_name(&f, subject->name);
	for (size_t i = 0; i < subject->short_names_n; i++)
		add_name(&f, subject->short_names[i]);
	*ret_n = f.n;
	return wq_arena_err(arena);
}
