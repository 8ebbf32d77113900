#include "base/utf8.h"
#include "policy/profile.h"

static const char *const bytes_names[] = {
	[WQ_VOLATILE_DIGITS] = "digits",
	[WQ_VOLATILE_HEX] = "hex",
	[WQ_VOLATILE_WORD] = "word",
	[WQ_VOLATILE_BASE64] = "base64",
	[WQ_VOLATILE_CLOCK] = "clock",
	[WQ_VOLATILE_TEXT] = "text",
	[WQ_VOLATILE_ANY] = "any",
};

static const char *const actions[] = {[WQ_VOLATILE_FREEZE] = "freeze", [WQ_VOLATILE_REMOVE] = "remove"};

const char *wq_volatile_bytes_name(enum wq_volatile_bytes bytes)
{
	return (size_t)bytes < WQ_COUNT(bytes_names) ? bytes_names[bytes] : "unknown";
}

/* ---- writing ---- */

static void put_quoted(struct wq_buf *out, wq_str bytes)
{
	wq_buf_byte(out, '"');
	while (bytes.n > 0) {
		uint32_t code;
		size_t n = wq_utf8_step(bytes, &code);

		if (code == '"' || code == '\\')
			wq_buf_byte(out, '\\');
		if (code == '\n' || code == '\r' || code == '\t')
			wq_buf_printf(out, "\\%c", code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
		else if (code == WQ_UTF8_BAD || code < 0x20 || (code >= 0x7f && code < 0xa0))
			for (size_t i = 0; i < n; i++)
				wq_buf_printf(out, "\\x%02x", (unsigned char)bytes.p[i]);
		else
			wq_buf_add(out, wq_str_head(bytes, n));
		bytes = wq_str_from(bytes, n);
	}
	wq_buf_byte(out, '"');
}

wq_err wq_volatile_rule_text(const struct wq_volatile_rule *rule, struct wq_buf *out)
{
	wq_buf_printf(out, "%s %.*s ", actions[rule->action == WQ_VOLATILE_REMOVE], WQ_S_ARG(rule->prefix));
	put_quoted(out, rule->before);
	wq_buf_byte(out, ' ');
	put_quoted(out, rule->after);
	wq_buf_printf(out, " %u %s", (unsigned)rule->max_bytes, wq_volatile_bytes_name(rule->bytes));
	return wq_buf_err(out);
}

/* ---- reading ---- */

static wq_err not_written_so(const char *what)
{
	return wq_error(WQ_E_INPUT,
		"%s; write: freeze|remove PATH \"before\" \"after\" LONGEST [digits|hex|word|base64|clock|text|any]",
		what);
}

static wq_str word(wq_str *text)
{
	size_t n = 0;
	wq_str found;

	*text = wq_str_trim(*text);
	while (n < text->n && text->p[n] != ' ' && text->p[n] != '"')
		n++;
	found = wq_str_head(*text, n);
	*text = wq_str_trim(wq_str_from(*text, n));
	return found;
}

/* One escape, after its backslash; how many bytes it takes, 0: none. */
static size_t escape(wq_str at, char *ret_byte)
{
	static const char from[] = "\"\\nrt", to[] = "\"\\\n\r\t";
	const char *found = at.n > 0 && at.p[0] ? strchr(from, at.p[0]) : NULL;
	uint8_t byte;

	if (found) {
		*ret_byte = to[found - from];
		return 1;
	}
	if (at.n < 3 || at.p[0] != 'x' || !wq_str_unhex(wq_str_of(at.p + 1, 2), &byte, 1))
		return 0;
	*ret_byte = (char)byte;
	return 3;
}

static wq_err quoted(wq_str *text, struct wq_arena *arena, wq_str *ret_bytes)
{
	char bytes[WQ_VOLATILE_CONTEXT_MAX];
	size_t n = 0, i = 1;

	if (text->n == 0 || text->p[0] != '"')
		return not_written_so("a text in quotation marks is missing");
	for (; i < text->n && text->p[i] != '"'; n++) {
		size_t taken = 1;

		if (n == sizeof bytes)
			return wq_error(WQ_E_INPUT, "what stands before or after is at most %zu bytes", sizeof bytes);
		if ((unsigned char)text->p[i] < 0x20)
			return wq_error(WQ_E_INPUT, "write control bytes as \\n, \\t, \\x0b");
		bytes[n] = text->p[i];
		if (text->p[i] == '\\' && (taken = 1 + escape(wq_str_from(*text, i + 1), &bytes[n])) == 1)
			return wq_error(WQ_E_INPUT, "after a \\ comes one of \" \\ n r t xNN");
		i += taken;
	}
	if (i == text->n)
		return not_written_so("a quotation mark is missing");
	*text = wq_str_trim(wq_str_from(*text, i + 1));
	*ret_bytes = wq_arena_str(arena, wq_str_of(bytes, n));
	return wq_arena_err(arena);
}

static wq_err read_bytes(wq_str name, enum wq_volatile_bytes *ret_bytes)
{
	*ret_bytes = WQ_VOLATILE_TEXT;
	for (size_t i = 0; i < WQ_COUNT(bytes_names); i++)
		if (wq_str_eq(name, wq_str_c(bytes_names[i]))) {
			*ret_bytes = (enum wq_volatile_bytes)i;
			return WQ_OK;
		}
	return name.n == 0 ? WQ_OK : not_written_so("no such kind of bytes");
}

wq_err wq_volatile_rule_parse(wq_str text, struct wq_arena *arena, struct wq_volatile_rule *ret_rule)
{
	struct wq_volatile_rule rule = {0};
	wq_str rest = text, action = word(&rest);
	uint64_t longest;

	rule.action = wq_str_eq(action, wq_str_c(actions[WQ_VOLATILE_REMOVE])) ? WQ_VOLATILE_REMOVE
									       : WQ_VOLATILE_FREEZE;
	if (!wq_str_eq(action, wq_str_c(actions[rule.action])))
		return not_written_so("a rule begins with freeze or remove");
	rule.prefix = wq_arena_str(arena, word(&rest));
	if (!wq_str_starts(rule.prefix, WQ_S("/")))
		return not_written_so("a path is missing");
	WQ_TRY(quoted(&rest, arena, &rule.before));
	WQ_TRY(quoted(&rest, arena, &rule.after));
	if (rule.before.n == 0 && rule.after.n == 0)
		return not_written_so("what stands before or after the region is missing");
	if (!wq_str_to_u64(word(&rest), WQ_VOLATILE_REGION_MAX, &longest) || longest == 0)
		return wq_error(WQ_E_INPUT, "the longest region is a number from 1 to %d", WQ_VOLATILE_REGION_MAX);
	rule.max_bytes = (uint32_t)longest;
	WQ_TRY(read_bytes(word(&rest), &rule.bytes));
	if (rest.n > 0)
		return not_written_so("something is left over");
	WQ_TRY(wq_arena_err(arena));
	*ret_rule = rule;
	return WQ_OK;
}
