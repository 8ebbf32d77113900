#include "detect/page/page_priv.h"
#include "text/charset.h"

enum { STYLE_MAX = 4096, WORDS_OF_CLASS = 32 };

struct page_item *page_add(
	struct page_run *run, enum page_kind kind, wq_str address, unsigned flags, uint64_t at, uint64_t n)
{
	struct page_item item = {.kind = kind, .flags = flags, .at = at, .n = n}, *made;

	if (kind != PAGE_INLINE) {
		item.where = page_judge_address(run, address, &item.host, &item.target, &item.flags);
		item.hash = wq_str_hash(address, (uint64_t)kind);
		/* what stays within is said by nobody, but for scripts, which a comparison counts */
		if (kind != PAGE_SCRIPT && (item.where == PAGE_OWN || item.where == PAGE_NOWHERE))
			return NULL;
	}
	if (run->items_n++ >= WQ_PAGE_ITEMS)
		return NULL;
	made = wq_arena_alloc(run->arena, sizeof *made);
	if (!made)
		return NULL;
	*made = item;
	*run->last = made;
	run->last = &made->next;
	return made;
}

/* ---- attributes ---- */

/* The decoded value; empty when there is none. Valid until the next. */
static wq_str value_of(struct page_run *run, const struct wq_html_token *token, wq_str name)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, name);

	if (!attr || attr->value.n == 0)
		return WQ_S_NONE;
	if (wq_str_chr(attr->value, '&') < 0)
		return attr->value;
	wq_buf_clear(run->value);
	WQ_IGNORE(wq_html_decode(attr->value, WQ_HTML_IN_ATTRIBUTE, run->value));
	return wq_buf_str(run->value);
}

static bool is_tiny(const struct wq_html_token *token, wq_str name)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, name);
	wq_str value = attr ? wq_str_trim(attr->value) : WQ_S_NONE;

	return wq_str_eq(value, WQ_S("0")) || wq_str_eq(value, WQ_S("1")) || wq_str_eq(value, WQ_S("0px")) ||
		wq_str_eq(value, WQ_S("1px"));
}

static bool class_hides(struct page_run *run, wq_str names, char sign)
{
	for (size_t n = 0; names.p && n < WORDS_OF_CLASS; n++) {
		wq_str name = wq_str_trim(wq_str_cut(&names, ' '));
		for (size_t i = 0; i < run->classes_n && name.n; i++)
			if (!run->classes[i].shown && run->classes[i].name.p[0] == sign &&
				wq_str_eq(wq_str_from(run->classes[i].name, 1), name))
				return true;
	}
	return false;
}

/* Whether this tag hides what is in it. */
static bool hides(struct page_run *run, const struct wq_html_token *token)
{
	const struct wq_html_attr *attr;

	if (token->attrs_n == 0)
		return false;
	attr = wq_html_attr_find(token, WQ_S("style"));
	if (attr && attr->value.n && attr->value.n <= STYLE_MAX && page_style_hides(attr->value))
		return true;
	if (wq_html_attr_find(token, WQ_S("hidden")))
		return true;
	if (token->tag == WQ_TAG_MARQUEE)
		return is_tiny(token, WQ_S("height")) || is_tiny(token, WQ_S("width"));
	if (run->classes_n == 0)
		return false;
	attr = wq_html_attr_find(token, WQ_S("class"));
	if (attr && class_hides(run, attr->value, '.'))
		return true;
	attr = wq_html_attr_find(token, WQ_S("id"));
	return attr && class_hides(run, attr->value, '#');
}

/* ---- what is hidden, by its outermost element ---- */

static bool is_void(enum wq_html_tag tag, wq_str name)
{
	static const wq_str others[] = {WQ_S_INIT("col"), WQ_S_INIT("wbr")};

	switch ((int)tag) {
	case WQ_TAG_BASE:
	case WQ_TAG_BR:
	case WQ_TAG_EMBED:
	case WQ_TAG_HR:
	case WQ_TAG_IMG:
	case WQ_TAG_INPUT:
	case WQ_TAG_LINK:
	case WQ_TAG_META:
	case WQ_TAG_PARAM:
	case WQ_TAG_SOURCE:
	case WQ_TAG_TRACK:
	case WQ_TAG_AREA: return true;
	default: return wq_str_eq_nocase(name, others[0]) || wq_str_eq_nocase(name, others[1]);
	}
}

