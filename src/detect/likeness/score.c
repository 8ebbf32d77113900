#include "detect/likeness/set.h"

enum { PIECES = 16, CORES = 24 };

/* One label, or a run of its pieces, that may be a form. */
struct core {
	wq_str text;
	enum likeness_class said; /* the best word beside it in the label */
	unsigned extra;           /* pieces of the label that are neither */
	bool whole;               /* nothing but words beside it */
};

struct scoring {
	const struct wq_likeness_set *set;
	wq_str name;
	wq_str labels[WQ_LIKENESS_LABELS];
	size_t labels_n, suffix;
	bool strong;      /* a label that is a strong word */
	bool likely;      /* under a suffix that imitations of units like */
	bool registrable; /* the label that is looked at is the one that was registered */
	wq_str label;
	struct wq_likeness_hit best;
};

/* ---- points ---- */

static bool kind_is_name(enum likeness_kind kind)
{
	return kind == LIKENESS_FULL || kind == LIKENESS_MIXED || kind == LIKENESS_HAN;
}

static uint32_t alone(
	const struct scoring *s, const struct likeness_set_form *form, enum wq_likeness_technique technique)
{
	const struct wq_likeness_rules *rules = s->set->rules;
	uint32_t points = rules->points[form->kind].alone;
	size_t n = form->text.n;

	if (kind_is_name(form->kind))
		return points;
	if (!s->registrable || points == 0)
		return 0;
	if (form->kind == LIKENESS_ABBREVIATION)
		return n >= rules->abbreviation_alone_least ? points : 0;
	if (n < rules->alone_least)
		return 0;
	if (technique == WQ_LIKENESS_VISUAL)
		return rules->points[form->kind].weak;
	if (technique == WQ_LIKENESS_TYPO && n < rules->typo_alone_least)
		return 0;
	return points + (n >= rules->long_least ? rules->long_alone : 0) + (s->likely ? rules->likely_suffix : 0);
}

static uint32_t taken_off(const struct wq_likeness_rules *rules, enum wq_likeness_technique technique)
{
	const uint32_t off[WQ_LIKENESS_TECHNIQUES] = {[WQ_LIKENESS_VISUAL] = rules->visual,
		[WQ_LIKENESS_READING] = rules->reading,
		[WQ_LIKENESS_HOMOPHONE] = rules->homophone,
		[WQ_LIKENESS_TYPO] = rules->typo,
		[WQ_LIKENESS_INSIDE] = rules->inside};

	return off[technique];
}

static uint32_t points_of(const struct scoring *s, const struct core *core, const struct likeness_set_form *form,
	enum wq_likeness_technique technique)
{
	const struct likeness_points *points = &s->set->rules->points[form->kind];
	uint32_t off = taken_off(s->set->rules, technique) + s->set->rules->extra_piece * core->extra, score;

	if (form->kind == LIKENESS_ABBREVIATION && form->text.n < s->set->rules->abbreviation_least)
		return 0;
	if (s->strong || core->said == LIKENESS_STRONG)
		score = points->strong;
	else if (core->said == LIKENESS_WEAK)
		score = points->weak;
	else
		score = core->whole || form->kind == LIKENESS_FULL ? alone(s, form, technique) : 0;
	return score > off ? WQ_MIN(score - off, 100u) : 0;
}

static void take(struct scoring *s, const struct core *core, const struct likeness_set_form *form,
	enum wq_likeness_technique technique)
{
	uint32_t score = points_of(s, core, form, technique);

	if (score <= s->best.score)
		return;
	if (technique == WQ_LIKENESS_SAME_LABEL && (s->strong || core->said == LIKENESS_STRONG))
		technique = WQ_LIKENESS_GOV_WORD;
	else if (technique == WQ_LIKENESS_SAME_LABEL && core->said == LIKENESS_WEAK)
		technique = WQ_LIKENESS_SERVICE_WORD;
	s->best = (struct wq_likeness_hit){.subject = form->subject,
		.technique = technique,
		.score = score,
		.form = form->text,
		.label = s->label};
}

/* ---- letters ---- */

