#include "detect/likeness/page.h"

enum { VALUE_BYTES = 64, LOOK_BYTES = 160 };

struct search {
	struct wq_arena *arena;
	wq_str html;
	struct wq_likeness_identifier *found;
	size_t n;
};

static void add(struct search *s, enum wq_likeness_identifier_kind kind, wq_str value, size_t at)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->found[i].kind == kind && wq_str_eq(s->found[i].value, value))
			return;
	if (s->n < WQ_LIKENESS_IDENTIFIERS)
		s->found[s->n++] = (struct wq_likeness_identifier){kind, wq_arena_str(s->arena, value), at};
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool hex(char c)
{
	return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static size_t run(wq_str s, bool (*is)(char c))
{
	size_t n = 0;

	while (n < s.n && is(s.p[n]))
		n++;
	return n;
}

/* …bszs.conac.cn/sitename?method=show&id=HEX…, and the script …dcs.conac.cn/js/14/000/0000/40445163/CA14….js */
static void mark(struct search *s, size_t at)
{
	wq_str near = wq_str_head(wq_str_from(s->html, at), LOOK_BYTES);
	ptrdiff_t id = wq_str_find(near, WQ_S("id=")), code = wq_str_find(near, WQ_S("/CA"));
	char value[VALUE_BYTES];

	if (id >= 0 && run(wq_str_from(near, (size_t)id + 3), hex) == 32) {
		for (size_t i = 0; i < 32; i++) {
			char c = near.p[(size_t)id + 3 + i];
			value[i] = (char)(c >= 'a' ? c - 32 : c);
		}
		add(s, WQ_LIKENESS_MARK, wq_str_of(value, 32), at);
	}
	size_t n = code >= 0 ? run(wq_str_from(near, (size_t)code + 3), digit) : 0;
	if (n >= 17 && n <= 30)
		add(s, WQ_LIKENESS_MARK_CODE, wq_str_of(near.p + code + 1, n + 2), at);
}

/* …京ICP备05070218号-1: a character of three bytes before, 8 to 10 digits behind */
static void icp(struct search *s, size_t at)
{
	wq_str rest = wq_str_from(s->html, at + strlen("ICP备"));
	size_t space = 0, n;
	char value[VALUE_BYTES];

	while (space < 2 && space < rest.n && rest.p[space] == ' ')
		space++;
	n = run(wq_str_from(rest, space), digit);
	if (at < 3 || ((unsigned char)s->html.p[at - 3] & 0xf0) != 0xe0 || n < 8 || n > 10)
		return;
	int size = snprintf(value, sizeof value, "%.3sICP备%.*s号", s->html.p + at - 3, (int)n, rest.p + space);
	if (size > 0 && (size_t)size < sizeof value)
		add(s, WQ_LIKENESS_ICP, wq_str_of(value, (size_t)size), at - 3);
}

/* Behind a word: some bytes that are no digit, then a run of them. */
static void number(struct search *s, size_t at, enum wq_likeness_identifier_kind kind, size_t skip_max, size_t digits)
{
	wq_str rest = wq_str_from(s->html, at);
	size_t skip = 0;

	while (skip < skip_max && skip < rest.n && strchr(" '\"=:\t&;/", rest.p[skip]))
		skip++;
	size_t n = run(wq_str_from(rest, skip), digit);
	if (n == digits)
		add(s, kind, wq_str_of(rest.p + skip, n), at);
}

/* Six digits of a region and four, or "bm" and eight digits. */
static void site_code(struct search *s, size_t at)
{
	wq_str rest = wq_str_head(wq_str_from(s->html, at), 64);
	size_t skip = 0;

	if (wq_str_starts_nocase(wq_str_from(rest, 0), WQ_S("\" content=")))
		skip = strlen("\" content=");
	while (skip < rest.n && strchr(" '\"=:", rest.p[skip]))
		skip++;
	rest = wq_str_from(rest, skip);
	if (run(rest, digit) == 10)
		add(s, WQ_LIKENESS_SITE_CODE, wq_str_head(rest, 10), at);
	else if (wq_str_starts(rest, WQ_S("bm")) && run(wq_str_from(rest, 2), digit) == 8)
		add(s, WQ_LIKENESS_SITE_CODE, wq_str_head(rest, 10), at);
}

static void police_text(struct search *s, size_t at)
{
	number(s, at + strlen("公网安备"), WQ_LIKENESS_POLICE, 4, 14);
}

static void police_link(struct search *s, size_t at)
{
	ptrdiff_t equals = wq_str_chr(wq_str_from(s->html, at), '=');
	number(s, at + (size_t)equals, WQ_LIKENESS_POLICE, 4, 14);
}

static void code_behind(struct search *s, size_t at)
{
	wq_str rest = wq_str_from(s->html, at);
	size_t n = 0;

	while (n < rest.n &&
		((rest.p[n] | 32) == '_' || rest.p[n] == '_' || ((rest.p[n] | 32) >= 'a' && (rest.p[n] | 32) <= 'z')))
		n++;
	site_code(s, at + n);
}

static const struct {
	const char *word;
	void (*look)(struct search *s, size_t at);
} words[] = {
	{"conac.cn", mark},
	{"ICP备", icp},
	{"公网安备", police_text},
	{"recordcode=", police_link},
	{"webSearch?code=", police_link},
	{"sitecode", code_behind},
	{"site_code", code_behind},
	{"SiteIDCode", code_behind},
	{"siteidcode", code_behind},
	{"siteCode", code_behind},
	{"网站标识码", NULL},
};

/* "网站标识码：4403000002": the colon may be Chinese. */
static void code_text(struct search *s, size_t at)
{
	at += strlen("网站标识码");
	if (wq_str_starts(wq_str_from(s->html, at), WQ_S("：")))
		at += strlen("：");
	site_code(s, at);
}

wq_err wq_likeness_identifiers(struct wq_arena *arena, wq_str html,
	struct wq_likeness_identifier ret_found[WQ_LIKENESS_IDENTIFIERS], size_t *ret_n)
{
	struct search s = {.arena = arena, .html = html, .found = ret_found};

	for (size_t w = 0; w < WQ_COUNT(words); w++) {
		wq_str word = wq_str_c(words[w].word), rest = html;
		while (rest.n >= word.n) {
			const char *hit = memmem(rest.p, rest.n, word.p, word.n);
			if (!hit)
				break;
			(words[w].look ? words[w].look : code_text)(&s, (size_t)(hit - html.p));
			rest = wq_str_from(html, (size_t)(hit - html.p) + word.n);
		}
	}
	*ret_n = s.n;
	return wq_arena_err(arena);
}

bool wq_likeness_identifier_of(const struct wq_likeness_identifier *identifier, const struct wq_subject *subject)
{
	const wq_str of[WQ_LIKENESS_IDENTIFIER_KINDS] = {[WQ_LIKENESS_MARK] = subject->mark_id,
		[WQ_LIKENESS_ICP] = subject->icp,
		[WQ_LIKENESS_POLICE] = subject->police,
		[WQ_LIKENESS_SITE_CODE] = subject->site_code};
	wq_str own = of[identifier->kind], value = identifier->value;

	if (own.n == 0)
		return false;
	if (identifier->kind == WQ_LIKENESS_ICP) /* with or without the number of the site */
		return wq_str_starts(own, value);
	if (identifier->kind == WQ_LIKENESS_POLICE) /* with or without the province */
		return wq_str_find(own, value) >= 0;
	return wq_str_eq_nocase(own, value);
}

static const char *const names[WQ_LIKENESS_IDENTIFIER_KINDS][3] = {{"mark", "党政机关网站标识", "identity mark"},
	{"mark-code", "标识脚本编号", "number of the mark's script"}, {"icp", "ICP 备案号", "ICP number"},
	{"police", "公安备案号", "police filing number"}, {"site-code", "网站标识码", "site code"}};

const char *wq_likeness_identifier_name(enum wq_likeness_identifier_kind kind)
{
	return names[kind][0];
}

const char *wq_likeness_identifier_title(enum wq_likeness_identifier_kind kind, enum wq_lang lang)
{
	return names[kind][lang == WQ_LANG_ZH ? 1 : 2];
}
