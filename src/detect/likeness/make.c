/* The names that somebody who imitates a unit would register. */
#include "detect/likeness/forms.h"
#include "text/idn.h"
#include "text/utf8.h"

struct maker {
	struct wq_arena *arena;
	const struct wq_likeness_rules *rules;
	const struct wq_subject *subject;
	struct wq_likeness_made *made;
	uint32_t *slots; /* by hash of the name: place in made + 1 */
	size_t n, max, mask;
	wq_str registrable; /* one's own */
};

/* How much less likely a technique is than the name as it is. */
static const uint32_t off[WQ_LIKENESS_TECHNIQUES] = {0, 2, 6, 3, 14, 18, 24, 4, 10, 20, 12};
static const uint32_t kind_off[LIKENESS_KINDS] = {0, 6, 10, 20, 16, 0, 10};

static bool is_own(const struct maker *m, wq_str name)
{
	for (size_t i = 0; i < m->subject->hosts_n; i++)
		if (wq_str_eq(m->subject->hosts[i], name) ||
			wq_str_eq(likeness_registrable(m->rules, m->subject->hosts[i]), name))
			return true;
	return wq_likeness_closed(m->rules, name);
}

static void add(struct maker *m, wq_str shown, uint32_t weight, enum wq_likeness_technique technique)
{
	char ascii[WQ_LIKENESS_NAME_BYTES + 1];
	size_t n;

	if (m->n == m->max || !wq_idn_to_ascii(shown, ascii, sizeof ascii, &n) || is_own(m, wq_str_of(ascii, n)))
		return;
	wq_str name = wq_str_of(ascii, n);
	for (uint64_t at = wq_str_hash(name, 0);; at++) {
		uint32_t *slot = &m->slots[at & m->mask];
		if (*slot && wq_str_eq(m->made[*slot - 1].name, name)) {
			if (m->made[*slot - 1].weight < weight)
				m->made[*slot - 1].weight = weight;
			return;
		}
		if (*slot)
			continue;
		name = wq_arena_str(m->arena, name);
		m->made[m->n] = (struct wq_likeness_made){
			name, wq_str_eq(name, shown) ? name : wq_arena_str(m->arena, shown), weight, technique};
		*slot = (uint32_t)++m->n;
		return;
	}
}

/* A label under every suffix. */
static void under_all(
	struct maker *m, wq_str label, enum likeness_kind kind, enum wq_likeness_technique technique, uint32_t less)
{
	bool han = kind == LIKENESS_HAN || kind == LIKENESS_HAN_PLACE;
	const struct likeness_tld *tlds = han ? m->rules->han_tlds : m->rules->tlds;
	size_t n = han ? m->rules->han_tlds_n : m->rules->tlds_n;
	char name[LIKENESS_WORD_BYTES * 4];

	if (label.n == 0 || label.p[0] == '-' || label.p[label.n - 1] == '-' || (!han && label.n > LIKENESS_WORD_BYTES))
		return;
	for (size_t i = 0; i < n; i++) {
		uint32_t down = off[technique] + kind_off[kind] + less;
		int size = snprintf(name, sizeof name, "%.*s.%.*s", WQ_S_ARG(label), WQ_S_ARG(tlds[i].name));
		if (size > 0 && (size_t)size < sizeof name)
			add(m, wq_str_of(name, (size_t)size), tlds[i].weight > down ? tlds[i].weight - down : 1,
				technique);
	}
}

static wq_str join(char *out, size_t cap, wq_str a, wq_str b, wq_str c)
{
	int n = snprintf(out, cap, "%.*s%.*s%.*s", WQ_S_ARG(a), WQ_S_ARG(b), WQ_S_ARG(c));
	return n > 0 && (size_t)n < cap ? wq_str_of(out, (size_t)n) : WQ_S_NONE;
}

