/* Whatever pages, targets and evidence are: the HTML report holds no tag and no attribute that is not its own, the CSV no cell that is a
 * formula, every line of JSON is one object. The input is cut at its NULs into the texts of findings. */
#include "base/json_read.h"
#include "finding/excerpt.h"
#include "finding/rule.h"
#include "flow/inspect/report.h"
#include "flow/inspect/tally.h"
#include "text/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { LONGEST = 16 * 1024, MEMORY = 64 * 1024 * 1024, OUT_MAX = 32 * 1024 * 1024 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool listed(const char *const *list, wq_str word)
{
	for (; *list; list++)
		if (wq_str_eq(word, wq_str_c(*list)))
			return true;
	return false;
}

static wq_err own_only(void *data, const struct wq_html_token *token)
{
	static const char *const tags[] = {"html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1",
		"h2", "h3", "dl", "dt", "dd", "main", "section", "ul", "li", "b", "svg", "text", "rect", "table",
		"caption", "thead", "tbody", "tr", "th", "td", "span", "br", "code", "article", "div", "footer", NULL};
	static const char *const attrs[] = {"lang", "charset", "http-equiv", "content", "name", "class", "href", "id",
		"aria-labelledby", "aria-label", "role", "viewBox", "width", "height", "x", "y", "font-size", "scope",
		"tabindex", "colspan", NULL};

	(void)data;
	if (token->kind != WQ_HTML_START && token->kind != WQ_HTML_END) {
		must(token->kind == WQ_HTML_TEXT || token->kind == WQ_HTML_DOCTYPE);
		return WQ_OK;
	}
	must(listed(tags, token->name));
	for (size_t i = 0; i < token->attrs_n; i++) {
		must(listed(attrs, token->attrs[i].name));
		must(!wq_str_eq(token->attrs[i].name, WQ_S("href")) || wq_str_starts(token->attrs[i].value, WQ_S("#")));
	}
	return WQ_OK;
}

static void check_html(const struct wq_inspect_result *result, enum wq_lang lang)
{
	const struct wq_inspect_report report = {.result = result, .lang = lang};
	WQ_BUF(out, OUT_MAX);

	must(!wq_failed(wq_inspect_report_html(&report, &out)));
	must(!wq_failed(wq_html_scan(wq_buf_str(&out), NULL, own_only, NULL)));
}

static void check_csv(const struct wq_inspect_result *result)
{
	bool quoted = false, begins = false;
	WQ_BUF(out, OUT_MAX);
	wq_str text;

	must(!wq_failed(wq_inspect_report_csv(result, WQ_LANG_EN, &out)));
	text = wq_buf_str(&out);
	for (size_t i = 0; i < text.n; i++) {
		must(!(begins && strchr("=+-@\t\r", text.p[i])));
		/* a quote that stands for one is two, and ends and opens the cell on the way */
		begins = !quoted && text.p[i] == '"' && (i == 0 || strchr(",\n\xbf", text.p[i - 1]));
		if (text.p[i] == '"')
			quoted = !quoted;
	}
	must(!quoted);
}

static void check_lines(const struct wq_inspect_result *result)
{
	struct json_t *object;
	WQ_BUF(out, OUT_MAX);

	must(!wq_failed(wq_inspect_report_lines(result, WQ_LANG_EN, &out)));
	for (wq_str rest = wq_buf_str(&out), line; rest.n > 0;) {
		line = wq_str_cut(&rest, '\n');
		must(!wq_failed(wq_json_read(line, &wq_json_limits_default, &object)));
		wq_json_free(&object);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_inspect_result result = {.checks = WQ_INSPECT_ALL};
	wq_str rest = wq_str_of(data, n);
	struct wq_tally tally;

	wq_arena_init(&arena, MEMORY);
	if (n == 0 || n > LONGEST)
		return 0;
	wq_tally_init(&tally, &arena, &wq_random_system);
	result.site = wq_clean(&arena, wq_str_head(rest, 100), 100);
	for (unsigned i = 0; rest.p; i++) {
		struct wq_finding f = wq_rule_finding((enum wq_rule_id)(i * 7 % WQ_RULE_COUNT));

		f.place.url = wq_clean(&arena, wq_str_cut(&rest, 0), WQ_FINDING_PLACE_BYTES);
		f.evidence.target = wq_clean(&arena, wq_str_cut(&rest, 0), WQ_FINDING_PLACE_BYTES);
		f.evidence.excerpt = wq_clean(&arena, wq_str_cut(&rest, 0), WQ_EXCERPT_BYTES);
		must(!wq_failed(wq_tally_add(&tally, &f)));
	}
	must(!wq_failed(wq_tally_result(&tally, &result)));
	const struct wq_inspect_address address = {result.site, result.site, result.site};
	const struct wq_inspect_host hosts[] = {{.host = result.site,
							.named = true,
							.looked = data[0] & 2,
							.ns = &result.site,
							.ns_n = 1,
							.addresses = &address,
							.addresses_n = 1},
		{.host = result.site}};
	const struct wq_inspect_tls tls = {
		.host = result.site, .versions = result.site, .issuer = result.site, .known = result.site};
	result.network = (struct wq_inspect_network){hosts, 2, &tls, 1};
	check_html(&result, data[0] & 1 ? WQ_LANG_ZH : WQ_LANG_EN);
	check_csv(&result);
	check_lines(&result);
	wq_tally_done(&tally);
	return 0;
}
