#include "detect/content/content_priv.h"
#include "finding/excerpt.h"

/* A mark as it stands in the text. */
struct mark {
	size_t from, to; /* characters of the view */
	const struct content_word *level;
	bool has_star, has_term, is_exam;
};

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/* 一 to 十, 百, 两, 半, 零: how terms are counted in words. */
static bool is_numeral(uint32_t c)
{
	static const uint32_t numerals[] = {0x96f6, 0x4e00, 0x4e8c, 0x4e09, 0x56db, 0x4e94, 0x516d, 0x4e03, 0x516b,
		0x4e5d, 0x5341, 0x767e, 0x4e24, 0x534a};
	for (size_t i = 0; i < WQ_COUNT(numerals); i++)
		if (c == numerals[i])
			return true;
	return false;
}

static bool is_wordish(const struct content_view *view, size_t at)
{
	return at < view->n && (content_is_han(view->c[at]) || content_is_alnum(view->c[at]));
}

/* A number with its unit, or a date's year, month and day; returns where it ends, `at` when there is none. Without a unit
 * a number counts only behind a real star, hence `ret_unit`. */
static size_t skip_number(
	const struct wq_content_rules *rules, const struct content_view *view, size_t at, bool *ret_unit)
{
	enum { DIGITS = 4, PARTS = 3 };
	size_t end = at;
	*ret_unit = false;
	for (size_t part = 0; part < PARTS; part++) {
		size_t i = content_skip_spaces(view, end, rules->gap), digits = 0;
		for (; i < view->n && digits < DIGITS && (is_digit(view->c[i]) || is_numeral(view->c[i])); digits++)
			i = content_skip_spaces(view, i + 1, 1);
		if (digits == 0)
			break;
		size_t unit = content_word_at(view, i, &rules->units, rules->gap, NULL);
		bool dot = i < view->n && (view->c[i] == '.' || view->c[i] == '-' || view->c[i] == '/');
		if (!unit && part == 0 && !(dot && digits == DIGITS)) {
			while (i > at && view->c[i - 1] == ' ')
				i--;
			return i;
		}
		*ret_unit = true;
		end = i + (unit ? unit : dot && part < 2);
		if (!unit && !dot)
			break;
	}
	return end;
}

/* A condition: "会议开始前". Returns where it ends, `at` when there is none. */
static size_t skip_condition(const struct wq_content_rules *rules, const struct content_view *view, size_t at)
{
	enum { LONGEST = 12 };
	size_t i = at;
	for (size_t n = 0; n < LONGEST && i < view->n; n++) {
		size_t length = content_word_at(view, i, &rules->endings, 0, NULL);
		if (length && n > 0)
			return i + length;
		length = content_word_at(view, i, &rules->endings_last, 0, NULL);
		if (length && n > 0 && !is_wordish(view, i + length))
			return i + length;
		if (!content_is_han(view->c[i]))
			return at;
		i = content_skip_spaces(view, i + 1, 1);
	}
	return at;
}

/* The term behind the star. Returns where it ends, `at` when there is none. */
static size_t skip_term(
	const struct wq_content_rules *rules, const struct content_view *view, size_t at, bool *ret_unit)
{
	size_t length = content_word_at(view, at, &rules->terms, rules->gap, NULL);
	*ret_unit = true;
	if (length)
		return at + length;
	size_t end = skip_number(rules, view, at, ret_unit);
	if (end > at && *ret_unit) {
		length = content_word_at(view, end, &rules->endings, 0, NULL);
		return end + length;
	}
	if (end > at)
		return end;
	end = skip_condition(rules, view, at);
	*ret_unit = end > at;
	return end;
}