static void with_words(struct maker *m, const struct likeness_form *form)
{
	char label[LIKENESS_WORD_BYTES * 4];

	for (size_t i = 0; i < m->rules->tails.n; i++) {
		wq_str tail = m->rules->tails.items[i];
		bool gov = wq_str_find(tail, WQ_S("gov")) >= 0;
		under_all(m, join(label, sizeof label, form->text, tail, WQ_S_NONE), form->kind,
			gov ? WQ_LIKENESS_GOV_WORD : WQ_LIKENESS_SERVICE_WORD, (uint32_t)i / 2);
	}
	for (size_t i = 0; i < m->rules->heads.n; i++)
		under_all(m, join(label, sizeof label, m->rules->heads.items[i], form->text, WQ_S_NONE), form->kind,
			WQ_LIKENESS_SERVICE_WORD, (uint32_t)i / 2);
}

/* One edit, alone and with the likeliest tail. */
static void edited(struct maker *m, const struct likeness_form *form, wq_str text, enum wq_likeness_technique technique)
{
	char label[LIKENESS_WORD_BYTES * 4];

	if (form->kind != LIKENESS_PLACE)
		under_all(m, text, form->kind, technique, 0);
	if (m->rules->tails.n > 0)
		under_all(m, join(label, sizeof label, text, m->rules->tails.items[0], WQ_S_NONE), form->kind,
			technique, 6);
}

static void neighbours(struct maker *m, const struct likeness_form *form, size_t at, const struct likeness_list *rows)
{
	char text[LIKENESS_WORD_BYTES];

	memcpy(text, form->text.p, form->text.n);
	for (size_t r = 0; r < rows->n; r++) {
		ptrdiff_t key = wq_str_chr(rows->items[r], form->text.p[at]);
		for (int step = -1; key >= 0 && step <= 1; step += 2) {
			if (key + step < 0 || (size_t)(key + step) >= rows->items[r].n)
				continue;
			text[at] = rows->items[r].p[key + step];
			edited(m, form, wq_str_of(text, form->text.n), WQ_LIKENESS_TYPO);
		}
	}
}

static void slips(struct maker *m, const struct likeness_form *form)
{
	char text[LIKENESS_WORD_BYTES + 1];
	wq_str s = form->text;

	for (size_t i = 0; i < s.n; i++) {
		wq_str head = wq_str_head(s, i), rest = wq_str_from(s, i + 1), one = wq_str_of(s.p + i, 1);
		edited(m, form, join(text, sizeof text, head, rest, WQ_S_NONE), WQ_LIKENESS_TYPO);
		if (i + 1 < s.n) {
			memcpy(text, s.p, s.n);
			text[i] = s.p[i + 1];
			text[i + 1] = s.p[i];
			edited(m, form, wq_str_of(text, s.n), WQ_LIKENESS_TYPO);
		}
		join(text, sizeof text, wq_str_head(s, i + 1), one, rest);
		if (s.n < LIKENESS_WORD_BYTES)
			edited(m, form, wq_str_of(text, s.n + 1), WQ_LIKENESS_TYPO);
		neighbours(m, form, i, &m->rules->keys);
		neighbours(m, form, i, &m->rules->columns);
	}
}

static void visual(struct maker *m, const struct likeness_form *form)
{
	char text[LIKENESS_WORD_BYTES + 2];
	wq_str s = form->text;

	for (size_t i = 0; i < s.n; i++) {
		memcpy(text, s.p, s.n);
		for (char c = '0'; c <= 'z'; c = (char)(c == '9' ? 'a' : c + 1))
			if (c != s.p[i] &&
				m->rules->latin[(unsigned char)c] == m->rules->latin[(unsigned char)s.p[i] & 127]) {
				text[i] = c;
				edited(m, form, wq_str_of(text, s.n), WQ_LIKENESS_VISUAL);
			}
		for (size_t d = 0; d < m->rules->doubles_n; d++)
			if (m->rules->doubles[d].from.p[0] == s.p[i])
				edited(m, form,
					join(text, sizeof text, wq_str_head(s, i), m->rules->doubles[d].to,
						wq_str_from(s, i + 1)),
					WQ_LIKENESS_VISUAL);
	}
}

