#include "policy/leave.h"

#include "crypto/canon.h"
#include "text/base64.h"
#include "text/host.h"

/* ---- who is inside */

static wq_str without_dot(wq_str host)
{
	return host.n > 0 && host.p[host.n - 1] == '.' ? wq_str_head(host, host.n - 1) : host;
}

static bool listed(const wq_str *hosts, size_t n, wq_str host)
{
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(hosts[i], host))
			return true;
	return false;
}

bool wq_leave_inside(const struct wq_leave *leave, wq_str host)
{
	const struct wq_policy *policy = leave->policy;

	host = without_dot(host);
	if (listed(leave->hosts, leave->hosts_n, host) || listed(policy->inside, policy->inside_n, host))
		return true;
	for (size_t i = 0; i < policy->suffixes_n; i++)
		if (host.n > policy->suffixes[i].n + 1 && wq_host_under(host, policy->suffixes[i]) && host.p[0] != '.')
			return true;
	return false;
}

/* ---- judging */

enum { IN_HOST = 1, IN_REST = 2 };

/* What stands for itself in a serialisation, whatever is before it: in a host, and in path, query and fragment alike. */
#define LETTER IN_HOST | IN_REST
static const uint8_t plain[256] = {
	['a' ... 'z'] = LETTER,
	['0' ... '9'] = LETTER,
	['-'] = LETTER,
	['.'] = LETTER,
	['A' ... 'Z'] = IN_REST,
	['/'] = IN_REST,
	['_'] = IN_REST,
	['~'] = IN_REST,
	['!'] = IN_REST,
	['$'] = IN_REST,
	['&'] = IN_REST,
	['('] = IN_REST,
	[')'] = IN_REST,
	['*'] = IN_REST,
	['+'] = IN_REST,
	[','] = IN_REST,
	[';'] = IN_REST,
	['='] = IN_REST,
	[':'] = IN_REST,
	['@'] = IN_REST,
	['|'] = IN_REST,
	['%'] = IN_REST,
	['?'] = IN_REST,
	['#'] = IN_REST,
};

/* No number for its last label, no label that needs decoding. */
static bool plain_host(wq_str host)
{
	enum { LONGEST = 253 };
	wq_str last = wq_str_from(host, (size_t)(wq_str_rchr(host, '.') + 1));

	return host.n <= LONGEST && last.n > 0 && (last.p[0] < '0' || last.p[0] > '9') &&
		wq_str_find(host, WQ_S("xn--")) < 0;
}

/* Whether an address of http or https is written as it would be serialised, but for the path's first slash: then its host is
 * `*ret_host`, and nothing has to be parsed. "No" is always a safe answer. */
static bool is_plain(wq_str address, wq_str *ret_host)
{
	size_t from = wq_str_starts(address, WQ_S("https://")) ? 8 : 7, i = from;

	if (address.n > WQ_LEAVE_URL_MAX || (from == 7 && !wq_str_starts(address, WQ_S("http://"))))
		return false;
	while (i < address.n && plain[(unsigned char)address.p[i]] & IN_HOST)
		i++;
	*ret_host = wq_str_of(address.p + from, i - from);
	if ((i < address.n && address.p[i] != '/') || !plain_host(*ret_host))
		return false;
	for (; i < address.n; i++) {
		if (!(plain[(unsigned char)address.p[i]] & IN_REST))
			return false;
		if (address.p[i] == '/' && i + 1 < address.n && address.p[i + 1] == '.') /* may be a dot segment */
			return false;
		if (address.p[i] == '%' && wq_str_starts_nocase(wq_str_from(address, i), WQ_S("%2e")))
			return false;
	}
	return true;
}

static enum wq_leave_verdict leads_out(wq_str address, bool slash, struct wq_buf *out)
{
	if (address.n + slash > WQ_LEAVE_URL_MAX)
		return WQ_LEAVE_CUT;
	wq_buf_add(out, address);
	if (slash)
		wq_buf_byte(out, '/');
	return WQ_LEAVE_LEADS_OUT;
}

