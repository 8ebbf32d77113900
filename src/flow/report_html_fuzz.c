/* Whatever two pages are: the report holds no tag and no attribute that is not its own. The input is cut at its first NUL,
 * else in the middle; the first byte says what the pages are taken for. */
#include "flow/report_html.h"
#include "text/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint64_t secret[2] = {7, 8};

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
	static const char *const tags[] = {
		"table", "caption", "thead", "tbody", "tr", "th", "td", "span", "del", "ins", "p", NULL};
	static const char *const attrs[] = {"class", "scope", "lang", "title", "colspan", NULL};
	static const char *const values[] = {"diff", "diff code", "w", "i", "c", "gap", "look", "cut", "note", "col",
		"en", "2", "请特别注意 look closely", NULL};

	(void)data;
	must(token->kind == WQ_HTML_TEXT || token->kind == WQ_HTML_START || token->kind == WQ_HTML_END);
	if (token->kind == WQ_HTML_TEXT) {
		must(token->mode == WQ_HTML_DATA && wq_str_find(token->raw, WQ_S("<")) < 0);
		return WQ_OK;
	}
	must(listed(tags, token->name) && !token->foreign);
	for (size_t i = 0; i < token->attrs_n; i++)
		must(listed(attrs, token->attrs[i].name) && listed(values, token->attrs[i].value));
	return WQ_OK;
}

/* Text alone gives text alone: nothing that ends an attribute or begins a tag, nothing that turns the writing round. */
static void check_escape(wq_str text)
{
	WQ_BUF(out, 16 * text.n + 16);
	wq_str all;

	wq_report_escape(text, &out);
	must(!wq_failed(wq_buf_err(&out)));
	all = wq_buf_str(&out);
	for (size_t i = 0; i < all.n; i++)
		must(!strchr("<>\"'", all.p[i]) && (unsigned char)all.p[i] >= 0x20 && all.p[i] != 0x7f);
	must(wq_str_find(all, WQ_S("\xe2\x80\xae")) < 0 && wq_str_find(all, WQ_S("\xe2\x80\x8b")) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { LONGEST = 32 * 1024, MEMORY = 512 * 1024 * 1024, OUT_MAX = 256 * 1024 * 1024 };
	static const char *const types[] = {"text/html; charset=utf-8", "text/html", "text/plain", "image/svg+xml",
		"text/css", "text/html; charset=gb2312", "text/html; charset=utf-16le", "application/javascript"};
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_review_page was, is;
	struct wq_review_text text;
	const uint8_t *nul;
	wq_str type;
	size_t cut;
	WQ_BUF(out, OUT_MAX);

	wq_arena_init(&arena, MEMORY);
	if (n < 2 || n > LONGEST)
		return 0;
	type = wq_str_c(types[data[0] % WQ_COUNT(types)]);
	data++;
	n--;
	nul = memchr(data, 0, n);
	cut = nul ? (size_t)(nul - data) : n / 2;
	check_escape(wq_str_of(data, n));
	must(!wq_failed(wq_review_page_read(&arena, type, wq_str_of(data, cut), true, &was)));
	must(!wq_failed(wq_review_page_read(&arena, type, wq_str_of(data + cut, n - cut), true, &is)));
	must(!wq_failed(wq_review_text_of(&arena, secret, &was, &is, &text)));
	must(!wq_failed(wq_report_text(&arena, secret, &text, &out)));
	must(!wq_failed(wq_html_scan(wq_buf_str(&out), NULL, own_only, NULL)));
	return 0;
}
