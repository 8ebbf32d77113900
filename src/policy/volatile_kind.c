#include "policy/volatile_priv.h"

static const struct {
	const char *name, *zh, *en;
} kinds[] = {
	[WQ_VOLATILE_TOKEN] = {"token", "随机令牌", "a random token"},
	[WQ_VOLATILE_SESSION] = {"session", "链接中的会话标识", "a session id in a link"},
	[WQ_VOLATILE_DATE] = {"date", "日期或时间", "a date or a time"},
	[WQ_VOLATILE_COUNTER] = {"counter", "计数", "a counter"},
	[WQ_VOLATILE_OTHER] = {"other", "其他", "something else"},
};

const char *wq_volatile_kind_name(enum wq_volatile_kind kind)
{
	return (size_t)kind < WQ_COUNT(kinds) ? kinds[kind].name : "unknown";
}

const char *wq_volatile_kind_title(enum wq_volatile_kind kind, enum wq_lang lang)
{
	if ((size_t)kind >= WQ_COUNT(kinds))
		return lang == WQ_LANG_ZH ? "未知" : "unknown";
	return lang == WQ_LANG_ZH ? kinds[kind].zh : kinds[kind].en;
}

/* ---- names ---- */

static const char *const sessions[] = {
	"phpsessid", "jsessionid", "aspsessionid", "sessionid", "session_id", "sessid", "cfid", "cftoken", "sid"};
static const char *const tokens[] = {"token", "csrf", "xsrf", "nonce", "hash", "viewstate", "eventvalidation", "sign",
	"rand", "uuid", "guid", "salt", "verify", "captcha", "ticket"};

static bool names(wq_str name, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (wq_str rest = name; rest.n >= strlen(words[i]); rest = wq_str_from(rest, 1))
			if (wq_str_starts_nocase(rest, wq_str_c(words[i])))
				return true;
	return false;
}

static bool is_name(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
		c == '.';
}

/* The name before the region: formhash in "…&formhash=", token in `"token":"`; else that of the part. */
static wq_str name_before(const struct wq_difference *d)
{
	wq_str text = wq_str_head(d->part->text, d->at - d->part->at);
	size_t end = text.n, start;

	while (end > 0 && strchr("\"': =", text.p[end - 1]) && text.p[end - 1])
		end--;
	for (start = end; start > 0 && is_name(text.p[start - 1]); start--)
		;
	if (start < end && end < text.n)
		return wq_str_of(text.p + start, end - start);
	return d->part->name;
}

/* ---- values ---- */

static bool all_digits(wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* Seconds or milliseconds since 1970, of this century and no more than a day apart; or 20261122101533. */
static bool is_moment(wq_str first, wq_str second)
{
	uint64_t a, b, unit = first.n == 13 ? 1000 : 1;

	if (first.n != second.n || !wq_str_to_u64(first, UINT64_MAX, &a) || !wq_str_to_u64(second, UINT64_MAX, &b))
		return false;
	if (first.n == 14 || first.n == 17)
		return first.p[0] == '2' && first.p[1] == '0' && memcmp(first.p, second.p, 6) == 0;
	return (first.n == 10 || first.n == 13) && a / unit > 946684800 && (a > b ? a - b : b - a) <= 86400 * unit;
}

static wq_str without_commas(wq_str s, char out[24])
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ',') {
			if (n == 20)
				return WQ_S_NONE;
			out[n++] = s.p[i];
		}
	return wq_str_of(out, n);
}

static bool grows(wq_str first, wq_str second)
{
	char a[24], b[24];
	uint64_t x, y;

	return wq_str_to_u64(without_commas(first, a), UINT64_MAX, &x) &&
		wq_str_to_u64(without_commas(second, b), UINT64_MAX, &y) && y > x;
}

/* Digits among letters, or many of one of them: nobody's word. */
static bool is_random(wq_str s)
{
	bool digit = false, letter = false;

	if (s.n < 6 || wq_volatile_bytes_of(s) > WQ_VOLATILE_BASE64)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		digit = digit || (s.p[i] >= '0' && s.p[i] <= '9');
		letter = letter || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= 'a' && s.p[i] <= 'z');
	}
	return (digit && letter) || s.n >= 16;
}

enum wq_volatile_kind wq_volatile_kind_of(const struct wq_difference *d, wq_str first, wq_str second)
{
	wq_str name = name_before(d);

	if (d->part->kind == WQ_PART_URL && names(name, sessions, WQ_COUNT(sessions)))
		return WQ_VOLATILE_SESSION;
	if (d->clock || is_moment(first, second))
		return WQ_VOLATILE_DATE;
	if (names(name, tokens, WQ_COUNT(tokens)))
		return WQ_VOLATILE_TOKEN;
	if (d->part->kind != WQ_PART_URL && grows(first, second))
		return WQ_VOLATILE_COUNTER;
	if (is_random(first) && is_random(second))
		return WQ_VOLATILE_TOKEN;
	if (all_digits(first) && all_digits(second) && first.n >= 6 && second.n >= 6)
		return WQ_VOLATILE_TOKEN;
	return WQ_VOLATILE_OTHER;
}
