#include "text/key_priv.h"

/* In a query, bytes stay bytes (old sites send GBK); what carries meaning raw and encoded differently ("&", "=", "+",
 * ";", "%20") stays as it was sent. Only the spelling is made one: unreserved characters decoded, hex digits in upper
 * case, raw bytes that RFC 3986 §3.4 does not allow encoded. */
static enum wq_key_reason put_normal(wq_str s, struct wq_key_work *work)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		int byte;

		if (c == '\\')
			return WQ_KEY_BACKSLASH;
		if (c != '%') {
			if (wq_key_pchar(c) || c == '/' || c == '?')
				wq_key_put(work, (char)c);
			else
				wq_key_put_encoded(work, c);
			continue;
		}
		byte = wq_key_percent(s, i);
		if (byte <= 0) /* %00 or no number */
			return WQ_KEY_BAD_QUERY;
		if (wq_key_unreserved((unsigned char)byte))
			wq_key_put(work, (char)byte);
		else
			wq_key_put_encoded(work, (unsigned char)byte);
		i += 2;
	}
	return WQ_KEY_FINE;
}

enum wq_key_reason wq_key_query_spell(wq_str query, struct wq_buf *out)
{
	enum { WINDOW = WQ_KEY_MAX / 4 };

	while (query.n > 0) {
		struct wq_key_work work = {0};
		size_t n = WQ_MIN(query.n, (size_t)WINDOW);
		enum wq_key_reason reason;

		while (n < query.n && n > WINDOW - 3 && wq_str_chr(wq_str_of(query.p + n - 2, 2), '%') >= 0)
			n--; /* not inside of "%hh" */
		reason = put_normal(wq_str_head(query, n), &work);
		if (reason != WQ_KEY_FINE)
			return reason;
		wq_buf_add(out, wq_str_of(work.at, work.n));
		query = wq_str_from(query, n);
	}
	return WQ_KEY_FINE;
}

/* Whether decoding what stands from `from` on once more would find something to decode: "%25" and two hex digits. */
static bool encoded_twice(const struct wq_key_work *work, size_t from)
{
	wq_str s = wq_str_of(work->at, work->n);

	for (size_t i = from; i + 5 <= s.n; i++)
		if (memcmp(s.p + i, "%25", 3) == 0 && wq_key_hex(s.p[i + 3]) >= 0 && wq_key_hex(s.p[i + 4]) >= 0)
			return true;
	return false;
}

static enum wq_key_reason put_checked(wq_str s, struct wq_key_work *work)
{
	size_t from = work->n;
	enum wq_key_reason reason = put_normal(s, work);

	if (reason == WQ_KEY_FINE && encoded_twice(work, from))
		return WQ_KEY_BAD_QUERY;
	return reason;
}

/* Whether the still encoded `name` is `listed`; a name that cannot be decoded is nobody's. */
static bool name_is(wq_str name, wq_str listed)
{
	size_t at = 0;

	for (size_t i = 0; i < name.n; i++, at++) {
		int byte = (unsigned char)name.p[i];

		if (byte == '%') {
			byte = wq_key_percent(name, i);
			if (byte < 0)
				return false;
			i += 2;
		} else if (byte == '+') {
			byte = ' ';
		}
		if (at >= listed.n || (unsigned char)listed.p[at] != byte)
			return false;
	}
	return at == listed.n;
}

/* A listed name as it stands in the key. */
static void put_name(wq_str name, struct wq_key_work *work)
{
	for (size_t i = 0; i < name.n; i++) {
		if (wq_key_unreserved((unsigned char)name.p[i]))
			wq_key_put(work, name.p[i]);
		else
			wq_key_put_encoded(work, (unsigned char)name.p[i]);
	}
}

/* The first value of `listed`, if the query has one. A raw ";" in it is refused: some origins start another parameter
 * there. */
static enum wq_key_reason put_listed(
	wq_str query, wq_str listed, char separator, struct wq_key_work *work, bool *ret_put)
{
	*ret_put = false;
	for (wq_str rest = query; rest.p;) {
		wq_str value = wq_str_cut(&rest, '&');
		bool has_value;
		wq_str name;

		if (value.n == 0)
			continue;
		name = wq_str_cut(&value, '=');
		has_value = value.p != NULL;
		if (!name_is(name, listed))
			continue;
		wq_key_put(work, separator);
		put_name(listed, work);
		*ret_put = true;
		if (!has_value)
			return WQ_KEY_FINE;
		if (wq_str_chr(value, ';') >= 0)
			return WQ_KEY_BAD_QUERY;
		wq_key_put(work, '=');
		return put_checked(value, work);
	}
	return WQ_KEY_FINE;
}

enum wq_key_reason wq_key_query(wq_str query, const struct wq_key_policy *policy, struct wq_key_work *work)
{
	char separator = '?';

	if (query.n == 0 || policy->query == WQ_KEY_QUERY_IGNORE)
		return WQ_KEY_FINE;
	if (policy->query == WQ_KEY_QUERY_KEEP) {
		wq_key_put(work, separator);
		return put_checked(query, work);
	}
	for (size_t i = 0; i < policy->listed_n; i++) {
		bool put;
		enum wq_key_reason reason = put_listed(query, policy->listed[i], separator, work, &put);

		if (reason != WQ_KEY_FINE)
			return reason;
		if (put)
			separator = '&';
	}
	return WQ_KEY_FINE;
}