/* Elements whose end tag is often left out end with the next of their kind or with what is around them. */
static bool ends_by_itself(enum wq_html_tag tag)
{
	return tag == WQ_TAG_LI || tag == WQ_TAG_P || tag == WQ_TAG_TD || tag == WQ_TAG_TH || tag == WQ_TAG_TR ||
		tag == WQ_TAG_DT || tag == WQ_TAG_DD || tag == WQ_TAG_OPTION;
}

static bool is_container(enum wq_html_tag tag)
{
	return tag == WQ_TAG_UL || tag == WQ_TAG_OL || tag == WQ_TAG_TABLE || tag == WQ_TAG_DL || tag == WQ_TAG_DIV ||
		tag == WQ_TAG_SELECT || tag == WQ_TAG_BODY;
}

static bool same_element(const struct page_run *run, const struct wq_html_token *token)
{
	return token->tag == run->hidden.tag &&
		(token->tag != WQ_TAG_OTHER || wq_str_eq_nocase(token->name, run->hidden.name));
}

static void follow_hidden(struct page_run *run, const struct wq_html_token *token)
{
	bool start = token->kind == WQ_HTML_START;

	if (run->hidden.tag != WQ_TAG_NONE && ends_by_itself(run->hidden.tag)) {
		if (is_container(token->tag)) {
			if (!start && run->hidden.lists == 0)
				run->hidden.tag = WQ_TAG_NONE;
			else
				run->hidden.lists += start ? 1 : (unsigned)-1;
		} else if (same_element(run, token) && run->hidden.lists == 0) {
			run->hidden.tag = WQ_TAG_NONE;
		}
	} else if (run->hidden.tag != WQ_TAG_NONE && same_element(run, token)) {
		run->hidden.depth += start ? 1 : (unsigned)-1;
		if (run->hidden.depth == 0)
			run->hidden.tag = WQ_TAG_NONE;
	}
	if (start && run->hidden.tag == WQ_TAG_NONE && !token->self_closing && !is_void(token->tag, token->name) &&
		token->tag != WQ_TAG_BODY && token->tag != WQ_TAG_HTML && hides(run, token)) {
		run->hidden.tag = token->tag;
		run->hidden.name = token->name;
		run->hidden.depth = 1;
		run->hidden.lists = 0;
	}
}

static unsigned hidden_flag(struct page_run *run)
{
	return run->hidden.tag != WQ_TAG_NONE || run->noscript || run->in_template ? PAGE_HIDDEN : 0;
}

/* ---- tags ---- */

static bool has_word(wq_str list, wq_str word)
{
	return page_find_nocase(list, word) >= 0;
}

static void on_link(struct page_run *run, const struct wq_html_token *token)
{
	wq_str address = value_of(run, token, WQ_S("href"));
	const struct wq_html_attr *target = wq_html_attr_find(token, WQ_S("target"));
	const struct wq_html_attr *rel = wq_html_attr_find(token, WQ_S("rel"));
	unsigned flags = hidden_flag(run);

	run->link = NULL;
	if (address.n == 0)
		return;
	if (target && wq_str_eq_nocase(target->value, WQ_S("_blank")) &&
		!(rel && (has_word(rel->value, WQ_S("noopener")) || has_word(rel->value, WQ_S("noreferrer")))))
		flags |= PAGE_OPENER;
	if (token->tag == WQ_TAG_A && !wq_html_attr_find(token, WQ_S("class")) &&
		!wq_html_attr_find(token, WQ_S("id")) && !wq_html_attr_find(token, WQ_S("style")))
		flags |= PAGE_EMPTY;
	struct page_item *item = page_add(run, PAGE_LINK, address, flags, token->start, token->raw.n);
	if (token->tag == WQ_TAG_A && item && (flags & PAGE_EMPTY))
		run->link = item;
	else if (item)
		item->flags &= ~(unsigned)PAGE_EMPTY;
}

static void on_frame(struct page_run *run, const struct wq_html_token *token)
{
	unsigned flags = hidden_flag(run);
	wq_str address;

	if (hides(run, token) || (is_tiny(token, WQ_S("width")) && is_tiny(token, WQ_S("height"))) ||
		wq_str_eq(value_of(run, token, WQ_S("height")), WQ_S("0")))
		flags |= PAGE_HIDDEN;
	address = value_of(run, token, WQ_S("src"));
	if (address.n)
		page_add(run, PAGE_FRAME, address, flags, token->start, token->raw.n);
}