static void sounds(struct maker *m, const struct likeness_form *form)
{
	char text[LIKENESS_WORD_BYTES + 8];
	wq_str s = form->text;

	for (size_t i = 0; i < s.n; i++)
		for (size_t r = 0; r < m->rules->readings_n; r++)
			for (int way = 0; way < 2; way++) {
				const struct likeness_pair *pair = &m->rules->readings[r];
				wq_str from = way ? pair->to : pair->from, to = way ? pair->from : pair->to;
				if (wq_str_starts(wq_str_from(s, i), from) && !wq_str_starts(wq_str_from(s, i), to))
					edited(m, form,
						join(text, sizeof text, wq_str_head(s, i), to,
							wq_str_from(s, i + from.n)),
						WQ_LIKENESS_READING);
			}
}

/* The whole host before a foreign name that says something itself. */
static void as_subdomain(struct maker *m, wq_str host)
{
	static const char *const under[] = {"gov-cn", "gov", "zwfw", "cn"};
	char name[WQ_LIKENESS_NAME_BYTES];

	for (size_t u = 0; u < WQ_COUNT(under); u++)
		for (size_t i = 0; i < m->rules->tlds_n; i++) {
			const struct likeness_tld *tld = &m->rules->tlds[i];
			int n = snprintf(
				name, sizeof name, "%.*s.%s.%.*s", WQ_S_ARG(host), under[u], WQ_S_ARG(tld->name));
			uint32_t down = off[WQ_LIKENESS_SUBDOMAIN] + (uint32_t)u * 4;
			if (n > 0 && (size_t)n < sizeof name)
				add(m, wq_str_of(name, (size_t)n), tld->weight > down ? tld->weight - down : 1,
					WQ_LIKENESS_SUBDOMAIN);
		}
}

/* ---- Chinese ---- */

/* Each character replaced by those of `group`, one at a time. */
static void replaced(struct maker *m, const struct likeness_form *form, size_t at, size_t n, wq_str group,
	enum wq_likeness_technique technique, size_t most)
{
	char text[LIKENESS_WORD_BYTES * 4];
	uint32_t cp;
	size_t done = 0;

	for (size_t k; done < most && (k = wq_utf8_read(group, &cp)) > 0; group = wq_str_from(group, k)) {
		if (k == n && memcmp(group.p, form->text.p + at, n) == 0)
			continue;
		done++;
		under_all(m,
			join(text, sizeof text, wq_str_head(form->text, at), wq_str_of(group.p, k),
				wq_str_from(form->text, at + n)),
			form->kind, technique, (uint32_t)done);
	}
}

static void han_changed(struct maker *m, const struct likeness_form *form)
{
	uint32_t cp;

	for (size_t at = 0, n; (n = wq_utf8_read(wq_str_from(form->text, at), &cp)) > 0; at += n) {
		wq_str one = wq_str_of(form->text.p + at, n), syllable = likeness_syllable(m->rules, cp);
		for (size_t g = 0; g < m->rules->alike_groups.n; g++)
			if (wq_str_find(m->rules->alike_groups.items[g], one) >= 0)
				replaced(m, form, at, n, m->rules->alike_groups.items[g], WQ_LIKENESS_VISUAL, 4);
		for (size_t g = 0; syllable.n > 0 && g < m->rules->syllables.n; g++)
			if (wq_str_eq(m->rules->syllables.items[g], syllable))
				replaced(m, form, at, n, m->rules->syllable_chars.items[g], WQ_LIKENESS_HOMOPHONE, 6);
	}
}

