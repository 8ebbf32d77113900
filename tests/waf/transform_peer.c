/* Every transformation beside Debian's libmodsecurity, on texts put together from the pieces that escapes are made of. A difference must
 * have a reason of the table below, which docs/waf-differences.md explains; one that has none fails. TAP, a test for each.
 *
 *   transform-peer [--show N]   prints N differences of each as well
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include "base/buf.h"
#include "base/clock.h"
#include "detect/transform/transform.h"

enum { TEXTS = 6000, TEXT_MAX = 256, PIECES_MAX = 7, ARENA_MAX = 1024 * 1024, RULES_MAX = 64 * 1024 };

static const char map_file[] = "/etc/nginx/unicode.mapping";

static const wq_str pieces[] = {WQ_S_INIT("a"), WQ_S_INIT("Z"), WQ_S_INIT("script"), WQ_S_INIT("SELECT"),
	WQ_S_INIT("1"), WQ_S_INIT("f"), WQ_S_INIT("0"), WQ_S_INIT("%"), WQ_S_INIT("%41"), WQ_S_INIT("%zz"),
	WQ_S_INIT("%u0041"), WQ_S_INIT("%U003c"), WQ_S_INIT("%uff1c"), WQ_S_INIT("%u2019"), WQ_S_INIT("%u533b"),
	WQ_S_INIT("%ud842"), WQ_S_INIT("%udfb7"), WQ_S_INIT("+"), WQ_S_INIT("\\"), WQ_S_INIT("\\x3c"),
	WQ_S_INIT("\\u0041"), WQ_S_INIT("\\u533b"), WQ_S_INIT("\\74"), WQ_S_INIT("\\t"), WQ_S_INIT("\\q"),
	WQ_S_INIT("\\6a "), WQ_S_INIT("\\ff1c"), WQ_S_INIT("\\533b "), WQ_S_INIT("\\\n"), WQ_S_INIT("\\777"),
	WQ_S_INIT("&"), WQ_S_INIT("&lt;"), WQ_S_INIT("&GT"), WQ_S_INIT("&nbsp;"), WQ_S_INIT("&#60;"),
	WQ_S_INIT("&#x3c"), WQ_S_INIT("&#x533b;"), WQ_S_INIT("&colon;"), WQ_S_INIT("&ltx"), WQ_S_INIT(";"),
	WQ_S_INIT("#"), WQ_S_INIT("/"), WQ_S_INIT("//"), WQ_S_INIT("/./"), WQ_S_INIT("/../"), WQ_S_INIT(".."),
	WQ_S_INIT("."), WQ_S_INIT("\\..\\"), WQ_S_INIT("*"), WQ_S_INIT("/*"), WQ_S_INIT("*/"), WQ_S_INIT("--"),
	WQ_S_INIT("<!--"), WQ_S_INIT("-->"), WQ_S_INIT("<"), WQ_S_INIT("("), WQ_S_INIT(" "), WQ_S_INIT("  "),
	WQ_S_INIT("\t"), WQ_S_INIT("\n"), WQ_S_INIT("\r"), WQ_S_INIT("\f"), WQ_S_INIT("\v"), WQ_S_INIT("'"),
	WQ_S_INIT("\""), WQ_S_INIT("^"), WQ_S_INIT(","), WQ_S_INIT("医院"), WQ_S_INIT("＜"), WQ_S_INIT("é"),
	WQ_S_INIT("“"), WQ_S_INIT("\xc2\xa0"), WQ_S_INIT("\xa0"), WQ_S_INIT("\xff"), WQ_S_INIT("\xe5\x8c"),
	WQ_S_INIT("\xd2\xbd\xd4\xba"), WQ_S_INIT("𠮷"), WQ_S_INIT("\xc0\xaf"), WQ_S_INIT("0x"), WQ_S_INIT("0x4142"),
	WQ_S_INIT("0X41"), WQ_S_INIT("PHNj"), WQ_S_INIT("=="), WQ_S_INIT("="), WQ_S_INIT("\0"), WQ_S_INIT("\1")};

/* ---- reasons ---- */

struct pair {
	wq_str in, ours, peer;
};

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c | 0x20) : NULL;

	return found && !(c >= 0x10 && c < 0x20) ? (int)(found - digits) : -1;
}