static void on_form(struct page_run *run, const struct wq_html_token *token)
{
	const struct wq_html_attr *method = wq_html_attr_find(token, WQ_S("method"));
	bool post = method && wq_str_eq_nocase(wq_str_trim(method->value), WQ_S("post"));
	wq_str address = value_of(run, token, WQ_S("action"));

	if (address.n)
		page_add(run, PAGE_FORM, address, post ? PAGE_POST : 0, token->start, token->raw.n);
}

static void on_meta(struct page_run *run, const struct wq_html_token *token)
{
	const struct wq_html_attr *equiv = wq_html_attr_find(token, WQ_S("http-equiv"));
	wq_str content = value_of(run, token, WQ_S("content"));
	ptrdiff_t at = page_find_nocase(content, WQ_S("url"));

	if (!equiv || !wq_str_eq_nocase(wq_str_trim(equiv->value), WQ_S("refresh")) || at < 0)
		return;
	content = wq_str_trim(wq_str_from(content, (size_t)at + 3));
	if (content.n && content.p[0] == '=')
		content = wq_str_trim(wq_str_from(content, 1));
	if (content.n && (content.p[0] == '\'' || content.p[0] == '"')) {
		char quote = content.p[0];
		content = wq_str_from(content, 1);
		ptrdiff_t end = wq_str_chr(content, quote);
		content = end < 0 ? content : wq_str_head(content, (size_t)end);
	}
	page_add(run, PAGE_REDIRECT, content, 0, token->start, token->raw.n);
}

static void on_base(struct page_run *run, const struct wq_html_token *token)
{
	struct wq_url url;
	wq_str address = value_of(run, token, WQ_S("href"));

	if (address.n && !wq_failed(wq_url_parse(run->arena, address, &run->address, &url)) && url.special)
		run->base = url;
}

static void on_script(struct page_run *run, const struct wq_html_token *token)
{
	const struct wq_html_attr *type = wq_html_attr_find(token, WQ_S("type"));
	wq_str address = value_of(run, token, WQ_S("src"));

	run->script_is_code = !type || type->value.n == 0 || has_word(type->value, WQ_S("javascript")) ||
		has_word(type->value, WQ_S("ecmascript")) || has_word(type->value, WQ_S("module"));
	if (address.n)
		page_add(run, PAGE_SCRIPT, address, 0, token->start, token->raw.n);
}

static void on_handlers(struct page_run *run, const struct wq_html_token *token)
{
	for (size_t i = 0; i < token->attrs_n; i++) {
		const struct wq_html_attr *attr = &token->attrs[i];
		if (attr->name.n > 2 && (attr->name.p[0] | 32) == 'o' && (attr->name.p[1] | 32) == 'n' &&
			attr->value.n > 8) {
			wq_buf_clear(run->value);
			WQ_IGNORE(wq_html_decode(attr->value, WQ_HTML_IN_ATTRIBUTE, run->value));
			page_handler(run, attr->name, wq_buf_str(run->value), token->start, token->raw.n);
		}
	}
}

static void on_start(struct page_run *run, const struct wq_html_token *token)
{
	switch ((int)token->tag) {
	case WQ_TAG_A:
	case WQ_TAG_AREA: on_link(run, token); break;
	case WQ_TAG_SCRIPT: on_script(run, token); break;
	case WQ_TAG_IFRAME:
	case WQ_TAG_FRAME: on_frame(run, token); break;
	case WQ_TAG_FORM: on_form(run, token); break;
	case WQ_TAG_META: on_meta(run, token); break;
	case WQ_TAG_BASE: on_base(run, token); break;
	case WQ_TAG_NOSCRIPT: run->noscript++; break;
	case WQ_TAG_TEMPLATE: run->in_template++; break;
	default: break;
	}
	if (run->link && token->tag != WQ_TAG_A) {
		run->link->flags &= ~(unsigned)PAGE_EMPTY;
		run->link = NULL;
	}
	if (token->attrs_n) {
		on_handlers(run, token);
		page_footer_tag(run, token);
	}
}

static void on_end(struct page_run *run, const struct wq_html_token *token)
{
	page_footer_end(run, token);
	if (token->tag == WQ_TAG_A)
		run->link = NULL;
	else if (token->tag == WQ_TAG_NOSCRIPT && run->noscript)
		run->noscript--;
	else if (token->tag == WQ_TAG_TEMPLATE && run->in_template)
		run->in_template--;
}

/* ---- text ---- */

static uint64_t text_hash(wq_str text, uint64_t *ret_n)
{
	uint64_t h = 0xcbf29ce484222325, n = 0;

	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] > ' ') {
			h = (h ^ (unsigned char)text.p[i]) * 0x100000001b3;
			n++;
		}
	*ret_n = n;
	return h;
}