static bool same_to_the_eye(const struct scoring *s, wq_str a, wq_str b)
{
	char x[LIKENESS_WORD_BYTES], y[LIKENESS_WORD_BYTES];
	size_t n = likeness_look(s->set->rules, a, x, sizeof x);

	return n > 0 && n == likeness_look(s->set->rules, b, y, sizeof y) && memcmp(x, y, n) == 0;
}

static void found(struct scoring *s, const struct core *core, const struct likeness_set_form *form)
{
	enum likeness_edit edit;

	if (form->points)
		return;
	edit = likeness_edit(form->text, core->text);
	if (edit == LIKENESS_FAR)
		return;
	if (edit == LIKENESS_SAME)
		take(s, core, form, WQ_LIKENESS_SAME_LABEL);
	else if (form->text.n < s->set->rules->typo_least || form->kind == LIKENESS_ABBREVIATION)
		return;
	else
		take(s, core, form, same_to_the_eye(s, form->text, core->text) ? WQ_LIKENESS_VISUAL : WQ_LIKENESS_TYPO);
}

static void look_up(struct scoring *s, const struct core *core, uint64_t hash)
{
	uint64_t key = likeness_key(hash, LIKENESS_BY_EDIT), at = key;

	if (!likeness_may(s->set, key))
		return;
	for (const struct likeness_set_form *form; (form = likeness_next(s->set, key, &at));)
		found(s, core, form);
}

static void look_up_as(struct scoring *s, const struct core *core, enum likeness_space space)
{
	char text[LIKENESS_WORD_BYTES];
	bool look = space == LIKENESS_BY_LOOK;
	size_t n = look ? likeness_look(s->set->rules, core->text, text, sizeof text)
			: likeness_sound(s->set->rules, core->text, text, sizeof text);
	uint64_t key = likeness_key(likeness_hash(wq_str_of(text, n)), space), at = key;

	if (n == 0 || !likeness_may(s->set, key))
		return;
	for (const struct likeness_set_form *form; (form = likeness_next(s->set, key, &at));)
		if (!form->points && (look ? same_to_the_eye(s, form->text, core->text) : true) &&
			!wq_str_eq(form->text, core->text))
			take(s, core, form, look ? WQ_LIKENESS_VISUAL : WQ_LIKENESS_READING);
}

static bool may_deceive(wq_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char next = i + 1 < text.n ? text.p[i + 1] : 0;
		if ((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] == 'r' && next == 'n') ||
			(text.p[i] == 'v' && next == 'v') || (text.p[i] == 'c' && next == 'l'))
			return true;
	}
	return false;
}

/* The hash of a text without one letter, of those of its parts. */
static void look_up_core(struct scoring *s, const struct core *core)
{
	const struct wq_likeness_rules *rules = s->set->rules;
	uint64_t prefix[LIKENESS_WORD_BYTES + 1];
	size_t n = core->text.n;

	if (n < 2 || n > LIKENESS_WORD_BYTES)
		return;
	prefix[0] = 0;
	for (size_t i = 0; i < n; i++)
		prefix[i + 1] = prefix[i] * LIKENESS_BASE + (unsigned char)core->text.p[i] + 1;
	look_up(s, core, prefix[n]);
	if (n + 1 < rules->typo_least)
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t rest = prefix[n] - prefix[i + 1] * s->set->power[n - i - 1];
		look_up(s, core, prefix[i] * s->set->power[n - i - 1] + rest);
	}
	if (may_deceive(core->text))
		look_up_as(s, core, LIKENESS_BY_LOOK);
	if (n >= rules->reading_least - 1)
		look_up_as(s, core, LIKENESS_BY_SOUND);
}

