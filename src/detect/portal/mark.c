#include "detect/portal/portal_priv.h"
#include "finding/excerpt.h"

enum { ID_DIGITS = 32, CODE_DIGITS = 8 };

static bool is_hex(char c)
{
	return portal_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static void see(struct wq_portal *p, const struct wq_html_token *token)
{
	struct portal_mark *m = &p->mark;

	if (m->spot.found)
		return;
	m->spot = portal_spot(p, token->start, token->raw.n);
	m->aside = p->page.home && portal_place_aside(p);
}

/* …/sitename?method=show&id=<32 digits> */
static void see_id(struct wq_portal *p, const struct wq_html_token *token, wq_str address)
{
	ptrdiff_t at = portal_find(address, WQ_S("id="));
	wq_str id = at < 0 ? WQ_S_NONE : wq_str_from(address, (size_t)at + 3);

	for (size_t i = 0; i < ID_DIGITS; i++) {
		if (i >= id.n || !is_hex(id.p[i]))
			return;
		p->mark.id[i] = (char)(id.p[i] >= 'a' ? id.p[i] - 'a' + 'A' : id.p[i]);
	}
	p->mark.id_at = token->start;
	p->mark.id_n = token->raw.n;
}

/* The unit's eight digits: the fourth folder of /js/PP/CCC/DDDD/SSSSSSSS/CA….js. */
static void see_code(struct wq_portal *p, wq_str text, uint64_t at, uint64_t n)
{
	static const size_t lengths[] = {2, 3, 4, CODE_DIGITS};
	ptrdiff_t found = portal_find(text, WQ_S("conac.cn/js/"));
	wq_str rest = found < 0 ? WQ_S_NONE : wq_str_from(text, (size_t)found + strlen("conac.cn/js/"));

	for (size_t i = 0; i < WQ_COUNT(lengths); i++) {
		wq_str part = wq_str_cut(&rest, '/');
		if (part.n != lengths[i] || portal_digits(part) != part.n)
			return;
		if (i + 1 == WQ_COUNT(lengths))
			memcpy(p->mark.code, part.p, CODE_DIGITS);
	}
	p->mark.code_at = at;
	p->mark.code_n = n;
}

static bool secure_page(const struct wq_portal *p)
{
	return wq_str_eq(p->page.document->address.scheme, WQ_S("https"));
}

/* A script or an image of the mark's host that is loaded by http. */
static void see_load(struct wq_portal *p, const struct wq_html_token *token, wq_str src)
{
	if (secure_page(p) && wq_str_starts_nocase(src, WQ_S("http:"))) {
		p->mark.insecure_at = token->start;
		p->mark.insecure_n = token->raw.n;
	}
}

static void see_image(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str src = portal_attr(p, token, WQ_S("src")), id = portal_attr(p, token, WQ_S("id"));
	bool theirs = portal_find(src, WQ_S("conac.cn")) >= 0;
	bool named = wq_str_eq_nocase(id, WQ_S("imgConac"));
	ptrdiff_t slash = wq_str_rchr(src, '/');

	if (!theirs && !named && !p->mark.inside)
		return;
	see(p, token);
	if (!theirs && src.n) {
		p->mark.local_at = token->start;
		p->mark.local_n = token->raw.n;
		return;
	}
	if (portal_find(wq_str_from(src, (size_t)(slash + 1)), WQ_S("_error")) >= 0) {
		p->mark.error_at = token->start;
		p->mark.error_n = token->raw.n;
	}
	see_load(p, token, src);
}

void portal_mark_start(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str value;

	switch ((int)token->tag) {
	case WQ_TAG_A:
		if (portal_find(token->raw, WQ_S("bszs.conac.cn")) < 0)
			return;
		value = portal_attr(p, token, WQ_S("href"));
		see(p, token);
		see_id(p, token, value);
		p->mark.inside = WQ_TAG_A;
		return;
	case WQ_TAG_IMG: see_image(p, token); return;
	case WQ_TAG_SCRIPT:
		value = portal_attr(p, token, WQ_S("src"));
		if (portal_find(value, WQ_S("conac.cn")) < 0)
			return;
		see(p, token);
		see_code(p, value, token->start, token->raw.n);
		see_load(p, token, value);
		return;
	default:
		if (!wq_str_eq(portal_attr(p, token, WQ_S("id")), WQ_S("_ideConac")))
			return;
		see(p, token);
		p->mark.inside = token->tag;
	}
}

void portal_mark_end(struct wq_portal *p, const struct wq_html_token *token)
{
	if (p->mark.inside == token->tag)
		p->mark.inside = 0;
}

/* document.write(unescape("%3Cspan id='_ideConac' …%3Cscript src='http://dcs.conac.cn/js/…")) */
void portal_mark_code(struct wq_portal *p, wq_str code, uint64_t at)
{
	const struct wq_html_token token = {.start = at, .raw = code};

	if (portal_find(code, WQ_S("conac.cn")) < 0)
		return;
	see(p, &token);
	see_code(p, code, at, code.n);
	if (!secure_page(p) || portal_find(code, WQ_S("location.protocol")) >= 0)
		return;
	if (portal_find(code, WQ_S("http://dcs.conac.cn")) >= 0 ||
		portal_find(code, WQ_S("http%3A//dcs.conac.cn")) >= 0 ||
		portal_find(code, WQ_S("http:%2F%2Fdcs.conac.cn")) >= 0 ||
		portal_find(code, WQ_S("http%3A%2F%2Fdcs.conac.cn")) >= 0) {
		p->mark.insecure_at = at;
		p->mark.insecure_n = code.n;
	}
}

/* 2024 art. 9: at the bottom, in the middle, of the home page. */
static void judge_position(struct wq_portal *p)
{
	const struct portal_mark *m = &p->mark;
	uint64_t behind = p->seen - m->spot.seen;
	wq_str subject = WQ_S_NONE;

	if (!p->page.home || !m->spot.found || p->seen < p->rules->page_bytes)
		return;
	if (!m->spot.foot && behind * 100 > p->rules->behind_percent * p->seen)
		subject = WQ_S("not at the bottom");
	else if (m->aside)
		subject = WQ_S("not in the middle");
	if (subject.n)
		portal_fault(p,
			&(struct portal_fault){
				WQ_RULE_MARK_POSITION, -1, SCOPE_HOME, m->spot.at, m->spot.n, subject, WQ_S_NONE});
}

void portal_mark_judge(struct wq_portal *p)
{
	const struct portal_mark *m = &p->mark;
	wq_str id = p->subject->mark_id;

	judge_position(p);
	if (m->id[0] && id.n && !wq_str_eq_nocase(wq_str_c(m->id), id))
		portal_fault(p,
			&(struct portal_fault){WQ_RULE_MARK_FOREIGN, -1, SCOPE_PAGE, m->id_at, m->id_n,
				wq_arena_printf(p->arena, "%s", m->id), WQ_S_NONE});
	if (m->error_n)
		portal_fault(p,
			&(struct portal_fault){WQ_RULE_MARK_ERROR_STATE, -1, SCOPE_PAGE, m->error_at, m->error_n,
				WQ_S("the picture says that host and mark do not match"), WQ_S_NONE});
	if (m->local_n)
		portal_fault(p,
			&(struct portal_fault){WQ_RULE_MARK_LOCAL, -1, SCOPE_PAGE, m->local_at, m->local_n,
				WQ_S("the picture is a copy of our own"), WQ_S_NONE});
	if (m->insecure_n)
		portal_fault(p,
			&(struct portal_fault){WQ_RULE_MARK_INSECURE, -1, SCOPE_PAGE, m->insecure_at, m->insecure_n,
				WQ_S("http"), WQ_S_NONE});
}

bool wq_portal_mark_rendered(struct wq_arena *arena, const struct wq_portal_rules *rules,
	const struct wq_portal_rendered *measured, const struct wq_place *place, struct wq_finding *ret_finding)
{
	int64_t width = measured->page_width, height = measured->page_height;
	int64_t middle = 2 * (int64_t)measured->left + measured->width; /* doubled */
	int64_t off = middle > width ? middle - width : width - middle;
	int64_t bottom = (int64_t)measured->top + measured->height;
	int64_t foot = WQ_MAX((int64_t)measured->view_height, height * (int64_t)rules->foot_percent / 100);
	wq_str subject = WQ_S_NONE;
	bool shown = !measured->hidden && measured->width > 0 && measured->height > 0 && bottom > 0 && middle > 0 &&
		measured->left < width;

	if (width <= 0 || height <= 0)
		return false;
	if (!shown)
		subject = WQ_S("not visible when rendered");
	else if (measured->top < height - foot || 2 * (int64_t)measured->top < height)
		subject = WQ_S("not at the bottom");
	else if (off * 100 > 2 * width * (int64_t)rules->centre_percent)
		subject = WQ_S("not in the middle");
	if (!subject.n)
		return false;
	*ret_finding = wq_rule_finding(shown ? WQ_RULE_MARK_POSITION : WQ_RULE_MARK_NOT_SHOWN);
	ret_finding->place = *place;
	ret_finding->evidence.subject = subject;
	ret_finding->evidence.excerpt = wq_arena_printf(arena, "%.*s: %d,%d %dx%d / %dx%d", WQ_S_ARG(subject),
		measured->left, measured->top, measured->width, measured->height, measured->page_width,
		measured->page_height);
	return true;
}