/* Schemes that lead to no other place, even where "//" follows. */
static bool goes_nowhere(wq_str scheme)
{
	static const wq_str rows[] = {WQ_S_INIT("javascript"), WQ_S_INIT("mailto"), WQ_S_INIT("tel"), WQ_S_INIT("sms"),
		WQ_S_INIT("data"), WQ_S_INIT("blob"), WQ_S_INIT("about"), WQ_S_INIT("file"), WQ_S_INIT("vbscript")};

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (wq_str_eq_nocase(scheme, rows[i]))
			return true;
	return false;
}

/* What our parser refuses and a browser may take all the same: hosts outside ASCII, encoded, or in A-labels. */
static bool may_be_read(wq_str address)
{
	for (size_t i = 0; i < address.n; i++)
		if ((unsigned char)address.p[i] >= 0x80 || address.p[i] == '%' ||
			wq_str_starts_nocase(wq_str_from(address, i), WQ_S("xn--")))
			return true;
	return false;
}

enum wq_leave_verdict wq_leave_judge(const struct wq_leave *leave, const struct wq_url *base, wq_str address,
	struct wq_arena *scratch, struct wq_buf *out)
{
	struct wq_url url;
	wq_str host;
	wq_err e;

	if (is_plain(address, &host))
		return wq_leave_inside(leave, host) ? WQ_LEAVE_STAYS
						    : leads_out(address, host.p + host.n == address.p + address.n, out);
	if (goes_nowhere(wq_url_scheme(address)))
		return WQ_LEAVE_STAYS;
	e = wq_url_parse(scratch, address, base, &url);
	if (wq_failed(e))
		return wq_is(e, WQ_E_INPUT) && !may_be_read(address) ? WQ_LEAVE_UNREADABLE : WQ_LEAVE_CUT;
	if (!url.has_host || goes_nowhere(url.scheme) || (url.special && wq_leave_inside(leave, url.host)))
		return WQ_LEAVE_STAYS;
	return leads_out(url.href, false, out);
}

/* ---- names of addresses */

static void put_u32(char *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (char)(v >> (24 - 8 * i));
}

/* The canonical encoding (crypto/canon.h) of one text under `domain`, version 1; written here because an address always fits
 * and this cannot fail. Returns its length. */
static size_t encode(const char *domain, wq_str text, char *out, size_t cap)
{
	static const char version_algorithm_text[] = {0, 1, 0, WQ_ALG_SM3, 's'};
	size_t domain_n = strlen(domain), n = 0;

	memcpy(out, "WQC1", 4);
	out[4] = (char)domain_n;
	memcpy(out + 5, domain, domain_n);
	n = 5 + domain_n;
	memcpy(out + n, version_algorithm_text, sizeof(version_algorithm_text));
	n += sizeof(version_algorithm_text);
	text = wq_str_head(text, cap - n - 4);
	put_u32(out + n, (uint32_t)text.n);
	n += 4;
	if (text.n > 0)
		memcpy(out + n, text.p, text.n);
	return n + text.n;
}

enum { ENCODED_MAX = WQ_LEAVE_URL_MAX + 64 };

struct wq_leave_id wq_leave_id(wq_str address)
{
	char bytes[ENCODED_MAX];
	wq_str message = wq_str_of(bytes, encode(WQ_DOMAIN_LEAVE_ID, address, bytes, sizeof(bytes)));
	struct wq_leave_id id;
	wq_digest d;

	wq_sm3_many(&message, 1, &d);
	memcpy(id.b, d.b, sizeof(id.b));
	return id;
}

wq_digest wq_leave_key(const wq_digest *master, wq_str app)
{
	char bytes[ENCODED_MAX];
	size_t n = encode(WQ_DOMAIN_LEAVE_KEY, app, bytes, sizeof(bytes));

	return wq_hmac_sm3(wq_str_of(master->b, sizeof(master->b)), wq_str_of(bytes, n));
}