/* Words that stand before or after without a hyphen. */
static void strip(struct scoring *s, const struct core *core)
{
	const struct wq_likeness_rules *rules = s->set->rules;
	size_t heads[8] = {0}, tails[8] = {0}, heads_n = 1, tails_n = 1, n = core->text.n;
	enum likeness_class head_class[8] = {LIKENESS_NO_WORD}, tail_class[8] = {LIKENESS_NO_WORD};
	uint64_t whole = 0, h = 0;

	look_up_core(s, core);
	if (n < 4 || n > LIKENESS_WORD_BYTES)
		return;
	for (size_t i = 0; i < n; i++)
		whole = whole * LIKENESS_BASE + (unsigned char)core->text.p[i] + 1;
	for (size_t i = 0; i + 2 < n; i++) {
		h = h * LIKENESS_BASE + (unsigned char)core->text.p[i] + 1;
		enum likeness_class c = likeness_word_at(rules, h, i + 1);
		if (c != LIKENESS_NO_WORD && heads_n < WQ_COUNT(heads)) {
			heads[heads_n] = i + 1;
			head_class[heads_n++] = c;
		}
		c = i >= 1 ? likeness_word_at(rules, whole - h * s->set->power[n - i - 1], n - i - 1)
			   : LIKENESS_NO_WORD;
		if (c != LIKENESS_NO_WORD && tails_n < WQ_COUNT(tails)) {
			tails[tails_n] = n - i - 1;
			tail_class[tails_n++] = c;
		}
	}
	for (size_t i = 0; i < heads_n; i++)
		for (size_t k = 0; k < tails_n; k++) {
			if ((i == 0 && k == 0) || heads[i] + tails[k] + 2 > n)
				continue;
			struct core part = *core;
			part.text = wq_str_of(core->text.p + heads[i], n - heads[i] - tails[k]);
			part.said = WQ_MAX(part.said, WQ_MAX(head_class[i], tail_class[k]));
			look_up_core(s, &part);
		}
}

static void hyphenated(struct scoring *s, wq_str label)
{
	wq_str pieces[PIECES], rest = label;
	enum likeness_class class[PIECES], said = LIKENESS_NO_WORD;
	size_t n = 0, others = 0;
	char joined[LIKENESS_WORD_BYTES];

	while (rest.p && n < PIECES) {
		pieces[n] = wq_str_cut(&rest, '-');
		class[n] = likeness_word_at(s->set->rules, likeness_hash(pieces[n]), pieces[n].n);
		said = WQ_MAX(said, class[n]);
		others += class[n] == LIKENESS_NO_WORD && pieces[n].n > 0;
		n++;
	}
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		if (class[i] == LIKENESS_NO_WORD) {
			if (m + pieces[i].n > sizeof joined)
				return;
			memcpy(joined + m, pieces[i].p, pieces[i].n);
			m += pieces[i].n;
		}
	strip(s, &(struct core){wq_str_of(joined, m), said, 0, true});
	for (size_t i = 0; i < n && others > 1; i++)
		if (class[i] == LIKENESS_NO_WORD)
			strip(s, &(struct core){pieces[i], said, (unsigned)others - 1, false});
}

/* ---- Chinese ---- */

static bool trimmed(const uint32_t *points, size_t n, const struct likeness_list *words, bool head, size_t *ret_n)
{
	for (size_t i = 0; i < words->n; i++) {
		uint32_t word[LIKENESS_HAN_MAX];
		size_t m = likeness_points_of(words->items[i], word, WQ_COUNT(word));
		if (m == 0 || m + 1 >= n || m <= *ret_n)
			continue;
		if (memcmp(head ? points : points + n - m, word, m * sizeof *word) == 0)
			*ret_n = m;
	}
	return *ret_n > 0;
}

static void han_found(struct scoring *s, const struct core *core, const struct likeness_set_form *form,
	const uint32_t *raw, const uint32_t *simple, size_t n, bool inside)
{
	size_t differ = 0, traditional = 0;

	if (!form->points)
		return;
	if (form->points_n != n) {
		if (form->kind == LIKENESS_HAN && !inside && n + 1 >= form->points_n && form->points_n + 1 >= n)
			take(s, core, form, WQ_LIKENESS_TYPO);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (likeness_alike(s->set->rules, form->points[i]) != likeness_alike(s->set->rules, simple[i]))
			return;
		differ += form->points[i] != simple[i];
		traditional += raw[i] != simple[i];
	}
	if (inside && (form->kind != LIKENESS_HAN || n < 4))
		return;
	take(s, core, form,
		inside                    ? WQ_LIKENESS_INSIDE
			: differ > 0      ? WQ_LIKENESS_VISUAL
			: traditional > 0 ? WQ_LIKENESS_TRADITIONAL
					  : WQ_LIKENESS_HAN);
}

