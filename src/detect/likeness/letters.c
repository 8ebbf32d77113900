/* Letters, characters and labels: how they look, sound and differ. */
#include "detect/likeness/rules_priv.h"
#include "text/utf8.h"

uint64_t likeness_hash(wq_str s)
{
	uint64_t h = 0;

	for (size_t i = 0; i < s.n; i++)
		h = h * LIKENESS_BASE + (unsigned char)s.p[i] + 1;
	return h;
}

enum likeness_class likeness_word_at(const struct wq_likeness_rules *rules, uint64_t hash, size_t n)
{
	uint64_t mixed = likeness_mix(hash);

	if (n > LIKENESS_WORD_BYTES || !(rules->word_lengths >> n & 1))
		return LIKENESS_NO_WORD;
	for (size_t at = mixed & (rules->word_slots - 1); rules->words[at].text.n;
		at = (at + 1) & (rules->word_slots - 1))
		if (rules->words[at].hash == mixed && rules->words[at].text.n == n)
			return rules->words[at].class;
	return LIKENESS_NO_WORD;
}

size_t likeness_look(const struct wq_likeness_rules *rules, wq_str text, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; n++) {
		unsigned char c = (unsigned char)text.p[i];
		size_t step = 1;
		if (n == cap)
			return 0;
		for (size_t d = 0; d < rules->doubles_n && i + 1 < text.n; d++)
			if (memcmp(text.p + i, rules->doubles[d].to.p, 2) == 0) {
				c = (unsigned char)rules->doubles[d].from.p[0];
				step = 2;
			}
		out[n] = c < 128 ? rules->latin[c] : (char)c;
		i += step;
	}
	return n;
}

size_t likeness_sound(const struct wq_likeness_rules *rules, wq_str text, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n;) {
		const struct likeness_pair *pair = NULL;
		uint32_t may = rules->readings_of[(unsigned char)text.p[i] & 127];
		for (; may && !pair; may &= may - 1) {
			const struct likeness_pair *one = &rules->readings[__builtin_ctz(may)];
			if (wq_str_starts(wq_str_from(text, i), one->from))
				pair = one;
		}
		wq_str to = pair ? pair->to : wq_str_of(text.p + i, 1);
		if (n + to.n > cap)
			return 0;
		memcpy(out + n, to.p, to.n);
		n += to.n;
		i += pair ? pair->from.n : 1;
	}
	return n;
}

uint32_t likeness_simple(const struct wq_likeness_rules *rules, uint32_t cp)
{
	return rules->fold ? wq_fold_char(rules->fold, WQ_FOLD_CASE, cp) : cp;
}

uint32_t likeness_alike(const struct wq_likeness_rules *rules, uint32_t cp)
{
	if (cp < LIKENESS_HAN_AT || cp >= LIKENESS_HAN_END || !rules->alike[cp - LIKENESS_HAN_AT])
		return cp;
	return rules->alike[cp - LIKENESS_HAN_AT];
}

wq_str likeness_syllable(const struct wq_likeness_rules *rules, uint32_t cp)
{
	if (cp < LIKENESS_HAN_AT || cp >= LIKENESS_HAN_END)
		return WQ_S_NONE;
	return rules->syllable_of[cp - LIKENESS_HAN_AT];
}

static const struct likeness_pair *said_at(const struct wq_likeness_rules *rules, wq_str text)
{
	for (size_t i = 0; i < rules->said_n; i++)
		if (wq_str_starts(text, rules->said[i].from))
			return &rules->said[i];
	return NULL;
}

static bool put(char *out, size_t cap, size_t *n, wq_str s)
{
	if (*n + s.n > cap)
		return false;
	memcpy(out + *n, s.p, s.n);
	*n += s.n;
	return true;
}

/* The initials of a word that is read as a whole are those of its characters where they begin alike, which is enough. */
size_t wq_likeness_reading(const struct wq_likeness_rules *rules, wq_str text, bool initials, char *out, size_t cap)
{
	size_t n = 0;
	uint32_t cp;

	while (text.n > 0) {
		const struct likeness_pair *said = initials ? NULL : said_at(rules, text);
		size_t took = said ? said->from.n : wq_utf8_read(text, &cp);
		wq_str reading = said ? said->to : WQ_S_NONE;
		char small;
		if (took == 0)
			return 0;
		if (!said && cp < 128) {
			small = (char)(cp >= 'A' && cp <= 'Z' ? cp + 32 : cp);
			if ((small >= 'a' && small <= 'z') || (small >= '0' && small <= '9'))
				reading = wq_str_of(&small, 1);
		} else if (!said) {
			reading = likeness_syllable(rules, likeness_simple(rules, cp));
			if (reading.n == 0 && cp >= LIKENESS_HAN_AT && cp < LIKENESS_HAN_END)
				return 0;
		}
		if (!put(out, cap, &n, initials ? wq_str_head(reading, 1) : reading))
			return 0;
		text = wq_str_from(text, took);
	}
	return n;
}

