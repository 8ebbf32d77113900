#include "detect/content/content_priv.h"

/* Telephone and bank card numbers. Digits come in groups with one space or sign between them: "0591-8333 1234" is three. */
enum { GROUPS_MAX = 8, CARD_MIN = 16, CARD_MAX = 19, DIGITS_MAX = 24, MOBILE = 11, LANDLINE_MIN = 10, ID_CHARS = 18 };

struct group {
	size_t from, to;
	uint32_t before; /* the sign in front of it, 0 for the first */
};

struct groups {
	struct group items[GROUPS_MAX];
	size_t n;
};

/* A number made of some groups. */
struct number {
	uint8_t digits[DIGITS_MAX];
	size_t n, from, to;
};

struct tallies {
	struct content_tally personal, office, card;
	bool home;         /* a number that is labelled as somebody's home */
	bool label_known;  /* whether labels of bank cards were looked for */
	size_t card_label; /* where the first stands; view->n: nowhere */
	bool labelled;     /* a card with a label */
};

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_between(uint32_t c)
{
	return c == ' ' || c == '-' || c == ')' || c == 0x2013 || c == 0x2014 || c == 0xb7;
}

/* The groups from `at` on, and in `ret_end` where they end. */
static void read_groups(const struct content_view *view, size_t at, struct groups *groups, size_t *ret_end)
{
	uint32_t before = 0;
	groups->n = 0;
	for (;;) {
		size_t from = at;
		while (at < view->n && is_digit(view->c[at]))
			at++;
		if (groups->n < GROUPS_MAX)
			groups->items[groups->n++] = (struct group){from, at, before};
		*ret_end = at;
		if (at + 1 < view->n && is_between(view->c[at]) && is_digit(view->c[at + 1]))
			before = view->c[at++];
		else if (at + 2 < view->n && view->c[at] == ')' && view->c[at + 1] == ' ' &&
			is_digit(view->c[at + 2])) {
			before = ')';
			at += 2;
		} else {
			return;
		}
	}
}

/* Joins groups [first, first + n); false when that are too many digits. */
static bool join(
	const struct content_view *view, const struct groups *groups, size_t first, size_t n, struct number *number)
{
	*number = (struct number){.from = groups->items[first].from, .to = groups->items[first + n - 1].to};
	for (size_t g = first; g < first + n; g++) {
		for (size_t i = groups->items[g].from; i < groups->items[g].to; i++) {
			if (number->n == DIGITS_MAX)
				return false;
			number->digits[number->n++] = (uint8_t)(view->c[i] - '0');
		}
	}
	return true;
}

static size_t group_n(const struct groups *groups, size_t g)
{
	return g < groups->n ? groups->items[g].to - groups->items[g].from : 0;
}

/* Letters, and the signs of addresses and codes, make it part of something else. */
static bool stands_free(const struct content_view *view, size_t from, size_t to)
{
	static const char glue[] = "/=_.@#%&";
	uint32_t before = from ? view->c[from - 1] : ' ', after = to < view->n ? view->c[to] : ' ';
	uint32_t behind = to + 1 < view->n ? view->c[to + 1] : ' ';
	if (content_is_alnum(before) || content_is_alnum(after))
		return false;
	if (before < 0x80 && before != '+' && strchr(glue, (int)before))
		return false;
	return !(after < 0x80 && strchr(glue, (int)after) && content_is_alnum(behind)) && after != '*' && before != '*';
}

static bool starts_with(const struct number *number, const struct content_words *prefixes)
{
	for (size_t w = 0; w < prefixes->n; w++) {
		const struct content_word *word = &prefixes->items[w];
		size_t i = 0;
		while (i < word->n && i < number->n && word->c[i] == (uint32_t)('0' + number->digits[i]))
			i++;
		if (i == word->n)
			return true;
	}
	return false;
}

static bool label_before(
	const struct content_view *view, size_t from, uint64_t reach, const struct content_words *labels)
{
	size_t start = from > reach ? from - reach : 0;
	for (size_t i = from; i > start; i--)
		if (view->c[i - 1] == '\n' && from - i > 2) {
			start = i;
			break;
		}
	return content_words_in(view, start, from, labels) > 0;
}

