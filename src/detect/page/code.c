#include "detect/page/page_priv.h"

#include <strings.h>

enum { URL_REACH = 24, URL_MAX = 2048, DECODED_MAX = 256 * 1024 };

ptrdiff_t page_find_nocase(wq_str text, wq_str needle)
{
	char first[3] = {needle.p[0], needle.p[0], '\0'};

	if (first[0] >= 'a' && first[0] <= 'z')
		first[1] = (char)(first[0] - 32);
	for (size_t at = 0; at + needle.n <= text.n; at++) {
		const char *a = memchr(text.p + at, first[0], text.n - at);
		const char *b = first[0] == first[1]
			? NULL
			: memchr(text.p + at, first[1], a ? (size_t)(a - text.p) - at : text.n - at);
		const char *p = b ? b : a;
		if (!p)
			return -1;
		at = (size_t)(p - text.p);
		if (at + needle.n <= text.n && strncasecmp(p, needle.p, needle.n) == 0)
			return (ptrdiff_t)at;
	}
	return -1;
}

/* ---- what it is by its words ---- */

static uint64_t patterns_in(const struct wq_page_rules *rules, wq_str code)
{
	uint64_t find = 0, with = 0, found = 0;
	uint32_t state = 0;
	struct wq_words_hit hit;

	for (size_t i = 0; i < code.n; i++) {
		unsigned char c = (unsigned char)code.p[i];
		state = wq_words_step(rules->literals, state, c >= 'A' && c <= 'Z' ? c + 32u : c);
		for (size_t k = 0; state && wq_words_found(rules->literals, state, k, &hit); k++)
			*(hit.id & 1 ? &with : &find) |= (uint64_t)1 << hit.id / 2;
	}
	for (size_t i = 0; i < rules->patterns_n && find; i++) {
		uint64_t bit = (uint64_t)1 << i;
		if ((find & bit) && (!rules->patterns[i].has_with || (with & bit)))
			found |= bit;
	}
	return found;
}

static bool is_unreadable(const struct wq_page_rules *rules, wq_str code)
{
	uint64_t run = 0;
	ptrdiff_t at = wq_str_find(code, WQ_S("\\x"));

	for (size_t i = at < 0 ? code.n : (size_t)at; i + 4 <= code.n;) {
		bool escape = code.p[i] == '\\' && code.p[i + 1] == 'x';
		run = escape ? run + 1 : 0;
		if (run >= rules->hex_escapes)
			return true;
		i += escape ? 4 : 1;
	}
	at = wq_str_find(code, WQ_S("fromCharCode"));
	if (at < 0)
		return false;
	uint64_t commas = 0;
	for (size_t i = (size_t)at + 12; i < code.n; i++) {
		char c = code.p[i];
		commas += c == ',';
		if (commas >= rules->char_codes)
			return true;
		if (!(c == ',' || c == '(' || c == ' ' || c == 'x' || (c >= '0' && c <= '9')))
			break;
	}
	return false;
}

/* White space and digits aside: a counter or a date in it is no new script. */
static uint64_t code_hash(wq_str code)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < code.n; i++) {
		unsigned char c = (unsigned char)code.p[i];
		if (c > ' ' && !(c >= '0' && c <= '9'))
			h = (h ^ c) * 0x100000001b3;
	}
	return h;
}

/* ---- where it leads ---- */

/* The address that is written down from `at` on, behind at most a few signs; empty: none. */
static wq_str address_at(wq_str code, size_t at)
{
	size_t from = at, stop = WQ_MIN(code.n, at + URL_REACH);

	while (from < stop && strchr(" \t\r\n=:+(\\\"'", code.p[from]) && code.p[from])
		from++;
	wq_str rest = wq_str_head(wq_str_from(code, from), URL_MAX);
	if (!wq_str_starts_nocase(rest, WQ_S("http://")) && !wq_str_starts_nocase(rest, WQ_S("https://")) &&
		!wq_str_starts(rest, WQ_S("//")))
		return WQ_S_NONE;
	size_t n = 0;
	while (n < rest.n && (unsigned char)rest.p[n] > ' ' && !strchr("\"'<>\\)`", rest.p[n]))
		n++;
	return wq_str_head(rest, n);
}

/* The element that is being written around `at`: the last "<" of the code before it. */
static wq_str element_before(wq_str code, size_t at)
{
	size_t from = at > 400 ? at - 400 : 0;
	ptrdiff_t open = wq_str_rchr(wq_str_of(code.p + from, at - from), '<');

	return open < 0 ? WQ_S_NONE : wq_str_of(code.p + from + open, at - from - (size_t)open);
}