/* The grammar behind a level that ends at `at`. */
static bool read_star(const struct wq_content_rules *rules, const struct content_view *view, struct mark *mark)
{
	size_t at = content_skip_spaces(view, mark->to, rules->gap);
	size_t strong = content_word_at(view, at, &rules->stars, 0, NULL);
	size_t weak = strong ? 0 : content_word_at(view, at, &rules->weak_stars, 0, NULL);
	if (!strong && !weak)
		return false;
	at += strong + weak;
	bool unit;
	size_t term = content_skip_spaces(view, at, rules->gap);
	size_t end = skip_term(rules, view, term, &unit);
	mark->has_star = true;
	mark->has_term = end > term;
	mark->is_exam = content_word_at(view, term, &rules->exam_terms, rules->gap, NULL) > 0;
	mark->to = mark->has_term ? end : at;
	if (weak)
		return mark->has_term && unit;
	/* a star and then other words: "绝密★追缉" is a name; "机密★ 关于…" is a mark and the next words */
	return mark->has_term || !is_wordish(view, at);
}

/* The label that ends before `at` (with its colon): where it begins; `at` when there is none. */
static size_t label_before(const struct wq_content_rules *rules, const struct content_view *view, size_t at)
{
	enum { LONGEST = 16 };
	size_t end = at;
	/* in a form the label and its value are two cells */
	while (end > 0 && (view->c[end - 1] == ' ' || view->c[end - 1] == '\n'))
		end--;
	if (end == 0 || view->c[end - 1] != ':')
		return at;
	end--;
	while (end > 0 && view->c[end - 1] == ' ')
		end--;
	for (size_t i = end; i > 0 && end - i < LONGEST && view->c[i - 1] != '\n'; i--)
		if (content_word_at(view, i - 1, &rules->labels, rules->gap, NULL) == end - (i - 1))
			return i - 1;
	return at;
}