/* Whether `mark` is followed somewhere by at least `least` and at most `most` digits that say 0x80 or more. */
static bool has_code(wq_str in, wq_str mark, size_t least, size_t most)
{
	for (size_t at = 0; at + mark.n < in.n; at++) {
		uint64_t value = 0;
		size_t n = 0, from = at + mark.n;
		if (!wq_str_starts_nocase(wq_str_from(in, at), mark))
			continue;
		for (; n < most && from + n < in.n && hex_digit(in.p[from + n]) >= 0; n++)
			value = value * 16 + (unsigned)hex_digit(in.p[from + n]);
		if (n >= least && value >= 0x80)
			return true;
	}
	return false;
}

static bool code_uni(const struct pair *d)
{
	return has_code(d->in, WQ_S("%u"), 4, 4);
}

static bool code_js(const struct pair *d)
{
	return has_code(d->in, WQ_S("\\u"), 4, 4);
}

static bool code_css(const struct pair *d)
{
	return has_code(d->in, WQ_S("\\"), 1, 6);
}

static bool code_html(const struct pair *d)
{
	return has_code(d->in, WQ_S("&#x"), 1, 6);
}

static bool has(wq_str in, wq_str what)
{
	return wq_str_find(in, what) >= 0;
}

static bool html_names(const struct pair *d)
{
	return has(d->in, WQ_S("&colon;")) || has(d->in, WQ_S("&nbsp"));
}

static bool has_nul(const struct pair *d)
{
	return wq_str_chr(d->in, '\0') >= 0;
}

/* Also a NUL that an escape makes. */
static bool nul_ends(const struct pair *d)
{
	ptrdiff_t at = wq_str_chr(d->ours, '\0');

	return at >= 0 && wq_str_eq(d->peer, wq_str_head(d->ours, (size_t)at));
}

static bool has_a0(const struct pair *d)
{
	return wq_str_chr(d->in, '\xa0') >= 0 || wq_str_chr(d->in, '\xc2') >= 0;
}

/* The byte that follows a comment, even if it is none or opens the next. */
static bool after_comment(const struct pair *d)
{
	return has(d->in, WQ_S("*/")) || has(d->in, WQ_S("-->"));
}

static bool dots(const struct pair *d)
{
	return has(d->in, WQ_S(".."));
}

static bool root(const struct pair *d)
{
	return wq_str_eq(d->ours, WQ_S("/")) && d->peer.n == 0;
}

static bool not_base64(const struct pair *d)
{
	size_t n = strspn(d->in.p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

	return d->in.n % 4 != 0 || n + 2 < d->in.n || n + strspn(d->in.p + n, "=") < d->in.n;
}

static bool nothing(const struct pair *d)
{
	return d->peer.n == 0;
}

/* The peer's result has a backslash left. */
static bool backslash(const struct pair *d)
{
	return wq_str_chr(d->peer, '\\') >= 0;
}

static bool last_byte(const struct pair *d)
{
	return d->ours.n > 0 && wq_str_eq(d->peer, wq_str_head(d->ours, d->ours.n - 1));
}

static bool number_after_number(const struct pair *d)
{
	return has(d->in, WQ_S("420x")) || has(d->in, WQ_S("420X")) || has(d->in, WQ_S("410x")) ||
		has(d->in, WQ_S("410X"));
}

static bool number_at_end(const struct pair *d)
{
	return wq_str_ends(d->in, WQ_S("0X41")) || wq_str_ends(d->in, WQ_S("0x4142"));
}

static bool large(const struct pair *d)
{
	return has(d->in, WQ_S("𠮷"));
}

/* Bytes that are no UTF-8: overlong forms, or what GB18030 shares a stretch with. */
static bool no_utf8(const struct pair *d)
{
	return has(d->in, WQ_S("\xff")) || has(d->in, WQ_S("\xc0\xaf")) || has(d->in, WQ_S("\xa0")) ||
		has(d->in, WQ_S("\xe5\x8c"));
}

static const struct {
	enum wq_transform transform;
	const char *why;
	bool (*explains)(const struct pair *d);
} reasons[] = {
	{WQ_T_URL_DECODE_UNI, "code points are not folded to a byte", code_uni},
	{WQ_T_JS_DECODE, "code points are not folded to a byte", code_js},
	{WQ_T_CSS_DECODE, "code points are not folded to a byte", code_css},
	{WQ_T_CSS_DECODE, "the peer ends at a NUL", nul_ends},
	{WQ_T_HTML_ENTITY_DECODE, "code points are not folded to a byte", code_html},
	{WQ_T_HTML_ENTITY_DECODE, "more names; a no-break space is a space", html_names},
	{WQ_T_UTF8_TO_UNICODE, "above U+FFFF a pair of surrogates", large},
	{WQ_T_UTF8_TO_UNICODE, "bytes that are no UTF-8 stay", no_utf8},
	{WQ_T_UTF8_TO_UNICODE, "the peer loses a NUL", has_nul},
	{WQ_T_COMPRESS_WHITESPACE, "U+00A0 is white space, the byte A0 of a character is not", has_a0},
	{WQ_T_REMOVE_WHITESPACE, "U+00A0 is white space, the byte A0 of a character is not", has_a0},
	{WQ_T_REMOVE_COMMENTS, "the peer keeps whatever byte follows a comment", after_comment},
	{WQ_T_NORMALISE_PATH, "\"..\" is a segment, not the end of one; kept ones do not go", dots},
	{WQ_T_NORMALISE_PATH, "the root stays", root},
	{WQ_T_NORMALISE_PATH_WIN, "\"..\" is a segment, not the end of one; kept ones do not go", dots},
	{WQ_T_NORMALISE_PATH_WIN, "the root stays", root},
	{WQ_T_NORMALISE_PATH_WIN, "the peer overlooks a backslash", backslash},
	{WQ_T_BASE64_DECODE, "what comes before a byte that is not of the alphabet is decoded", not_base64},
	{WQ_T_BASE64_DECODE, "the peer ends at a NUL", has_nul},
	{WQ_T_BASE64_DECODE_EXT, "the peer gives nothing when bits are left over", nothing},
	{WQ_T_SQL_HEX_DECODE, "the peer ends at a NUL", nul_ends},
	{WQ_T_SQL_HEX_DECODE, "the peer loses the last byte", last_byte},
	{WQ_T_SQL_HEX_DECODE, "the peer overlooks a number after another, and at the end", number_after_number},
	{WQ_T_SQL_HEX_DECODE, "the peer overlooks a number after another, and at the end", number_at_end},
};

static const char *reason_of(enum wq_transform transform, const struct pair *d)
{
	transform = transform == WQ_T_NORMALIZE_PATH ? WQ_T_NORMALISE_PATH : transform;
	transform = transform == WQ_T_NORMALIZE_PATH_WIN ? WQ_T_NORMALISE_PATH_WIN : transform;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].transform == transform && reasons[i].explains(d))
			return reasons[i].why;
	return NULL;
}

