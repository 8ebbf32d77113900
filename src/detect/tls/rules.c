#include "detect/tls/tls.h"
#include "finding/datafile.h"

enum { HASHES_MAX = 16, BITS_MAX = 100000, DAYS_MAX = 36500, LIMITS = 6 };

enum section { NONE, LIMITS_OF, VERSIONS, HASHES, SUITES, AUTHORITIES };

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_tls_rules *rules;
	struct wq_tls_suite *suites;
	wq_str *hashes, *authorities;
	enum section section;
	enum wq_tls_suite_kind kind;
	unsigned limits; /* bits: which were there */
};

static const wq_str version_words[WQ_TLS_VERSIONS] = {
	[WQ_TLS_SSL2] = WQ_S_INIT("ssl2"),
	[WQ_TLS_SSL3] = WQ_S_INIT("ssl3"),
	[WQ_TLS_10] = WQ_S_INIT("tls1.0"),
	[WQ_TLS_11] = WQ_S_INIT("tls1.1"),
	[WQ_TLS_12] = WQ_S_INIT("tls1.2"),
	[WQ_TLS_13] = WQ_S_INIT("tls1.3"),
	[WQ_TLS_TLCP] = WQ_S_INIT("tlcp"),
};

static const wq_str kind_words[] = {
	[WQ_TLS_SUITE_STATIC] = WQ_S_INIT("static"),
	[WQ_TLS_SUITE_FORWARD] = WQ_S_INIT("forward"),
	[WQ_TLS_SUITE_WEAK] = WQ_S_INIT("weak"),
	[WQ_TLS_SUITE_13] = WQ_S_INIT("tls13"),
	[WQ_TLS_SUITE_SM] = WQ_S_INIT("sm"),
};

const char *wq_tls_version_text(enum wq_tls_version version)
{
	static const char *const texts[WQ_TLS_VERSIONS] = {
		[WQ_TLS_SSL2] = "SSLv2",
		[WQ_TLS_SSL3] = "SSLv3",
		[WQ_TLS_10] = "TLS 1.0",
		[WQ_TLS_11] = "TLS 1.1",
		[WQ_TLS_12] = "TLS 1.2",
		[WQ_TLS_13] = "TLS 1.3",
		[WQ_TLS_TLCP] = "TLCP 1.1",
	};

	return (size_t)version < WQ_COUNT(texts) ? texts[version] : "?";
}

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	static const wq_str names[] = {[LIMITS_OF] = WQ_S_INIT("limits"),
		[VERSIONS] = WQ_S_INIT("versions"),
		[HASHES] = WQ_S_INIT("hashes"),
		[SUITES] = WQ_S_INIT("suites"),
		[AUTHORITIES] = WQ_S_INIT("authorities")};

	r->section = NONE;
	for (size_t i = LIMITS_OF; i < WQ_COUNT(names); i++)
		if (wq_str_eq(item->key, names[i]))
			r->section = (enum section)i;
	if (r->section == NONE)
		return wq_datafile_error(&r->file, item->line, "no section of this name");
	if (r->section != SUITES)
		return WQ_OK;
	for (size_t i = 0; i < WQ_COUNT(kind_words); i++)
		if (wq_str_eq(item->value, kind_words[i])) {
			r->kind = (enum wq_tls_suite_kind)i;
			return WQ_OK;
		}
	return wq_datafile_error(&r->file, item->line, "suites are static, forward, weak, tls13 or sm");
}

static wq_err read_limit(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_tls_rules *rules = r->rules;
	const struct {
		const char *name;
		uint64_t *number, max;
	} limits[LIMITS] = {{"rsa_bits", &rules->rsa_bits, BITS_MAX}, {"ec_bits", &rules->ec_bits, BITS_MAX},
		{"dh_bits", &rules->dh_bits, BITS_MAX}, {"expires_days", &rules->expires_days, DAYS_MAX},
		{"validity_days", &rules->validity_days, DAYS_MAX}, {"hsts_days", &rules->hsts_days, DAYS_MAX}};

	for (size_t i = 0; i < LIMITS; i++)
		if (wq_str_eq(item->key, wq_str_c(limits[i].name)) &&
			wq_str_to_u64(item->value, limits[i].max, limits[i].number)) {
			r->limits |= 1u << i;
			return WQ_OK;
		}
	return wq_datafile_error(&r->file, item->line, "no such limit, or no whole number");
}

static wq_err read_versions(struct reader *r, const struct wq_datafile_item *item)
{
	bool old = wq_str_eq(item->key, WQ_S("old"));
	unsigned *bits = old ? &r->rules->old : &r->rules->modern;

	if (!old && !wq_str_eq(item->key, WQ_S("modern")))
		return wq_datafile_error(&r->file, item->line, "a member of this section is old or modern");
	for (wq_str rest = item->value; rest.p;) {
		wq_str word = wq_str_trim(wq_str_cut(&rest, ' '));
		size_t i = 0;

		while (i < WQ_TLS_VERSIONS && !wq_str_eq(word, version_words[i]))
			i++;
		if (i == WQ_TLS_VERSIONS)
			return wq_datafile_error(&r->file, item->line, "no version of this name");
		*bits |= 1u << i;
	}
	return WQ_OK;
}