static void loads(struct page_run *run, wq_str code, uint64_t at, uint64_t n)
{
	for (wq_str rest = code;;) {
		ptrdiff_t src = wq_str_find(rest, WQ_S("src"));
		if (src < 0)
			return;
		size_t here = (size_t)(rest.p - code.p) + (size_t)src;
		wq_str address = address_at(code, here + 3), element = element_before(code, here);
		bool frame = wq_str_starts_nocase(element, WQ_S("<iframe"));
		if (address.n && (frame || !wq_str_starts_nocase(element, WQ_S("<img"))))
			page_add(run, frame ? PAGE_FRAME : PAGE_SCRIPT, address,
				frame ? PAGE_BY_CODE | PAGE_HIDDEN : PAGE_BY_CODE, at, n);
		rest = wq_str_from(code, here + 3);
	}
}

static void sends(struct page_run *run, wq_str code, uint64_t at, uint64_t n)
{
	static const wq_str ways[] = {WQ_S_INIT(".href"), WQ_S_INIT(".replace"), WQ_S_INIT(".assign")};

	for (wq_str rest = code;;) {
		ptrdiff_t found = wq_str_find(rest, WQ_S("location"));
		if (found < 0)
			return;
		size_t here = (size_t)(rest.p - code.p) + (size_t)found + 8;
		for (size_t i = 0; i < WQ_COUNT(ways); i++)
			if (wq_str_starts(wq_str_from(code, here), ways[i])) {
				here += ways[i].n;
				break;
			}
		wq_str address = address_at(code, here);
		if (address.n)
			page_add(run, PAGE_REDIRECT, address, PAGE_BY_CODE, at, n);
		rest = wq_str_from(code, here);
	}
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* As unescape() would: "%3Cscript" hides a script from those who only look for one. */
static wq_str unescaped(struct page_run *run, wq_str code)
{
	char *out = wq_arena_alloc(run->arena, code.n + 1);
	size_t n = 0;

	if (!out || code.n > DECODED_MAX)
		return WQ_S_NONE;
	for (size_t i = 0; i < code.n; i++) {
		int high = code.p[i] == '%' && i + 2 < code.n ? hex_digit(code.p[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(code.p[i + 2]) : -1;
		out[n++] = low >= 0 ? (char)(high * 16 + low) : code.p[i];
		i += low >= 0 ? 2 : 0;
	}
	return wq_str_of(out, n);
}

void page_code(struct page_run *run, wq_str code, uint64_t at, uint64_t n)
{
	struct page_item *item;

	if (wq_str_trim(code).n == 0)
		return;
	item = page_add(run, PAGE_INLINE, WQ_S_NONE, 0, at, n);
	if (!item)
		return;
	item->patterns = patterns_in(run->rules, code);
	item->hash = code_hash(code);
	if (is_unreadable(run->rules, code))
		item->flags |= PAGE_UNREADABLE;
	if (wq_str_find(code, WQ_S("%3")) >= 0) {
		wq_str plain = unescaped(run, code);
		code = plain.n ? plain : code;
	}
	loads(run, code, at, n);
	sends(run, code, at, n);
	page_footer_code(run, code, at, n);
}

void page_handler(struct page_run *run, wq_str name, wq_str code, uint64_t at, uint64_t n)
{
	static const wq_str by_hand[] = {WQ_S_INIT("onclick"), WQ_S_INIT("onchange"), WQ_S_INIT("onsubmit"),
		WQ_S_INIT("ondblclick"), WQ_S_INIT("onmousedown"), WQ_S_INIT("onkeydown"), WQ_S_INIT("onkeypress")};
	bool hand = false;
	ptrdiff_t open = wq_str_find(code, WQ_S("window.open"));

	for (size_t i = 0; i < WQ_COUNT(by_hand); i++)
		hand |= wq_str_eq_nocase(name, by_hand[i]);
	if (hand && open >= 0) {
		wq_str address = address_at(code, (size_t)open + 11);
		if (address.n)
			page_add(run, PAGE_LINK, address, PAGE_BY_CODE, at, n);
	}
	ptrdiff_t location = wq_str_find(code, WQ_S("location"));
	if (location < 0)
		return;
	if (!hand) {
		sends(run, code, at, n);
		return;
	}
	size_t here = (size_t)location + 8;
	if (wq_str_starts(wq_str_from(code, here), WQ_S(".href")))
		here += 5;
	wq_str address = address_at(code, here);
	if (address.n)
		page_add(run, PAGE_LINK, address, PAGE_BY_CODE, at, n);
}