/* ---- the peer ---- */

struct asked {
	char hex[WQ_T_COUNT][8 * TEXT_MAX];
	bool there[WQ_T_COUNT];
};

/* The rule's message is "W<number>=<result in hexadecimal>". */
static void take_line(void *data, const void *line)
{
	struct asked *asked = data;
	wq_str rest = wq_str_c(line), number;
	ptrdiff_t at = wq_str_find(rest, WQ_S("[msg \"W"));
	uint64_t transform;

	if (at < 0)
		return;
	rest = wq_str_from(rest, (size_t)at + 7);
	number = wq_str_cut(&rest, '=');
	rest = wq_str_cut(&rest, '"');
	if (!wq_str_to_u64(number, WQ_T_COUNT - 1, &transform) || rest.n >= sizeof asked->hex[0])
		return;
	memcpy(asked->hex[transform], rest.p, rest.n);
	asked->hex[transform][rest.n] = '\0';
	asked->there[transform] = true;
}

static RulesSet *make_rules(void)
{
	RulesSet *rules = msc_create_rules_set();
	WQ_BUF(text, RULES_MAX);
	const char *error = NULL;

	wq_buf_printf(&text, "SecRuleEngine On\n");
	if (access(map_file, R_OK) == 0)
		wq_buf_printf(&text, "SecUnicodeMapFile %s 20127\n", map_file);
	for (int t = 0; t < WQ_T_COUNT; t++)
		wq_buf_printf(&text,
			"SecRule ARGS \"@unconditionalMatch\" \"id:%d,phase:1,pass,t:none,t:%s,t:hexEncode,log,"
			"msg:'W%d=%%{MATCHED_VAR}'\"\n",
			t + 1, wq_transform_name((enum wq_transform)t), t);
	if (msc_rules_add(rules, wq_buf_cstr(&text), &error) < 0) {
		fprintf(stderr, "transform-peer: %s\n", error);
		exit(1);
	}
	return rules;
}

static void ask(ModSecurity *engine, RulesSet *rules, wq_str in, struct asked *asked)
{
	WQ_BUF(uri, 4 * TEXT_MAX);
	Transaction *t = msc_new_transaction(engine, rules, asked);

	memset(asked, 0, sizeof *asked);
	wq_buf_printf(&uri, "/?q=");
	for (size_t i = 0; i < in.n; i++)
		wq_buf_printf(&uri, "%%%02x", (uint8_t)in.p[i]);
	msc_process_connection(t, "127.0.0.1", 1, "127.0.0.1", 2);
	msc_process_uri(t, wq_buf_cstr(&uri), "GET", "1.1");
	msc_process_request_headers(t);
	msc_transaction_cleanup(t);
}