/* ---- bank cards ---- */

/* ISO/IEC 7812-1 annex B. */
static bool is_checked(const struct number *number)
{
	unsigned sum = 0;
	for (size_t i = 0; i < number->n; i++) {
		unsigned digit = number->digits[number->n - 1 - i];
		if (i % 2)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	return sum % 10 == 0;
}

/* Gansu's identity numbers begin like UnionPay's cards. */
static bool has_birthday(const struct number *number)
{
	const uint8_t *d = number->digits;
	unsigned century = 10u * d[6] + d[7], month = 10u * d[10] + d[11];
	return number->n == ID_CHARS && (century == 19 || century == 20) && month >= 1 && month <= 12;
}

static bool all_the_same(const struct number *number)
{
	for (size_t i = 7; i < number->n; i++)
		if (number->digits[i] != number->digits[6])
			return false;
	return true;
}

/* One group, four by four, or six and the rest. */
static size_t card_groups(const struct groups *groups, size_t first)
{
	size_t n = group_n(groups, first), g = first;
	if (n >= CARD_MIN && n <= CARD_MAX)
		return 1;
	if (n == 6 && group_n(groups, first + 1) >= 10 && group_n(groups, first + 1) <= 13)
		return 2;
	for (n = 0; group_n(groups, g) == 4 && n < CARD_MIN; g++)
		n += 4;
	if (n != CARD_MIN)
		return 0;
	return group_n(groups, g) > 0 && group_n(groups, g) < 4 ? g - first + 1 : g - first;
}

static bool has_card_label(struct content_run *run, const struct content_view *view, struct tallies *t, size_t from)
{
	const struct wq_content_rules *rules = run->rules;
	if (!t->label_known) {
		t->label_known = true;
		t->card_label = 0;
		while (t->card_label < view->n && !content_word_at(view, t->card_label, &rules->card_labels, 0, NULL))
			t->card_label++;
	}
	/* in a table the label stands at the head of the column */
	return t->card_label < from &&
		(from - t->card_label <= rules->card_reach || t->card.distinct > 0 ||
			label_before(view, from, rules->card_reach, &rules->card_labels) || view->c[from - 1] == '\n');
}

static wq_err try_card(struct content_run *run, const struct content_view *view, const struct groups *groups,
	size_t first, struct tallies *t, size_t *ret_groups)
{
	struct number number;
	size_t n = card_groups(groups, first);
	if (n == 0 || !join(view, groups, first, n, &number) || !stands_free(view, number.from, number.to))
		return WQ_OK;
	if (!starts_with(&number, &run->rules->issuers) || !is_checked(&number) || has_birthday(&number) ||
		all_the_same(&number))
		return WQ_OK;
	bool labelled = has_card_label(run, view, t, number.from);
	if (!labelled && !starts_with(&number, &run->rules->alone))
		return WQ_OK;
	*ret_groups = n;
	t->labelled |= labelled;
	return content_count(run->arena, &t->card, number.digits, number.n, number.from, number.to);
}

/* ---- telephones ---- */

/* 138 1234 5678 in its groupings; 86 in front is left out before. */
static size_t mobile_groups(const struct groups *groups, size_t first)
{
	if (group_n(groups, first) == MOBILE)
		return 1;
	return group_n(groups, first) == 3 && group_n(groups, first + 1) == 4 && group_n(groups, first + 2) == 4 ? 3
														 : 0;
}

/* Area code (two or three digits behind the 0) and seven or eight digits. */
static size_t landline_groups(const struct content_view *view, const struct groups *groups, size_t first)
{
	size_t n = group_n(groups, first), rest = group_n(groups, first + 1);
	size_t at = groups->items[first].from;
	if (view->c[at] != '0' || n < 2 || view->c[at + 1] == '0')
		return 0;
	if (n >= 10 && n <= 12)
		return 1;
	if (n != 3 && n != 4)
		return 0;
	if (rest == 7 || rest == 8)
		return 2;
	return (rest == 3 || rest == 4) && group_n(groups, first + 2) == 4 ? 3 : 0;
}

static bool is_country(const struct content_view *view, const struct group *group)
{
	return group->to - group->from == 2 && view->c[group->from] == '8' && view->c[group->from + 1] == '6';
}

static wq_err try_telephone(struct content_run *run, const struct content_view *view, const struct groups *groups,
	size_t first, struct tallies *t, size_t *ret_groups)
{
	const struct wq_content_rules *rules = run->rules;
	struct number number;
	size_t mobile = mobile_groups(groups, first), n = mobile ? mobile : landline_groups(view, groups, first);
	if (n == 0 || !join(view, groups, first, n, &number) || !stands_free(view, number.from, number.to))
		return WQ_OK;
	if (mobile && !starts_with(&number, &rules->mobile))
		return WQ_OK;
	/* a number that goes on behind a hyphen is a code; an extension of a landline is short */
	bool coded = first > 0 && groups->items[first].before == '-' && !is_country(view, &groups->items[first - 1]);
	if (mobile && (coded || (first + n < groups->n && groups->items[first + n].before == '-')))
		return WQ_OK;
	*ret_groups = n;
	bool home = label_before(view, number.from, rules->phone_reach, &rules->personal);
	t->home |= home;
	bool office = !home && (!mobile || label_before(view, number.from, rules->phone_reach, &rules->official));
	return content_count(
		run->arena, office ? &t->office : &t->personal, number.digits, number.n, number.from, number.to);
}

/* ---- findings ---- */

static wq_err report(struct content_run *run, const struct content_view *view, const struct content_tally *tally,
	struct wq_finding *finding, wq_str subject)
{
	finding->evidence.subject = subject;
	finding->evidence.count = (uint32_t)WQ_MIN(tally->distinct, (size_t)UINT32_MAX);
	return content_report(run, view, tally->from, tally->to, true, finding);
}

static wq_err report_telephones(struct content_run *run, const struct content_view *view, const struct tallies *t)
{
	const struct wq_content_rules *rules = run->rules;
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_TELEPHONE);
	size_t n = t->personal.distinct;
	if (n) {
		finding.severity = n >= rules->phone_high     ? WQ_SEVERITY_HIGH
			: t->home || n >= rules->phone_medium ? WQ_SEVERITY_MEDIUM
							      : WQ_SEVERITY_LOW;
		return report(run, view, &t->personal, &finding, WQ_S("telephone"));
	}
	finding.severity = WQ_SEVERITY_INFO;
	return t->office.distinct >= rules->phone_office
		? report(run, view, &t->office, &finding, WQ_S("office telephone"))
		: WQ_OK;
}

