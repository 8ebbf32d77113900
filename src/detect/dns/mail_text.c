#include "detect/dns/mail_text.h"

#include "base/buf.h"
#include "base/cursor.h"

/* ---- tag=value lists: RFC 6376 §3.2, which DMARC and MTA-STS follow ---- */

struct tags {
	wq_str rest;
	size_t n;
	const char *fault;
};

static bool next_tag(struct tags *t, wq_str *ret_name, wq_str *ret_value)
{
	while (t->rest.p && !t->fault) {
		wq_str piece = wq_str_trim(wq_str_cut(&t->rest, ';'));
		if (piece.n == 0)
			continue;
		ptrdiff_t equal = wq_str_chr(piece, '=');
		if (equal < 1)
			t->fault = "a tag without a value";
		else if (++t->n > WQ_MAIL_TAGS)
			t->fault = "too many tags";
		else {
			*ret_name = wq_str_trim(wq_str_head(piece, (size_t)equal));
			*ret_value = wq_str_trim(wq_str_from(piece, (size_t)equal + 1));
			return true;
		}
	}
	return false;
}

static struct tags tags_of(wq_str text)
{
	return (struct tags){.rest = text, .fault = text.n > WQ_MAIL_TEXT_BYTES ? "a text that is too long" : NULL};
}

static bool first_is(wq_str text, wq_str version)
{
	struct tags t = tags_of(text);
	wq_str name, value;

	return next_tag(&t, &name, &value) && wq_str_eq_nocase(name, WQ_S("v")) && wq_str_eq_nocase(value, version);
}

/* ---- DMARC ---- */

bool wq_dmarc_is(wq_str text)
{
	return first_is(text, WQ_S("DMARC1"));
}

static const char *policy_of(wq_str value, enum wq_dmarc_policy *ret)
{
	static const wq_str names[] = {WQ_S_INIT("none"), WQ_S_INIT("quarantine"), WQ_S_INIT("reject")};

	for (unsigned i = 0; i < WQ_COUNT(names); i++)
		if (wq_str_eq_nocase(value, names[i])) {
			*ret = (enum wq_dmarc_policy)i;
			return NULL;
		}
	return "p and sp are none, quarantine or reject";
}

static const char *reports_of(wq_str value, bool *ret)
{
	wq_str rest = value;

	while (rest.p) {
		wq_str uri = wq_str_trim(wq_str_cut(&rest, ','));
		if (!wq_str_starts_nocase(uri, WQ_S("mailto:")) || wq_str_chr(uri, '@') < 8)
			return "rua and ruf are mailto addresses";
		*ret = true;
	}
	return NULL;
}

bool wq_dmarc_parse(wq_str text, struct wq_dmarc *ret_dmarc, const char **ret_fault)
{
	struct wq_dmarc d = {.percent = 100};
	struct tags t = tags_of(text);
	wq_str name, value;
	bool p = false, sp = false, ruf = false;
	uint64_t percent;

	if (!wq_dmarc_is(text))
		t.fault = "no DMARC record";
	while (next_tag(&t, &name, &value)) {
		if (wq_str_eq_nocase(name, WQ_S("p"))) {
			t.fault = p ? "p stands twice" : policy_of(value, &d.policy);
			p = true;
		} else if (wq_str_eq_nocase(name, WQ_S("sp"))) {
			t.fault = policy_of(value, &d.subdomains);
			sp = true;
		} else if (wq_str_eq_nocase(name, WQ_S("pct"))) {
			if (wq_str_to_u64(value, 100, &percent))
				d.percent = (uint32_t)percent;
			else
				t.fault = "pct is a number from 0 to 100";
		} else if (wq_str_eq_nocase(name, WQ_S("rua")))
			t.fault = reports_of(value, &d.reports);
		else if (wq_str_eq_nocase(name, WQ_S("ruf")))
			t.fault = reports_of(value, &ruf);
		else if ((wq_str_eq_nocase(name, WQ_S("adkim")) || wq_str_eq_nocase(name, WQ_S("aspf"))) &&
			!wq_str_eq_nocase(value, WQ_S("r")) && !wq_str_eq_nocase(value, WQ_S("s")))
			t.fault = "adkim and aspf are r or s";
	}
	if (!t.fault && !p)
		t.fault = "p is missing";
	if (!sp)
		d.subdomains = d.policy;
	*ret_fault = t.fault;
	if (!t.fault)
		*ret_dmarc = d;
	return !t.fault;
}

/* ---- DKIM ---- */

enum { DER_SEQUENCE = 0x30, DER_INTEGER = 0x02, DER_BITS = 0x03 };

