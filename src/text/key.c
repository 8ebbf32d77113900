#include "text/key_priv.h"

#include "text/utf8.h"

/* Longer raw targets are refused unread: every byte of a path that fits the key takes at most three here. */
enum { MAX_TARGET = 3 * WQ_KEY_MAX };

const char *wq_key_reason_text(enum wq_key_reason reason)
{
	static const char *const text[] = {
		[WQ_KEY_FINE] = "fine",
		[WQ_KEY_BAD_HOST] = "bad-host",
		[WQ_KEY_BAD_PERCENT] = "bad-percent",
		[WQ_KEY_ENCODED_SEPARATOR] = "encoded-separator",
		[WQ_KEY_BACKSLASH] = "backslash",
		[WQ_KEY_DOUBLE_ENCODING] = "double-encoding",
		[WQ_KEY_CONTROL] = "control",
		[WQ_KEY_BAD_UTF8] = "bad-utf8",
		[WQ_KEY_EMPTY_SEGMENT] = "empty-segment",
		[WQ_KEY_DOT_PARAMETER] = "dot-parameter",
		[WQ_KEY_ABOVE_ROOT] = "above-root",
		[WQ_KEY_FRAGMENT] = "fragment",
		[WQ_KEY_TOO_LONG] = "too-long",
		[WQ_KEY_NO_PATH] = "no-path",
		[WQ_KEY_BAD_QUERY] = "bad-query",
		[WQ_KEY_SNI_DIFFERS] = "sni-differs",
	};

	return (size_t)reason < WQ_COUNT(text) ? text[reason] : "unknown";
}

/* Raw bytes that stand nowhere in a target, query included (RFC 9112 §3.2). */
static enum wq_key_reason check_raw(wq_str target)
{
	for (size_t i = 0; i < target.n; i++) {
		unsigned char c = (unsigned char)target.p[i];

		if (c <= 0x20 || c == 0x7f)
			return WQ_KEY_CONTROL;
		if (c == '#')
			return WQ_KEY_FRAGMENT;
	}
	return WQ_KEY_FINE;
}

/* What a decoded byte is refused for. ";" encoded is a character of the name to one origin and, once decoded by another,
 * the start of a parameter: refused as the separators are. */
static enum wq_key_reason check_decoded(unsigned char c)
{
	if (c == '/' || c == ';')
		return WQ_KEY_ENCODED_SEPARATOR;
	if (c == '\\')
		return WQ_KEY_BACKSLASH;
	if (c < 0x20 || c == 0x7f)
		return WQ_KEY_CONTROL;
	return WQ_KEY_FINE;
}

/* Decodes once. */
static enum wq_key_reason decode(wq_str raw, struct wq_key_work *path)
{
	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.p[i];

		if (c == '\\')
			return WQ_KEY_BACKSLASH;
		if (c == '%') {
			int byte = wq_key_percent(raw, i);
			enum wq_key_reason reason;

			if (byte < 0)
				return WQ_KEY_BAD_PERCENT;
			reason = check_decoded((unsigned char)byte);
			if (reason != WQ_KEY_FINE)
				return reason;
			c = (unsigned char)byte;
			i += 2;
		}
		wq_key_put(path, (char)c);
		if (path->over)
			return WQ_KEY_TOO_LONG;
	}
	return WQ_KEY_FINE;
}

/* Whether "%" at `at` of a decoded path would be decoded by somebody who decodes twice, or by IIS ("%uhhhh"). */
static bool decodes_again(wq_str path, size_t at)
{
	if (wq_key_percent(path, at) >= 0)
		return true;
	if (path.n - at < 6 || (path.p[at + 1] | 32) != 'u')
		return false;
	for (size_t i = 2; i < 6; i++)
		if (wq_key_hex(path.p[at + i]) < 0)
			return false;
	return true;
}

/* Characters beyond ASCII that an origin may fold to a separator ("best fit" to an ANSI code page, NFKC). */
static enum wq_key_reason check_wide(uint32_t cp)
{
	if (cp < 0xa0)
		return WQ_KEY_CONTROL; /* C1 */
	if (cp == 0xff0f || cp == 0x2215 || cp == 0x2044)
		return WQ_KEY_ENCODED_SEPARATOR;
	if (cp == 0xff3c || cp == 0x2216)
		return WQ_KEY_BACKSLASH;
	return WQ_KEY_FINE;
}

