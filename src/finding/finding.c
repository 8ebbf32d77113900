#include "finding/excerpt.h"
#include "finding/finding.h"
#include "finding/utf8_priv.h"

static const struct {
	const char *name, *zh;
} severities[WQ_SEVERITY_COUNT] = {
	[WQ_SEVERITY_INFO] = {"info", "提示"},
	[WQ_SEVERITY_LOW] = {"low", "低"},
	[WQ_SEVERITY_MEDIUM] = {"medium", "中"},
	[WQ_SEVERITY_HIGH] = {"high", "高"},
	[WQ_SEVERITY_CRITICAL] = {"critical", "严重"},
};

const char *wq_severity_name(enum wq_severity severity)
{
	return (unsigned)severity < WQ_SEVERITY_COUNT ? severities[severity].name : "unknown";
}

const char *wq_severity_title(enum wq_severity severity, enum wq_lang lang)
{
	if (lang == WQ_LANG_EN || (unsigned)severity >= WQ_SEVERITY_COUNT)
		return wq_severity_name(severity);
	return severities[severity].zh;
}

bool wq_severity_parse(wq_str name, enum wq_severity *ret_severity)
{
	for (unsigned i = 0; i < WQ_SEVERITY_COUNT; i++) {
		if (wq_str_eq(name, wq_str_c(severities[i].name))) {
			*ret_severity = (enum wq_severity)i;
			return true;
		}
	}
	return false;
}

bool wq_finding_add_clause(struct wq_finding *finding, wq_str clause)
{
	for (size_t i = 0; i < finding->clause_count; i++)
		if (wq_str_eq(finding->clauses[i], clause))
			return true;
	if (finding->clause_count == WQ_FINDING_CLAUSES)
		return false;
	finding->clauses[finding->clause_count++] = clause;
	return true;
}

static wq_err check_rule(wq_str rule)
{
	if (rule.n == 0 || rule.n > WQ_FINDING_RULE_BYTES)
		return wq_error(WQ_E_INPUT, "finding: rule: 1 to %d bytes", WQ_FINDING_RULE_BYTES);
	for (size_t i = 0; i < rule.n; i++) {
		char c = rule.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
			return wq_error(WQ_E_INPUT, "finding: rule: made of a-z, 0-9, '.' and '-'");
	}
	return WQ_OK;
}

static wq_err check_clauses(const struct wq_finding *finding)
{
	if (finding->clause_count == 0 || finding->clause_count > WQ_FINDING_CLAUSES)
		return wq_error(WQ_E_INPUT, "finding: clauses: 1 to %d of them", WQ_FINDING_CLAUSES);
	for (size_t i = 0; i < finding->clause_count; i++) {
		wq_str id = finding->clauses[i];
		uint64_t number;
		if (id.n < 2 || id.n > WQ_FINDING_CLAUSE_BYTES || id.p[0] < 'A' || id.p[0] > 'F' || id.p[1] == '0' ||
			!wq_str_to_u64(wq_str_from(id, 1), 999, &number))
			return wq_error(WQ_E_INPUT, "finding: clauses: an ID is a letter A to F and a number");
	}
	return WQ_OK;
}

static wq_err check_texts(const struct wq_finding *f)
{
	const struct {
		const char *name;
		wq_str text;
		size_t max;
	} texts[] = {
		{"place.app", f->place.app, WQ_FINDING_PLACE_BYTES},
		{"place.key", f->place.key, WQ_FINDING_PLACE_BYTES},
		{"place.url", f->place.url, WQ_FINDING_PLACE_BYTES},
		{"place.file", f->place.file, WQ_FINDING_PLACE_BYTES},
		{"evidence.excerpt", f->evidence.excerpt, WQ_EXCERPT_BYTES},
		{"evidence.subject", f->evidence.subject, WQ_EXCERPT_BYTES},
		{"evidence.target", f->evidence.target, WQ_FINDING_PLACE_BYTES},
		{"advice.zh", f->advice_zh, WQ_FINDING_ADVICE_BYTES},
		{"advice.en", f->advice_en, WQ_FINDING_ADVICE_BYTES},
		{"owner", f->owner, WQ_FINDING_OWNER_BYTES},
	};
	for (size_t i = 0; i < WQ_COUNT(texts); i++) {
		if (texts[i].text.n > texts[i].max)
			return wq_error(WQ_E_LIMIT, "finding: %s: more than %zu bytes", texts[i].name, texts[i].max);
		if (!wq_is_clean(texts[i].text))
			return wq_error(
				WQ_E_INPUT, "finding: %s: not UTF-8, or with control characters", texts[i].name);
	}
	return WQ_OK;
}

static bool is_time(wq_time t)
{
	const wq_time year_10000 = 253402300800 * WQ_SECOND;
	return t >= 0 && t < year_10000;
}