/* ---- the comparison ---- */

static void show(const char *what, wq_str s)
{
	printf("#   %s ", what);
	for (size_t i = 0; i < s.n; i++)
		printf(s.p[i] >= ' ' && s.p[i] <= '~' ? "%c" : "{%02x}", (uint8_t)s.p[i]);
	printf("\n");
}

struct tally {
	size_t differ, unexplained, shown;
	const char *whys[8];
	size_t counts[8];
};

static void count(struct tally *tally, const char *why)
{
	size_t i = 0;

	while (tally->whys[i] && tally->whys[i] != why)
		i++;
	tally->whys[i] = why;
	tally->counts[i]++;
}

static void compare(enum wq_transform transform, wq_str in, const struct asked *asked, size_t to_show,
	struct tally *tally, struct wq_arena *arena)
{
	wq_str hex = wq_str_c(asked->hex[transform]);
	char *bytes = wq_arena_zalloc(arena, 1, hex.n / 2 + 1);
	struct pair d = {.in = in, .peer = wq_str_of(bytes, hex.n / 2)};
	const char *why;

	if (!bytes || !asked->there[transform] || !wq_str_unhex(hex, (uint8_t *)bytes, hex.n / 2) ||
		!wq_transform_apply(transform, in, arena, &d.ours)) {
		tally->unexplained++;
		return;
	}
	if (wq_str_eq(d.ours, d.peer))
		return;
	tally->differ++;
	why = reason_of(transform, &d);
	if (why)
		count(tally, why);
	else
		tally->unexplained++;
	if (tally->shown >= to_show && why)
		return;
	tally->shown++;
	show(why ? why : "NO REASON", WQ_S(""));
	show("in  ", d.in);
	show("ours", d.ours);
	show("peer", d.peer);
}

/* `text` has room for a NUL behind. */
static wq_str make_text(const struct wq_random *random, char text[TEXT_MAX])
{
	uint8_t draw[PIECES_MAX + 1];
	size_t n = 0;

	random->fill(random->data, draw, sizeof draw);
	for (size_t i = 0; i < 1u + draw[PIECES_MAX] % PIECES_MAX; i++) {
		wq_str piece = pieces[draw[i] % (sizeof pieces / sizeof pieces[0])];
		memcpy(text + n, piece.p, piece.n);
		n += piece.n;
	}
	text[n] = '\0';
	return wq_str_of(text, n);
}

static int report(const struct tally *tallies)
{
	int failed = 0;

	printf("1..%d\n", WQ_T_COUNT);
	for (int t = 0; t < WQ_T_COUNT; t++) {
		const struct tally *tally = &tallies[t];
		bool bad = tally->unexplained > 0;
		printf("%sok %d - %s: %zu of %d differ\n", bad ? "not " : "", t + 1,
			wq_transform_name((enum wq_transform)t), tally->differ, TEXTS);
		for (size_t i = 0; i < 8 && tally->whys[i]; i++)
			printf("#   %zu: %s\n", tally->counts[i], tally->whys[i]);
		if (bad)
			printf("#   %zu without a reason\n", tally->unexplained);
		failed |= bad;
	}
	return failed;
}

int main(int argc, char **argv)
{
	static struct tally tallies[WQ_T_COUNT];
	static struct asked asked;
	ModSecurity *engine = msc_init();
	RulesSet *rules = make_rules();
	uint64_t seed = 20127, to_show = 0;
	struct wq_random random = wq_random_seeded(&seed);
	struct wq_arena arena;
	char text[TEXT_MAX];

	if (argc == 3 && strcmp(argv[1], "--show") == 0 && !wq_str_to_u64(wq_str_c(argv[2]), TEXTS, &to_show))
		return 2;
	msc_set_log_cb(engine, take_line);
	wq_arena_init(&arena, ARENA_MAX);
	for (int i = 0; i < TEXTS; i++) {
		wq_str in = make_text(&random, text);
		ask(engine, rules, in, &asked);
		for (int t = 0; t < WQ_T_COUNT; t++)
			compare((enum wq_transform)t, in, &asked, to_show, &tallies[t], &arena);
		wq_arena_reset(&arena);
	}
	wq_arena_done(&arena);
	msc_rules_cleanup(rules);
	msc_cleanup(engine);
	return report(tallies);
}