/* ---- labels ---- */

size_t likeness_points_of(wq_str text, uint32_t *out, size_t cap)
{
	size_t n = 0;

	while (text.n > 0) {
		size_t took = n < cap ? wq_utf8_read(text, &out[n]) : 0;
		if (took == 0)
			return 0;
		n++;
		text = wq_str_from(text, took);
	}
	return n;
}

/* RFC 3492 §6.1 */
static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / 700 : delta / 2;
	delta += delta / points;
	for (; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

static uint32_t digit_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a');
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	return c >= '0' && c <= '9' ? (uint32_t)(c - '0') + 26 : 36;
}

/* RFC 3492 §6.2; a label is at most 63 bytes, so nothing here overflows 64 bits before it is checked. */
static size_t punycode(wq_str s, uint32_t *out, size_t cap)
{
	ptrdiff_t dash = wq_str_rchr(s, '-');
	size_t n = dash > 0 ? (size_t)dash : 0;
	uint32_t code = 128, bias = 72;
	uint64_t i = 0;

	if (n > cap)
		return 0;
	for (size_t k = 0; k < n; k++)
		out[k] = (unsigned char)s.p[k];
	for (size_t at = dash >= 0 ? (size_t)dash + 1 : 0; at < s.n;) {
		uint64_t before = i, weight = 1;
		for (uint32_t k = 36;; k += 36) {
			uint32_t digit = at < s.n ? digit_of(s.p[at++]) : 36;
			uint32_t least = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
			if (digit >= 36)
				return 0;
			i += digit * weight;
			if (digit < least)
				break;
			weight *= 36 - least;
			if (weight > UINT32_MAX || i > UINT32_MAX)
				return 0;
		}
		if (n == cap || i > UINT32_MAX)
			return 0;
		bias = adapt((uint32_t)(i - before), (uint32_t)n + 1, before == 0);
		if (i / (n + 1) > 0x10ffff - code)
			return 0;
		code += (uint32_t)(i / (n + 1));
		i %= n + 1;
		memmove(out + i + 1, out + i, (n - i) * sizeof *out);
		out[i++] = code;
		n++;
	}
	return n;
}

size_t likeness_label_points(wq_str label, uint32_t *out, size_t cap)
{
	if (label.n > LIKENESS_WORD_BYTES * 4)
		return 0;
	if (wq_str_starts_nocase(label, WQ_S("xn--")))
		return label.n > LIKENESS_WORD_BYTES ? 0 : punycode(wq_str_from(label, 4), out, cap);
	return likeness_points_of(label, out, cap);
}

static bool is_suffix(const struct likeness_list *list, wq_str text)
{
	for (size_t i = 0; i < list->n; i++)
		if (wq_str_eq(list->items[i], text))
			return true;
	return false;
}

size_t likeness_suffix_labels(const struct wq_likeness_rules *rules, const wq_str *labels, size_t n)
{
	if (n < 2)
		return n;
	wq_str last = labels[n - 1], two = wq_str_of(labels[n - 2].p, (size_t)(last.p + last.n - labels[n - 2].p));
	bool fits = labels[n - 2].n <= 4 || wq_str_starts(labels[n - 2], WQ_S("xn--"));
	if (fits && two.n <= 16 && (is_suffix(&rules->open, two) || is_suffix(&rules->closed, two)))
		return 2;
	return 1;
}

bool wq_likeness_closed(const struct wq_likeness_rules *rules, wq_str host)
{
	for (size_t i = 0; i < rules->closed.n; i++) {
		wq_str suffix = rules->closed.items[i];
		if (wq_str_ends(host, suffix) && (host.n == suffix.n || host.p[host.n - suffix.n - 1] == '.'))
			return true;
	}
	return false;
}

/* ---- one edit ---- */

enum likeness_edit likeness_edit(wq_str form, wq_str text)
{
	size_t least = WQ_MIN(form.n, text.n), head = 0, tail = 0;

	if (form.n > text.n + 1 || text.n > form.n + 1)
		return LIKENESS_FAR;
	while (head < least && form.p[head] == text.p[head])
		head++;
	if (head == form.n && head == text.n)
		return LIKENESS_SAME;
	while (tail < least - head && form.p[form.n - 1 - tail] == text.p[text.n - 1 - tail])
		tail++;
	if (form.n == text.n + 1)
		return head + tail == text.n ? LIKENESS_LEFT_OUT : LIKENESS_FAR;
	if (text.n == form.n + 1)
		return head + tail == form.n ? LIKENESS_PUT_IN : LIKENESS_FAR;
	if (head + tail == form.n - 1)
		return LIKENESS_REPLACED;
	if (head + tail == form.n - 2 && form.p[head] == text.p[head + 1] && form.p[head + 1] == text.p[head])
		return LIKENESS_SWAPPED;
	return LIKENESS_FAR;
}