static wq_err report_cards(struct content_run *run, const struct content_view *view, const struct tallies *t)
{
	const struct wq_content_rules *rules = run->rules;
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_BANK_CARD);
	size_t n = t->card.distinct;
	if (n == 0)
		return WQ_OK;
	bool sure = t->labelled || n > 1;
	finding.severity = !sure            ? WQ_SEVERITY_LOW
		: n >= rules->card_critical ? WQ_SEVERITY_CRITICAL
		: n >= rules->card_high     ? WQ_SEVERITY_HIGH
		: n >= rules->card_medium   ? WQ_SEVERITY_MEDIUM
					    : WQ_SEVERITY_LOW;
	return report(run, view, &t->card, &finding, WQ_S("bank-card"));
}

static wq_err try_groups(
	struct content_run *run, const struct content_view *view, const struct groups *groups, struct tallies *t)
{
	for (size_t g = 0, used; g < groups->n; g += used ? used : 1) {
		used = 0;
		WQ_TRY(try_card(run, view, groups, g, t, &used));
		if (!used)
			WQ_TRY(try_telephone(run, view, groups, g, t, &used));
	}
	return WQ_OK;
}

wq_err content_numbers(struct content_run *run, const struct content_view *view)
{
	struct tallies t = {0};
	if (view->digits < LANDLINE_MIN)
		return WQ_OK;
	for (size_t i = 0, end; i < view->n; i++) {
		struct groups groups;
		if (!is_digit(view->c[i]))
			continue;
		read_groups(view, i, &groups, &end);
		WQ_TRY(try_groups(run, view, &groups, &t));
		i = end - 1;
	}
	WQ_TRY(report_telephones(run, view, &t));
	return report_cards(run, view, &t);
}