/* The content of the next element of that tag; marks the cursor bad when another one comes. X.690 §8.1, definite lengths only. */
static wq_str der(struct wq_cursor *c, uint8_t tag)
{
	if (wq_cursor_u8(c) != tag)
		wq_cursor_fail(c);
	size_t n = wq_cursor_u8(c);
	if (n == 0x81)
		n = wq_cursor_u8(c);
	else if (n == 0x82)
		n = wq_cursor_u16(c);
	else if (n >= 0x80)
		wq_cursor_fail(c);
	return wq_cursor_take(c, n);
}

static bool modulus_bits(wq_str key, uint32_t *ret_bits)
{
	struct wq_cursor outer = wq_cursor_of(key);
	struct wq_cursor c = wq_cursor_of(der(&outer, DER_SEQUENCE));

	if (c.bytes.n && (uint8_t)c.bytes.p[0] == DER_SEQUENCE) { /* SubjectPublicKeyInfo around it (RFC 5280 §4.1) */
		(void)der(&c, DER_SEQUENCE);
		wq_str bits = der(&c, DER_BITS);
		struct wq_cursor inner = wq_cursor_of(wq_str_from(bits, 1));
		c = wq_cursor_of(der(&inner, DER_SEQUENCE));
	}
	wq_str modulus = der(&c, DER_INTEGER);
	(void)der(&c, DER_INTEGER);
	if (outer.bad || c.bad)
		return false;
	while (modulus.n && modulus.p[0] == 0)
		modulus = wq_str_from(modulus, 1);
	if (modulus.n == 0)
		return false;
	uint32_t n = (uint32_t)modulus.n * 8;
	for (uint8_t top = (uint8_t)modulus.p[0]; !(top & 0x80); top = (uint8_t)(top << 1))
		n--;
	*ret_bits = n;
	return true;
}

enum { KEY_BYTES = 4096 };

static int digit64(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 4648 §4 with white space between (RFC 6376 §3.2); a missing padding is forgiven, as verifiers do. */
static bool decode64(wq_str text, struct wq_buf *out)
{
	uint32_t bits = 0;
	unsigned n = 0, padding = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		int digit = digit64(c);
		if (c == '=' && ++padding <= 2)
			continue;
		if (digit < 0 || padding)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		n += 6;
		if (n >= 8) {
			n -= 8;
			wq_buf_byte(out, (uint8_t)(bits >> n));
		}
	}
	return n < 6 && !wq_failed(wq_buf_err(out));
}

static const char *key_of(wq_str value, struct wq_dkim_key *key)
{
	WQ_BUF(bytes, KEY_BYTES);

	if (value.n == 0) {
		key->revoked = true;
		return NULL;
	}
	if (!decode64(value, &bytes))
		return "p is no base64";
	if (key->ed25519)
		return bytes.len == 32 ? NULL : "an Ed25519 key has 32 bytes";
	return modulus_bits(wq_buf_str(&bytes), &key->bits) ? NULL : "p is no RSA key";
}

static bool has_item(wq_str list, wq_str item)
{
	while (list.p)
		if (wq_str_eq_nocase(wq_str_trim(wq_str_cut(&list, ':')), item))
			return true;
	return false;
}

bool wq_dkim_parse(wq_str text, struct wq_dkim_key *ret_key, const char **ret_fault)
{
	struct wq_dkim_key key = {0};
	struct tags t = tags_of(text);
	wq_str name, value, p = WQ_S_NONE;
	bool has_p = false;

	while (next_tag(&t, &name, &value)) {
		if (wq_str_eq(name, WQ_S("v"))) {
			if (t.n != 1 || !wq_str_eq(value, WQ_S("DKIM1")))
				t.fault = "v is not DKIM1, or not first";
		} else if (wq_str_eq(name, WQ_S("k"))) {
			key.ed25519 = wq_str_eq_nocase(value, WQ_S("ed25519"));
			if (!key.ed25519 && !wq_str_eq_nocase(value, WQ_S("rsa")))
				t.fault = "an unknown kind of key";
		} else if (wq_str_eq(name, WQ_S("t")))
			key.testing = has_item(value, WQ_S("y"));
		else if (wq_str_eq(name, WQ_S("h")))
			key.sha1_only = !has_item(value, WQ_S("sha256"));
		else if (wq_str_eq(name, WQ_S("p"))) {
			p = value;
			has_p = true;
		}
	}
	if (!t.fault)
		t.fault = has_p ? key_of(p, &key) : "p is missing";
	*ret_fault = t.fault;
	if (!t.fault)
		*ret_key = key;
	return !t.fault;
}

/* ---- MTA-STS ---- */

bool wq_sts_is(wq_str text)
{
	return first_is(text, WQ_S("STSv1"));
}