static size_t line_start(const struct content_view *view, size_t at)
{
	while (at > 0 && view->c[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct content_view *view, size_t at)
{
	while (at < view->n && view->c[at] != '\n')
		at++;
	return at;
}

/* Nothing but brackets, spaces and signs in [from, to). */
static bool is_bare(const struct content_view *view, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (is_wordish(view, i))
			return false;
	return true;
}

/* Words do not run into the mark from the left: it begins its block or stands behind a space, a bracket or a number. */
static bool begins_here(const struct content_view *view, size_t from)
{
	size_t i = from;
	while (i > 0 &&
		(view->c[i - 1] == ' ' || view->c[i - 1] == '(' || view->c[i - 1] == '[' || view->c[i - 1] == 0x3010))
		i--;
	if (i == 0 || view->c[i - 1] == '\n')
		return true;
	uint32_t before = view->c[i - 1];
	if ((before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z'))
		return false;
	return i < from;
}

/* Another level on the same line nearby: a list of levels, not a mark. */
static bool is_listed(const struct wq_content_rules *rules, const struct content_view *view, const struct mark *mark)
{
	enum { REACH = 15 };
	size_t from = mark->from > REACH ? mark->from - REACH : 0;
	size_t to = WQ_MIN(view->n, mark->to + REACH);
	for (size_t i = mark->from; i > from && view->c[i - 1] != '\n'; i--)
		if (content_word_at(view, i - 1, &rules->levels, 0, NULL))
			return true;
	for (size_t i = mark->to; i < to && view->c[i] != '\n'; i++)
		if (content_word_at(view, i, &rules->levels, 0, NULL))
			return true;
	return false;
}

/* The words around talk about marks or tell a story. What follows counts on the same line only: the title of a document
 * stands below its mark and may be about anything. */
static bool is_explained(const struct wq_content_rules *rules, const struct content_view *view, size_t from, size_t to)
{
	size_t start = from > rules->explain_before ? from - rules->explain_before : 0;
	size_t end = line_end(view, to);
	if (end - to > rules->explain_after)
		end = to + rules->explain_after;
	return content_words_in(view, start, from, &rules->explain) || content_words_in(view, to, end, &rules->explain);
}

/* The severity that the place gives it; false: no finding. */
static bool judge(const struct content_run *run, const struct content_view *view, const struct mark *mark,
	enum wq_severity *ret_severity)
{
	const struct wq_content_rules *rules = run->rules;
	size_t from = label_before(rules, view, mark->from);
	size_t companions = content_companions(rules, view, from, mark->to);
	bool begins = begins_here(view, from), near = view->is_title || from < run->start_end;
	bool alone = is_bare(view, line_start(view, from), from) && is_bare(view, mark->to, line_end(view, mark->to));
	bool quoted = content_is_quoted(view, mark->from, mark->to, rules->quote_chars);
	bool told = quoted || is_listed(rules, view, mark) || is_explained(rules, view, from, mark->to);
	if (!mark->has_star && from == mark->from && !(alone && companions >= 2))
		return false;
	*ret_severity = mark->level->severity;
	if (mark->is_exam &&
		content_words_in(view, mark->to, WQ_MIN(view->n, mark->to + rules->companion_after), &rules->exam))
		*ret_severity = WQ_SEVERITY_LOW;
	if (told && !quoted && alone && companions >= 2)
		return true;
	if (told) {
		*ret_severity = WQ_SEVERITY_INFO;
		return companions > 0 || view->is_title;
	}
	if (begins && (near || companions > 0 || alone))
		return true;
	*ret_severity = WQ_SEVERITY_LOW;
	return near || companions > 0 || begins;
}

static wq_str subject_of(struct wq_arena *arena, const struct content_view *view, const struct mark *mark)
{
	WQ_BUF(out, WQ_EXCERPT_BYTES);
	size_t from = view->at[mark->from], to = view->at[mark->to];
	wq_str raw = wq_str_of(view->text.p + from, WQ_MIN(to - from, (size_t)WQ_EXCERPT_BYTES));
	wq_buf_add(&out, raw);
	return wq_clean(arena, wq_buf_str(&out), WQ_EXCERPT_BYTES);
}

static wq_err report(struct content_run *run, const struct content_view *view, const struct mark *mark)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_SECRET_MARK);
	if (!judge(run, view, mark, &finding.severity))
		return WQ_OK;
	if (mark->is_exam && finding.severity == WQ_SEVERITY_LOW) {
		finding.advice_zh = WQ_S("试卷标志：确认考试已经结束、允许公开");
		finding.advice_en = WQ_S("mark of an examination paper: make sure that the examination is over");
	}
	finding.evidence.subject = subject_of(run->arena, view, mark);
	return content_report(run, view, mark->from, mark->to, false, &finding);
}

/* After this many candidates the rest is not examined; that alone keeps the page from being published. */
static wq_err report_flood(struct content_run *run, const struct content_view *view, size_t at)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_MARK_FLOOD);
	finding.evidence.subject = WQ_S("mark-flood");
	return content_report(run, view, at, at + 1, false, &finding);
}

wq_err content_secret_marks(struct content_run *run, const struct content_view *view)
{
	const struct wq_content_rules *rules = run->rules;
	if (!content_may_have(view, &rules->levels))
		return WQ_OK;
	for (size_t i = 0; i < view->n; i++) {
		struct mark mark = {.from = i};
		size_t length = content_word_at(view, i, &rules->levels, rules->gap, &mark.level);
		if (length == 0)
			continue;
		mark.to = i + length;
		if (!read_star(rules, view, &mark) && !view->is_title) {
			bool labelled = label_before(rules, view, i) < i;
			mark = (struct mark){.from = i, .to = i + length, .level = mark.level};
			bool bare = is_bare(view, line_start(view, i), i) &&
				is_bare(view, mark.to, line_end(view, mark.to));
			if (is_wordish(view, mark.to) || !(labelled || bare))
				continue;
		} else if (!mark.has_star) {
			continue;
		}
		if (++run->candidates > WQ_CONTENT_CANDIDATES)
			return report_flood(run, view, i);
		WQ_TRY(report(run, view, &mark));
		i = mark.to - 1;
	}
	return WQ_OK;
}