static void put_hex(const uint8_t *bytes, struct wq_buf *out)
{
	char hex[WQ_LEAVE_ID_HEX + 1];

	wq_buf_add(out, wq_str_of(wq_hex(bytes, WQ_LEAVE_ID_BYTES, hex), WQ_LEAVE_ID_HEX));
}

void wq_leave_target_with(
	const struct wq_policy *policy, wq_str address, const struct wq_hmac_key *key, struct wq_buf *out)
{
	wq_digest mark = wq_hmac_sm3_with(key, address);

	wq_buf_add(out, policy->leave_prefix);
	wq_buf_add(out, WQ_S("d/"));
	put_hex(mark.b, out);
	wq_buf_byte(out, '/');
	wq_base64_encode(address, WQ_BASE64_URL, out);
}

void wq_leave_target(const struct wq_policy *policy, wq_str address, const wq_digest *key, struct wq_buf *out)
{
	struct wq_leave_id id;
	struct wq_hmac_key prepared;

	if (key) {
		wq_hmac_sm3_key(wq_str_of(key->b, sizeof(key->b)), &prepared);
		wq_leave_target_with(policy, address, &prepared, out);
		return;
	}
	id = wq_leave_id(address);
	wq_buf_add(out, policy->leave_prefix);
	put_hex(id.b, out);
}

/* ---- requests */

bool wq_leave_is(const struct wq_policy *policy, wq_str path)
{
	return policy->leave && policy->leave_prefix.n > 0 && wq_str_starts(path, policy->leave_prefix);
}

static bool lower_hex(wq_str text, uint8_t out[WQ_LEAVE_ID_BYTES])
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 'A' && text.p[i] <= 'F')
			return false;
	return wq_str_unhex(text, out, WQ_LEAVE_ID_BYTES);
}

/* In constant time, on the half that stands in the address. */
static bool marks(const wq_digest *key, wq_str address, const uint8_t mark[WQ_LEAVE_ID_BYTES])
{
	wq_digest right = wq_hmac_sm3(wq_str_of(key->b, sizeof(key->b)), address), given = {0};

	memset(right.b + WQ_LEAVE_ID_BYTES, 0, sizeof(right.b) - WQ_LEAVE_ID_BYTES);
	memcpy(given.b, mark, WQ_LEAVE_ID_BYTES);
	return wq_digest_eq(right, given);
}

/* "<32 hex digits>/<base64url>" */
static bool read_token(wq_str token, const wq_digest *keys, size_t keys_n, struct wq_buf *out)
{
	uint8_t mark[WQ_LEAVE_ID_BYTES];
	size_t before = out->len;
	wq_str address;

	if (token.n <= WQ_LEAVE_ID_HEX + 1 || token.n > WQ_LEAVE_TARGET_MAX || token.p[WQ_LEAVE_ID_HEX] != '/' ||
		!lower_hex(wq_str_head(token, WQ_LEAVE_ID_HEX), mark) ||
		!wq_base64_url_decode(wq_str_from(token, WQ_LEAVE_ID_HEX + 1), out))
		return false;
	address = wq_str_from(wq_buf_str(out), before);
	for (size_t i = 0; i < keys_n; i++)
		if (marks(&keys[i], address, mark))
			return true;
	out->len = before;
	return false;
}

enum wq_leave_request wq_leave_read(const struct wq_policy *policy, wq_str target, const wq_digest *keys, size_t keys_n,
	struct wq_leave_id *ret_id, struct wq_buf *out)
{
	struct wq_leave_id id;
	wq_str name = wq_str_cut(&target, '?');

	if (!wq_leave_is(policy, name))
		return WQ_LEAVE_NONE;
	name = wq_str_from(name, policy->leave_prefix.n);
	if (name.n == WQ_LEAVE_ID_HEX && lower_hex(name, id.b)) {
		*ret_id = id;
		return WQ_LEAVE_BY_ID;
	}
	if (wq_str_starts(name, WQ_S("d/")) && read_token(wq_str_from(name, 2), keys, keys_n, out))
		return WQ_LEAVE_BY_TOKEN;
	return WQ_LEAVE_NONE;
}