bool wq_sts_parse(wq_str text, wq_str *ret_id, const char **ret_fault)
{
	struct tags t = tags_of(text);
	wq_str name, value, id = WQ_S_NONE;

	if (!wq_sts_is(text))
		t.fault = "no MTA-STS record";
	while (next_tag(&t, &name, &value))
		if (wq_str_eq(name, WQ_S("id")))
			id = value;
	for (size_t i = 0; i < id.n && !t.fault; i++) {
		char c = (char)(id.p[i] | 0x20);
		if (!(c >= 'a' && c <= 'z') && !(id.p[i] >= '0' && id.p[i] <= '9'))
			t.fault = "id is letters and digits";
	}
	if (!t.fault && (id.n == 0 || id.n > 32))
		t.fault = "id has 1 to 32 characters";
	*ret_fault = t.fault;
	if (!t.fault)
		*ret_id = id;
	return !t.fault;
}

static const char *policy_line(wq_str key, wq_str value, struct wq_sts_policy *p, unsigned *seen)
{
	uint64_t age;

	if (wq_str_eq(key, WQ_S("version"))) {
		*seen |= 1;
		return wq_str_eq(value, WQ_S("STSv1")) ? NULL : "version is STSv1";
	}
	if (wq_str_eq(key, WQ_S("mode"))) {
		*seen |= 2;
		p->mode = wq_str_eq(value, WQ_S("enforce")) ? WQ_STS_ENFORCE
			: wq_str_eq(value, WQ_S("testing")) ? WQ_STS_TESTING
							    : WQ_STS_NONE;
		return p->mode != WQ_STS_NONE || wq_str_eq(value, WQ_S("none")) ? NULL
										: "mode is enforce, testing or none";
	}
	if (wq_str_eq(key, WQ_S("max_age"))) {
		*seen |= 4;
		if (!wq_str_to_u64(value, 31557600, &age))
			return "max_age is a number up to 31557600";
		p->max_age = (uint32_t)age;
	}
	if (wq_str_eq(key, WQ_S("mx"))) {
		if (p->mx_n == WQ_STS_MX_MAX)
			return "too many mx lines";
		p->mx[p->mx_n++] = value;
	}
	return NULL;
}

bool wq_sts_policy_parse(wq_str bytes, struct wq_sts_policy *ret_policy, const char **ret_fault)
{
	struct wq_sts_policy p = {0};
	const char *fault = bytes.n > WQ_MAIL_TEXT_BYTES ? "a policy that is too long" : NULL;
	wq_str rest = bytes;
	unsigned seen = 0;

	while (rest.p && !fault) {
		wq_str line = wq_str_trim(wq_str_cut(&rest, '\n'));
		ptrdiff_t colon = wq_str_chr(line, ':');
		if (line.n == 0)
			continue;
		fault = colon < 1 ? "a line that is not \"key: value\""
				  : policy_line(wq_str_trim(wq_str_head(line, (size_t)colon)),
					    wq_str_trim(wq_str_from(line, (size_t)colon + 1)), &p, &seen);
	}
	if (!fault && seen != 7)
		fault = "version, mode and max_age have to be there";
	if (!fault && p.mode != WQ_STS_NONE && p.mx_n == 0)
		fault = "no mx";
	*ret_fault = fault;
	if (!fault)
		*ret_policy = p;
	return !fault;
}

bool wq_sts_policy_covers(const struct wq_sts_policy *policy, wq_str host)
{
	for (size_t i = 0; i < policy->mx_n; i++) {
		wq_str pattern = policy->mx[i];
		if (wq_str_eq_nocase(pattern, host))
			return true;
		ptrdiff_t dot = wq_str_chr(host, '.');
		if (wq_str_starts(pattern, WQ_S("*.")) && dot > 0 &&
			wq_str_eq_nocase(wq_str_from(pattern, 2), wq_str_from(host, (size_t)dot + 1)))
			return true;
	}
	return false;
}

/* ---- CAA ---- */

bool wq_caa_parse(wq_str text, struct wq_caa *ret_caa)
{
	wq_str rest = text, flags = wq_str_cut(&rest, ' ');
	uint64_t value;

	if (text.n > WQ_MAIL_TEXT_BYTES || !wq_str_to_u64(flags, 255, &value) || !rest.p)
		return false;
	wq_str tag = wq_str_cut(&rest, ' ');
	if (tag.n == 0 || rest.n < 2 || rest.p[0] != '"' || rest.p[rest.n - 1] != '"')
		return false;
	*ret_caa = (struct wq_caa){(uint8_t)value, tag, wq_str_of(rest.p + 1, rest.n - 2)};
	return true;
}