static enum wq_key_reason check_text(wq_str path)
{
	for (size_t i = 0; i < path.n;) {
		enum wq_key_reason reason;
		uint32_t cp;
		size_t n;

		if ((unsigned char)path.p[i] < 0x80) {
			if (path.p[i] == '%' && decodes_again(path, i))
				return WQ_KEY_DOUBLE_ENCODING;
			i++;
			continue;
		}
		n = wq_utf8_read(wq_str_from(path, i), &cp);
		if (n == 0)
			return WQ_KEY_BAD_UTF8;
		reason = check_wide(cp);
		if (reason != WQ_KEY_FINE)
			return reason;
		i += n;
	}
	return WQ_KEY_FINE;
}

/* A segment that is no dot segment, but may be one, or none at all, to an origin: "..;x" to Java servers, which cut
 * parameters off, "..." and ".. " to Windows, which cuts dots and spaces off, "．．" to a best fit. */
static enum wq_key_reason check_segment(wq_str segment)
{
	if (segment.p[0] == ';')
		return WQ_KEY_EMPTY_SEGMENT;
	for (size_t i = 0; i < segment.n;) {
		uint32_t cp = 0;

		i += wq_utf8_read_lossy(wq_str_from(segment, i), &cp);
		if (cp == ';')
			break;
		if (cp != '.' && cp != ' ' && cp != 0xff0e && cp != 0x2024 && cp != 0x2025 && cp != 0x2026)
			return WQ_KEY_FINE;
	}
	return WQ_KEY_DOT_PARAMETER;
}

static void put_segment(wq_str segment, struct wq_key_work *key)
{
	for (size_t i = 0; i < segment.n; i++) {
		unsigned char c = (unsigned char)segment.p[i];

		if (wq_key_pchar(c))
			wq_key_put(key, (char)c);
		else
			wq_key_put_encoded(key, c);
	}
}

/* Takes the last segment, whose slash stands at the end, back. */
static bool pop_segment(struct wq_key_work *key, size_t root)
{
	if (key->n == root + 1)
		return false;
	key->n--;
	while (key->at[key->n - 1] != '/')
		key->n--;
	return true;
}

/* Resolves dot segments (RFC 3986 §5.2.4) and encodes what is left. `path` begins with "/". */
static enum wq_key_reason resolve(wq_str path, struct wq_key_work *key)
{
	size_t root = key->n;
	wq_str rest = wq_str_from(path, 1);

	wq_key_put(key, '/');
	while (rest.n > 0 && !key->over) {
		wq_str segment = wq_str_cut(&rest, '/');
		enum wq_key_reason reason;

		if (segment.n == 0)
			return WQ_KEY_EMPTY_SEGMENT;
		if (wq_str_eq(segment, WQ_S(".")))
			continue;
		if (wq_str_eq(segment, WQ_S(".."))) {
			if (!pop_segment(key, root))
				return WQ_KEY_ABOVE_ROOT;
			continue;
		}
		reason = check_segment(segment);
		if (reason != WQ_KEY_FINE)
			return reason;
		put_segment(segment, key);
		if (rest.p)
			wq_key_put(key, '/');
	}
	return key->over ? WQ_KEY_TOO_LONG : WQ_KEY_FINE;
}

static enum wq_key_reason put_path(wq_str raw, struct wq_key_work *key)
{
	struct wq_key_work path;
	enum wq_key_reason reason;

	if (raw.n == 0 || raw.p[0] != '/')
		return WQ_KEY_NO_PATH;
	path.n = 0;
	path.over = false;
	reason = decode(raw, &path);
	if (reason == WQ_KEY_FINE)
		reason = check_text(wq_str_of(path.at, path.n));
	if (reason == WQ_KEY_FINE)
		reason = resolve(wq_str_of(path.at, path.n), key);
	return reason;
}