/* The first traditional character of each, all at once. */
static void traditional(struct maker *m, const struct likeness_form *form)
{
	char text[LIKENESS_WORD_BYTES * 4];
	size_t size = 0, changed = 0;
	uint32_t cp;

	for (size_t at = 0, n; (n = wq_utf8_read(wq_str_from(form->text, at), &cp)) > 0; at += n) {
		uint32_t old = cp;
		for (uint32_t other = 0x4e00; other < LIKENESS_HAN_END && old == cp && m->rules->fold; other++)
			if (other != cp && wq_fold_char(m->rules->fold, 0, other) == cp)
				old = other;
		changed += old != cp;
		if (size + WQ_UTF8_MAX > sizeof text)
			return;
		size += wq_utf8_write(old, text + size);
	}
	if (changed > 0)
		under_all(m, wq_str_of(text, size), form->kind, WQ_LIKENESS_TRADITIONAL, 0);
}

static void han(struct maker *m, const struct likeness_form *form)
{
	char text[LIKENESS_WORD_BYTES * 4];

	if (form->kind == LIKENESS_HAN)
		under_all(m, form->text, form->kind, WQ_LIKENESS_HAN, 0);
	for (size_t i = 0; i < m->rules->han_tails.n; i++)
		under_all(m, join(text, sizeof text, form->text, m->rules->han_tails.items[i], WQ_S_NONE), form->kind,
			WQ_LIKENESS_HAN, 2 + (uint32_t)i / 2);
	for (size_t i = 0; i < m->rules->han_heads.n; i++)
		under_all(m, join(text, sizeof text, m->rules->han_heads.items[i], form->text, WQ_S_NONE), form->kind,
			WQ_LIKENESS_HAN, 4);
	if (form->kind != LIKENESS_HAN)
		return;
	traditional(m, form);
	han_changed(m, form);
}

static void of_form(struct maker *m, const struct likeness_form *form)
{
	if (form->kind == LIKENESS_HAN || form->kind == LIKENESS_HAN_PLACE) {
		han(m, form);
		return;
	}
	if (form->text.n > LIKENESS_WORD_BYTES || form->text.n < m->rules->abbreviation_least)
		return;
	if (form->kind != LIKENESS_PLACE)
		under_all(m, form->text, form->kind, WQ_LIKENESS_SAME_LABEL, 0);
	with_words(m, form);
	if (form->kind == LIKENESS_ABBREVIATION || form->text.n < m->rules->typo_least)
		return;
	visual(m, form);
	sounds(m, form);
	slips(m, form);
}

static int likeliest_first(const void *a, const void *b)
{
	const struct wq_likeness_made *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return wq_str_cmp(x->name, y->name);
}

/* More are made than asked for, so that the likeliest of all are returned. */
wq_err wq_likeness_make(struct wq_arena *arena, const struct wq_likeness_rules *rules, const struct wq_subject *subject,
	size_t max, struct wq_likeness_made **ret_made, size_t *ret_n)
{
	struct maker m = {.arena = arena,
		.rules = rules,
		.subject = subject,
		.max = WQ_MIN(max * 4 + 20000, (size_t)WQ_LIKENESS_MADE_MAX)};
	struct likeness_form forms[LIKENESS_FORMS];
	size_t forms_n, slots = 1024;

	if (max == 0 || max > WQ_LIKENESS_MADE_MAX)
		return wq_error(WQ_E_LIMIT, "%zu names are asked for; 1 to %d may be", max, WQ_LIKENESS_MADE_MAX);
	while (slots < m.max * 2)
		slots *= 2;
	m.mask = slots - 1;
	m.made = WQ_NEW_ARRAY(arena, struct wq_likeness_made, m.max);
	m.slots = WQ_NEW_ARRAY(arena, uint32_t, slots);
	WQ_TRY(likeness_forms(arena, rules, subject, forms, &forms_n));
	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < subject->hosts_n; i++)
		as_subdomain(&m, subject->hosts[i]);
	for (size_t i = 0; i < forms_n; i++)
		of_form(&m, &forms[i]);
	WQ_TRY(wq_arena_err(arena));
	qsort(m.made, m.n, sizeof *m.made, likeliest_first);
	*ret_made = m.made;
	*ret_n = WQ_MIN(m.n, max);
	return WQ_OK;
}