wq_err wq_finding_check(const struct wq_finding *f)
{
	WQ_TRY(check_rule(f->rule));
	WQ_TRY(check_clauses(f));
	if ((unsigned)f->severity >= WQ_SEVERITY_COUNT)
		return wq_error(WQ_E_INPUT, "finding: severity: no such value");
	if (f->place.offset >> 53 || f->place.length >> 53)
		return wq_error(WQ_E_LIMIT, "finding: place: offset and length are below 2^53");
	if (!is_time(f->due) || !is_time(f->found_at))
		return wq_error(WQ_E_INPUT, "finding: due, found_at: not between 1970 and 9999");
	return check_texts(f);
}

/* SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012, as extended by its authors), fed piece by piece. */
struct sip {
	uint64_t v[4], word;
	size_t n;
};

static inline uint64_t rotl(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void sip_word(struct sip *sip, uint64_t word)
{
	sip->v[3] ^= word;
	sip_round(sip->v);
	sip_round(sip->v);
	sip->v[0] ^= word;
}

/* The key is public: 00 01 … 0f, the one of the algorithm's own test vectors. */
static void sip_init(struct sip *sip)
{
	const uint64_t k0 = 0x0706050403020100, k1 = 0x0f0e0d0c0b0a0908;
	*sip = (struct sip){.v = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261,
				    k1 ^ 0x7465646279746573}};
}

static void sip_byte(struct sip *sip, uint8_t byte)
{
	sip->word |= (uint64_t)byte << (8 * (sip->n++ & 7));
	if ((sip->n & 7) == 0) {
		sip_word(sip, sip->word);
		sip->word = 0;
	}
}

static void put_le(uint8_t *out, uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t sip_mix(struct sip *sip)
{
	for (size_t i = 0; i < 4; i++)
		sip_round(sip->v);
	return sip->v[0] ^ sip->v[1] ^ sip->v[2] ^ sip->v[3];
}

static void sip_done(struct sip *sip, uint8_t out[16])
{
	sip_word(sip, sip->word | (uint64_t)(sip->n & 0xff) << 56);
	sip->v[2] ^= 0xee;
	put_le(out, sip_mix(sip));
	sip->v[1] ^= 0xdd;
	put_le(out + 8, sip_mix(sip));
}

/* A member: its length in four bytes, then its bytes, so that members cannot run into each other. */
static void sip_member(struct sip *sip, wq_str s)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		sip_byte(sip, (uint8_t)(s.n >> shift));
	for (size_t i = 0; i < s.n; i++)
		sip_byte(sip, (uint8_t)s.p[i]);
}

/* Without white space, ASCII letters small, full-width ASCII narrow. At most WQ_EXCERPT_BYTES of it count. */
static wq_str normalise(wq_str s, char out[WQ_EXCERPT_BYTES])
{
	size_t n = 0;
	uint32_t c;
	s = wq_str_head(s, WQ_EXCERPT_BYTES);
	for (size_t at = 0, length; at < s.n; at += length) {
		length = wq_utf8_next(s, at, &c);
		uint32_t narrow = c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
		if (wq_utf8_is_space(c))
			continue;
		if (narrow < 0x80) {
			out[n++] = (char)(narrow >= 'A' && narrow <= 'Z' ? narrow + 32 : narrow);
			continue;
		}
		memcpy(out + n, s.p + at, length);
		n += length;
	}
	return wq_str_of(out, n);
}

struct wq_finding_id wq_finding_identity(const struct wq_finding *f)
{
	struct wq_finding_id id;
	struct sip sip;
	char normal[WQ_EXCERPT_BYTES];
	sip_init(&sip);
	sip_member(&sip, WQ_S("weique.finding.1"));
	sip_member(&sip, f->rule);
	sip_member(&sip, f->place.app);
	sip_member(&sip, f->place.key);
	sip_member(&sip, f->place.url);
	sip_member(&sip, f->place.file);
	sip_member(&sip, normalise(f->evidence.subject.n ? f->evidence.subject : f->evidence.excerpt, normal));
	sip_done(&sip, id.bytes);
	return id;
}

const char *wq_finding_id_text(const struct wq_finding_id *id, char out[WQ_FINDING_ID_TEXT])
{
	return wq_hex(id->bytes, sizeof(id->bytes), out);
}

bool wq_finding_same(const struct wq_finding *a, const struct wq_finding *b)
{
	struct wq_finding_id ia = wq_finding_identity(a), ib = wq_finding_identity(b);
	return memcmp(ia.bytes, ib.bytes, sizeof(ia.bytes)) == 0 && wq_str_eq(a->rule, b->rule) &&
		wq_str_eq(a->place.app, b->place.app) && wq_str_eq(a->place.key, b->place.key) &&
		wq_str_eq(a->place.url, b->place.url) && wq_str_eq(a->place.file, b->place.file);
}