static enum wq_key_reason put_host(wq_str host, struct wq_key_work *key)
{
	char name[WQ_HOST_MAX + 1];
	enum wq_key_reason reason = wq_key_host(host, name, &key->n);

	if (reason == WQ_KEY_FINE)
		memcpy(key->at, name, key->n);
	return reason;
}

static enum wq_key_reason make(
	wq_str host, wq_str target, const struct wq_key_policy *policy, struct wq_key_work *key, bool *ret_refused)
{
	bool refuse = !policy || policy->query == WQ_KEY_QUERY_REFUSE;
	wq_str query = target;
	enum wq_key_reason reason;

	*ret_refused = false;
	if (target.n > MAX_TARGET)
		return WQ_KEY_TOO_LONG;
	reason = check_raw(target);
	if (reason == WQ_KEY_FINE)
		reason = put_host(host, key);
	if (reason == WQ_KEY_FINE)
		reason = put_path(wq_str_cut(&query, '?'), key);
	if (reason != WQ_KEY_FINE)
		return reason;
	if (query.n > 0 && refuse) {
		*ret_refused = true;
		return WQ_KEY_BAD_QUERY;
	}
	if (!refuse)
		reason = wq_key_query(query, policy, key);
	if (reason == WQ_KEY_FINE && key->over)
		return WQ_KEY_TOO_LONG;
	return reason;
}

wq_err wq_key_make(wq_str host, wq_str target, const struct wq_key_policy *policy, struct wq_buf *out,
	enum wq_key_reason *ret_reason)
{
	struct wq_key_work key;
	bool refused;
	enum wq_key_reason reason;

	key.n = 0;
	key.over = false;
	reason = make(host, target, policy, &key, &refused);
	if (ret_reason)
		*ret_reason = reason;
	if (refused)
		return wq_error_id(WQ_E_NOT_FOUND);
	if (reason == WQ_KEY_TOO_LONG)
		return wq_error_id(WQ_E_LIMIT);
	if (reason != WQ_KEY_FINE)
		return wq_error_id(WQ_E_AMBIGUOUS);
	wq_buf_add(out, wq_str_of(key.at, key.n));
	return wq_buf_err(out);
}

void wq_key_split(wq_str key, wq_str *ret_host, wq_str *ret_target)
{
	ptrdiff_t slash = wq_str_chr(key, '/');
	size_t n = slash < 0 ? key.n : (size_t)slash;

	*ret_host = wq_str_head(key, n);
	*ret_target = wq_str_from(key, n);
}

enum wq_key_reason wq_key_absolute(wq_str target, wq_str *ret_host, wq_str *ret_target)
{
	size_t n = 0;

	if (wq_str_starts_nocase(target, WQ_S("http://")))
		target = wq_str_from(target, 7);
	else if (wq_str_starts_nocase(target, WQ_S("https://")))
		target = wq_str_from(target, 8);
	else
		return WQ_KEY_NO_PATH;
	while (n < target.n && target.p[n] != '/' && target.p[n] != '?' && target.p[n] != '#')
		n++;
	if (n < target.n && target.p[n] != '/')
		return WQ_KEY_NO_PATH;
	*ret_host = wq_str_head(target, n);
	*ret_target = n < target.n ? wq_str_from(target, n) : WQ_S("/");
	return WQ_KEY_FINE;
}

enum wq_key_reason wq_key_sni(wq_str host, wq_str sni)
{
	char host_name[WQ_HOST_MAX + 1], sni_name[WQ_HOST_MAX + 1];
	size_t host_n, sni_n;
	enum wq_key_reason reason = wq_key_host(host, host_name, &host_n);

	if (reason != WQ_KEY_FINE || sni.n == 0)
		return reason;
	if (wq_key_host(sni, sni_name, &sni_n) != WQ_KEY_FINE)
		return WQ_KEY_SNI_DIFFERS;
	return wq_str_eq(wq_str_of(host_name, host_n), wq_str_of(sni_name, sni_n)) ? WQ_KEY_FINE : WQ_KEY_SNI_DIFFERS;
}

bool wq_key_has_parameter(wq_str key)
{
	wq_str path = key;

	return wq_str_chr(wq_str_cut(&path, '?'), ';') >= 0;
}