static wq_err read_hashes(struct reader *r, const struct wq_datafile_item *item)
{
	if (!wq_str_eq(item->key, WQ_S("weak")))
		return wq_datafile_error(&r->file, item->line, "a member of this section is weak");
	for (wq_str rest = item->value; rest.p;) {
		wq_str word = wq_str_trim(wq_str_cut(&rest, ' '));

		if (r->rules->weak_hashes_n == HASHES_MAX)
			return wq_datafile_error(&r->file, item->line, "more than %d hashes", HASHES_MAX);
		if (word.n)
			r->hashes[r->rules->weak_hashes_n++] = word;
	}
	return WQ_OK;
}

static wq_err read_suite(struct reader *r, const struct wq_datafile_item *item)
{
	wq_str name = item->value, code = wq_str_cut(&name, ' ');
	struct wq_tls_suite suite = {.kind = r->kind, .name = wq_str_trim(name)};
	uint8_t bytes[2];

	if (!wq_str_eq(item->key, WQ_S("suite")) || !wq_str_unhex(code, bytes, 2) || suite.name.n == 0)
		return wq_datafile_error(&r->file, item->line, "suite: four hexadecimal digits and a name");
	if (r->rules->suites_n == WQ_TLS_SUITES_MAX)
		return wq_datafile_error(&r->file, item->line, "more than %d suites", WQ_TLS_SUITES_MAX);
	suite.code = (uint16_t)(bytes[0] << 8 | bytes[1]);
	suite.dhe = wq_str_starts(suite.name, WQ_S("TLS_DHE_"));
	if (wq_tls_suite_of(r->rules, suite.code))
		return wq_datafile_error(&r->file, item->line, "this suite stands there already");
	r->suites[r->rules->suites_n++] = suite;
	return WQ_OK;
}

static wq_err read_authorities(struct reader *r, const struct wq_datafile_item *item)
{
	if (!wq_str_eq(item->key, WQ_S("authority")))
		return wq_datafile_error(&r->file, item->line, "a member of this section is authority");
	for (wq_str rest = item->value; rest.p;) {
		wq_str name = wq_str_trim(wq_str_cut(&rest, '|'));

		if (r->rules->authorities_n == WQ_TLS_AUTHORITIES_MAX)
			return wq_datafile_error(
				&r->file, item->line, "more than %d authorities", WQ_TLS_AUTHORITIES_MAX);
		if (name.n)
			r->authorities[r->rules->authorities_n++] = name;
	}
	return WQ_OK;
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	switch (r->section) {
	case LIMITS_OF: return read_limit(r, item);
	case VERSIONS: return read_versions(r, item);
	case HASHES: return read_hashes(r, item);
	case SUITES: return read_suite(r, item);
	case AUTHORITIES: return read_authorities(r, item);
	case NONE: break;
	}
	return wq_datafile_error(&r->file, item->line, "a value before the first section");
}

static wq_err prepare(struct reader *r)
{
	r->suites = WQ_NEW_ARRAY(r->arena, struct wq_tls_suite, WQ_TLS_SUITES_MAX);
	r->hashes = WQ_NEW_ARRAY(r->arena, wq_str, HASHES_MAX);
	r->authorities = WQ_NEW_ARRAY(r->arena, wq_str, WQ_TLS_AUTHORITIES_MAX);
	WQ_TRY(wq_arena_err(r->arena));
	r->rules->suites = r->suites;
	r->rules->weak_hashes = r->hashes;
	r->rules->authorities = r->authorities;
	return WQ_OK;
}

wq_err wq_tls_rules_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_tls_rules **ret_rules)
{
	struct reader r = {.arena = arena, .rules = WQ_NEW(arena, struct wq_tls_rules)};
	struct wq_datafile_item item;
	/* what is kept are slices of it */
	wq_str copy = wq_arena_str(arena, bytes);

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(prepare(&r));
	WQ_TRY(wq_datafile_open(&r.file, file_name, copy, WQ_S("tls")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_section(&r, &item) : read_value(&r, &item));
	}
	if (r.limits != (1u << LIMITS) - 1)
		return wq_datafile_error(&r.file, r.file.line, "[limits] is not complete");
	if (r.rules->suites_n == 0 || r.rules->old == 0 || r.rules->modern == 0)
		return wq_datafile_error(&r.file, r.file.line, "[versions] or [suites …] is missing");
	r.rules->version = r.file.version;
	r.rules->date = r.file.date;
	r.rules->source = r.file.source;
	*ret_rules = r.rules;
	return WQ_OK;
}

const struct wq_tls_suite *wq_tls_suite_of(const struct wq_tls_rules *rules, uint16_t code)
{
	for (size_t i = 0; i < rules->suites_n; i++)
		if (rules->suites[i].code == code)
			return &rules->suites[i];
	return NULL;
}