static void han_look_up(struct scoring *s, const struct core *core, const uint32_t *raw, const uint32_t *simple,
	size_t n, size_t without, bool inside)
{
	uint64_t key = likeness_key(likeness_points_hash(s->set->rules, simple, n, without), LIKENESS_BY_HAN), at = key;

	if (!likeness_may(s->set, key))
		return;
	for (const struct likeness_set_form *form; (form = likeness_next(s->set, key, &at));)
		han_found(s, core, form, raw, simple, n, inside);
}

/* By sound: the reading of the label is that of a name. */
static void han_sound(struct scoring *s, const struct core *core, const uint32_t *simple, size_t n)
{
	char text[LIKENESS_WORD_BYTES * 3];
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		wq_str syllable = likeness_syllable(s->set->rules, simple[i]);
		if (syllable.n == 0 || m + syllable.n > sizeof text)
			return;
		memcpy(text + m, syllable.p, syllable.n);
		m += syllable.n;
	}
	uint64_t key = likeness_key(likeness_hash(wq_str_of(text, m)), LIKENESS_BY_EDIT), at = key;
	for (const struct likeness_set_form *form; n >= 4 && (form = likeness_next(s->set, key, &at));)
		if (form->kind == LIKENESS_FULL && wq_str_eq(form->text, wq_str_of(text, m)))
			take(s, core, form, WQ_LIKENESS_HOMOPHONE);
}

static void han_label(struct scoring *s, wq_str label)
{
	uint32_t raw[LIKENESS_WORD_BYTES], simple[LIKENESS_WORD_BYTES];
	size_t n = likeness_label_points(label, raw, WQ_COUNT(raw)), head = 0, tail = 0;
	struct core core = {label, LIKENESS_NO_WORD, 0, true};

	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++)
		simple[i] = likeness_simple(s->set->rules, raw[i]);
	han_look_up(s, &core, raw, simple, n, SIZE_MAX, false);
	han_sound(s, &core, simple, n);
	for (size_t i = 0; i < n && n >= s->set->rules->typo_least - 1; i++)
		han_look_up(s, &core, raw, simple, n, i, false);
	for (size_t from = 0; from < n; from++)
		for (size_t m = 4; from + m <= n && m <= LIKENESS_HAN_MAX; m++)
			if (m < n && s->set->han_lengths >> m & 1)
				han_look_up(s, &core, raw + from, simple + from, m, SIZE_MAX, true);
	bool before = trimmed(simple, n, &s->set->rules->han_heads, true, &head);
	bool after = trimmed(simple, n, &s->set->rules->han_tails, false, &tail);
	if (before || after) {
		core.said = LIKENESS_WEAK;
		if (head + tail + 2 <= n) {
			han_look_up(s, &core, raw + head, simple + head, n - head - tail, SIZE_MAX, false);
			han_sound(s, &core, simple + head, n - head - tail);
		}
	}
}

static bool is_han(wq_str label)
{
	if (label.n > 4 && label.p[0] == 'x' && memcmp(label.p, "xn--", 4) == 0)
		return true;
	for (size_t i = 0; i < label.n; i++)
		if ((unsigned char)label.p[i] >= 128)
			return true;
	return false;
}

/* ---- the name ---- */

/* Labels of one's own host in front of a foreign name. */
static void hosts_inside(struct scoring *s)
{
	size_t end = s->labels_n - s->suffix;

	for (size_t j = 1; j < end; j++) {
		wq_str last = s->labels[j];
		if (last.n > 3 && !is_han(last))
			continue;
		for (size_t i = j; i-- > 0 && j - i < 5;) {
			wq_str host = wq_str_of(s->labels[i].p, (size_t)(last.p + last.n - s->labels[i].p));
			uint64_t key = likeness_key(likeness_hash(host), LIKENESS_BY_HOST), at = key;
			if (!likeness_may(s->set, key))
				continue;
			for (const struct likeness_set_form *form; (form = likeness_next(s->set, key, &at));)
				if (form->kind == LIKENESS_KINDS && wq_str_eq(form->text, host) &&
					s->set->rules->subdomain > s->best.score)
					s->best = (struct wq_likeness_hit){.subject = form->subject,
						.technique = WQ_LIKENESS_SUBDOMAIN,
						.score = s->set->rules->subdomain,
						.form = form->text,
						.label = host};
		}
	}
}