static void look_for_signatures(struct page_run *run, wq_str text, uint64_t at)
{
	uint32_t state = 0;

	for (size_t i = 0; i < text.n && !run->signed_by_intruder; i++) {
		unsigned char c = (unsigned char)text.p[i];
		state = wq_words_step(run->rules->signatures, state, c >= 'A' && c <= 'Z' ? c + 32u : c);
		if (state && wq_words_any(run->rules->signatures, state)) {
			run->signed_by_intruder = true;
			run->signature_at = at + i;
		}
	}
}

static wq_err keep_block(struct page_run *run, const struct wq_html_token *token, bool title)
{
	uint64_t n, hash = text_hash(token->raw, &n);
	struct page_block *block;

	look_for_signatures(run, token->raw, token->start);
	if (title) {
		run->title_hash = hash;
		return WQ_OK;
	}
	if (n == 0)
		return WQ_OK;
	block = wq_arena_alloc(run->arena, sizeof *block);
	if (!block)
		return wq_arena_err(run->arena);
	*block = (struct page_block){.hash = hash, .at = token->start, .n = n};
	*run->last_block = block;
	run->last_block = &block->next;
	run->text_bytes += n;
	return WQ_OK;
}

static wq_err on_text(struct page_run *run, const struct wq_html_token *token)
{
	if (token->in == WQ_TAG_SCRIPT) {
		if (run->script_is_code)
			page_code(run, token->raw, token->start, token->raw.n);
		return WQ_OK;
	}
	if (token->mode == WQ_HTML_RAWTEXT)
		return WQ_OK;
	if (run->link && wq_str_trim(token->raw).n) {
		run->link->flags &= ~(unsigned)PAGE_EMPTY;
		run->link = NULL;
	}
	page_footer_text(run, token->raw, token->start);
	return WQ_OK;
}

wq_err page_token(void *data, const struct wq_html_token *token)
{
	struct page_run *run = data;

	switch (token->kind) {
	case WQ_HTML_START:
		follow_hidden(run, token);
		on_start(run, token);
		break;
	case WQ_HTML_END:
		follow_hidden(run, token);
		on_end(run, token);
		break;
	case WQ_HTML_TEXT: WQ_TRY(on_text(run, token)); break;
	case WQ_HTML_COMMENT: page_footer_comment(run, token); break;
	case WQ_HTML_DOCTYPE:
	case WQ_HTML_DROPPED:
	case WQ_HTML_OVERLONG:
	case WQ_HTML_KINDS: break;
	}
	if (run->keep_text) {
		enum wq_html_sight sight = wq_html_visible(&run->visible, token);
		if (sight == WQ_HTML_SEEN || sight == WQ_HTML_TITLE)
			WQ_TRY(keep_block(run, token, sight == WQ_HTML_TITLE));
	}
	if (run->items_n > WQ_PAGE_ITEMS)
		return wq_error(WQ_E_LIMIT, "more than %d links and scripts on one page", WQ_PAGE_ITEMS);
	return wq_arena_err(run->arena);
}

static wq_err check_size(wq_str bytes)
{
	if (bytes.n > WQ_PAGE_BYTES)
		return wq_error(WQ_E_LIMIT, "%zu bytes, more than %d are not examined", bytes.n, WQ_PAGE_BYTES);
	return WQ_OK;
}

wq_err page_run_begin(struct page_run *run, wq_str html, bool converted, struct wq_buf *value)
{
	WQ_TRY(check_size(html));
	WQ_TRY(wq_url_parse(run->arena, run->facts->address, NULL, &run->address));
	run->html = html;
	run->converted = converted;
	run->value = value;
	run->base = run->address;
	run->last = &run->items;
	run->last_block = &run->blocks;
	run->line = 1;
	return WQ_OK;
}

wq_err page_run_open(struct page_run *run, wq_str bytes, wq_str label, struct wq_buf *room)
{
	wq_str html;
	bool converted;

	WQ_TRY(check_size(bytes));
	WQ_TRY(wq_charset_document(bytes, label, room, &html, &converted));
	WQ_TRY(page_run_begin(run, html, converted, &run->own_value));
	wq_buf_init(&run->own_value, WQ_PAGE_VALUE_MAX);
	return WQ_OK;
}

wq_err page_scan(struct page_run *run)
{
	page_read_styles(run);
	return wq_html_scan(run->html, NULL, page_token, run);
}

void page_run_close(struct page_run *run)
{
	wq_buf_done(&run->own_value);
}