static bool foreign_government(const struct scoring *s)
{
	wq_str last = s->labels[s->labels_n - 1], second = s->labels[s->labels_n - 2];
	return last.n == 2 &&
		(wq_str_eq(second, WQ_S("gov")) || wq_str_eq(second, WQ_S("govt")) || wq_str_eq(second, WQ_S("gob")) ||
			wq_str_eq(second, WQ_S("gouv")));
}

static void look_at_labels(struct scoring *s)
{
	size_t end = s->labels_n - s->suffix;
	wq_str suffix = wq_str_from(s->name, (size_t)(s->labels[end].p - s->name.p));

	for (size_t i = 0; i < s->set->rules->likely.n; i++)
		s->likely |= wq_str_eq(s->set->rules->likely.items[i], suffix);
	for (size_t i = 0; i < end; i++)
		s->strong |= likeness_word_at(s->set->rules, likeness_hash(s->labels[i]), s->labels[i].n) ==
			LIKENESS_STRONG;
	for (size_t i = end; i-- > 0;) {
		s->label = s->labels[i];
		s->registrable = i == end - 1;
		if (is_han(s->label))
			han_label(s, s->label);
		else if (wq_str_chr(s->label, '-') >= 0)
			hyphenated(s, s->label);
		else
			strip(s, &(struct core){s->label, LIKENESS_NO_WORD, 0, true});
	}
	if (end > 2)
		hosts_inside(s);
}

bool wq_likeness_own(const struct wq_likeness_set *set, wq_str name)
{
	if (wq_likeness_closed(set->rules, name))
		return true;
	for (size_t at = 0;;) {
		wq_str host = wq_str_from(name, at);
		uint64_t key = likeness_key(likeness_hash(host), LIKENESS_BY_HOST), slot = key;
		for (const struct likeness_set_form *form;
			likeness_may(set, key) && (form = likeness_next(set, key, &slot));)
			if (form->kind == LIKENESS_KINDS && wq_str_eq(form->text, host))
				return true;
		ptrdiff_t dot = wq_str_chr(host, '.');
		if (dot < 0)
			return false;
		at += (size_t)dot + 1;
	}
}

bool wq_likeness_score(const struct wq_likeness_set *set, wq_str name, struct wq_likeness_hit *ret_hit)
{
	struct scoring s = {.set = set, .name = name};

	if (name.n < 4 || name.n > WQ_LIKENESS_NAME_BYTES * 4)
		return false;
	s.labels_n = likeness_labels(name, s.labels);
	s.suffix = s.labels_n ? likeness_suffix_labels(set->rules, s.labels, s.labels_n) : 0;
	if (s.labels_n <= s.suffix || foreign_government(&s))
		return false;
	look_at_labels(&s);
	if (s.best.score < set->rules->report || wq_likeness_own(set, name))
		return false;
	s.best.domain = wq_str_from(name, (size_t)(s.labels[s.labels_n - s.suffix - 1].p - name.p));
	*ret_hit = s.best;
	return true;
}

/* ---- words for people ---- */

static const char *const techniques[WQ_LIKENESS_TECHNIQUES][3] = {
	{"same-label", "同名异后缀", "the same label under another suffix"},
	{"gov-word", "加政府字样", "with a word that says government"},
	{"service-word", "加服务字样", "with a word of a service"},
	{"subdomain", "整个域名作子域", "the whole host before a foreign name"},
	{"visual", "形近", "looks alike"},
	{"reading", "拼音混淆", "sounds alike"},
	{"typo", "一字之差", "one slip of the pen"},
	{"han", "中文名称", "the Chinese name"},
	{"traditional", "繁体名称", "the name in traditional characters"},
	{"homophone", "同音", "characters that sound the same"},
	{"inside", "包含全称", "the whole name within"},
};

const char *wq_likeness_technique_name(enum wq_likeness_technique technique)
{
	return techniques[technique][0];
}

const char *wq_likeness_technique_title(enum wq_likeness_technique technique, enum wq_lang lang)
{
	return techniques[technique][lang == WQ_LANG_ZH ? 1 : 2];
}
