#include "text/host.h"

#include "base/arena.h"
#include "base/file.h"
#include "text/key.h"

enum { MAX_LINE = 1024, MAX_COLUMN = 128, NO_END = 99991231 };

struct wq_suffix_rules {
	struct wq_arena arena;
	struct wq_suffix_rule *rules;
	size_t n;
	wq_str version, source;
	wq_day day;
};

/* Where a fault is, for its note. */
struct place {
	const char *file;
	unsigned line;
};

static wq_err fault(const struct place *place, const char *what, wq_str value)
{
	return wq_error(WQ_E_CONFIG, "%s:%u: %s: %.*s", place->file, place->line, what,
		(int)WQ_MIN(value.n, (size_t)64), value.p ? value.p : "");
}

bool wq_day_parse(wq_str text, wq_day *ret_day)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	uint64_t year, month, day, last;
	bool leap;

	if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' || !wq_str_to_u64(wq_str_head(text, 4), 9999, &year) ||
		!wq_str_to_u64(wq_str_of(text.p + 5, 2), 12, &month) ||
		!wq_str_to_u64(wq_str_of(text.p + 8, 2), 31, &day))
		return false;
	if (year == 0 || month == 0 || day == 0)
		return false;
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	last = days[month - 1] + (month == 2 && leap ? 1u : 0u);
	if (day > last)
		return false;
	*ret_day = (wq_day)(year * 10000 + month * 100 + day);
	return true;
}

/* The next column; columns are parted by one or more spaces or tabs. */
static wq_str column(wq_str *line)
{
	size_t n = 0;
	wq_str found;

	*line = wq_str_trim(*line);
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	found = wq_str_head(*line, n);
	*line = wq_str_trim(wq_str_from(*line, n));
	return found;
}

static wq_err read_header(wq_str line, const struct place *place, struct wq_suffix_rules *rules)
{
	wq_str format;

	if (!wq_str_eq(column(&line), WQ_S("suffix-rules")))
		return fault(place, "the first line has to begin with suffix-rules", WQ_S_NONE);
	format = column(&line);
	if (!wq_str_eq(format, WQ_S("1")))
		return fault(place, "unknown format", format);
	rules->version = wq_arena_str(&rules->arena, column(&line));
	if (rules->version.n == 0)
		return fault(place, "a version is missing", WQ_S_NONE);
	if (!wq_day_parse(column(&line), &rules->day))
		return fault(place, "a day (YYYY-MM-DD) is missing", WQ_S_NONE);
	if (line.n == 0)
		return fault(place, "a source is missing", WQ_S_NONE);
	rules->source = wq_arena_str(&rules->arena, line);
	return wq_arena_err(&rules->arena);
}

static bool read_owner(wq_str word, enum wq_suffix_owner *ret_owner)
{
	static const struct {
		wq_str word;
		enum wq_suffix_owner owner;
	} owners[] = {
		{WQ_S_INIT("organ"), WQ_OWNER_ORGAN},
		{WQ_S_INIT("institution"), WQ_OWNER_INSTITUTION},
		{WQ_S_INIT("union"), WQ_OWNER_UNION},
	};

	for (size_t i = 0; i < WQ_COUNT(owners); i++)
		if (wq_str_eq(word, owners[i].word)) {
			*ret_owner = owners[i].owner;
			return true;
		}
	return false;
}

static bool read_uses(wq_str words, unsigned *ret_uses)
{
	unsigned uses = 0;

	while (words.p) {
		wq_str word = wq_str_cut(&words, ',');

		if (wq_str_eq(word, WQ_S("site")))
			uses |= WQ_USE_SITE;
		else if (wq_str_eq(word, WQ_S("mail")))
			uses |= WQ_USE_MAIL;
		else
			return false;
	}
	*ret_uses = uses;
	return uses != 0;
}

static bool read_suffix(wq_str word, struct wq_arena *arena, wq_str *ret_suffix)
{
	char host[WQ_HOST_MAX + 1];
	size_t n;

	if (word.n < 2 || word.p[0] != '.' || wq_str_chr(word, ':') >= 0 || word.p[1] == '[' ||
		wq_key_host(wq_str_from(word, 1), host, &n) != WQ_KEY_FINE)
		return false;
	*ret_suffix = wq_arena_str(arena, wq_str_of(host, n));
	return true;
}

static wq_err read_span(wq_str from, wq_str until, const struct place *place, struct wq_suffix_rule *rule)
{
	rule->until = NO_END;
	if (!wq_day_parse(from, &rule->from))
		return fault(place, "no day", from);
	if (!wq_str_eq(until, WQ_S("-")) && !wq_day_parse(until, &rule->until))
		return fault(place, "no day and no -", until);
	if (rule->until < rule->from)
		return fault(place, "ends before it begins", until);
	return WQ_OK;
}

static wq_err read_rule(wq_str line, const struct place *place, struct wq_suffix_rules *rules)
{
	struct wq_suffix_rule *rule = &rules->rules[rules->n];
	wq_str name = column(&line), owner = column(&line), uses = column(&line), suffix = column(&line);
	wq_str reserved = column(&line), from = column(&line), until = column(&line);

	if (name.n == 0 || name.n > MAX_COLUMN)
		return fault(place, "no name", name);
	for (size_t i = 0; i < rules->n; i++)
		if (wq_str_eq(rules->rules[i].name, name))
			return fault(place, "a name stands twice", name);
	if (!read_owner(owner, &rule->owner))
		return fault(place, "unknown owner", owner);
	if (!read_uses(uses, &rule->uses))
		return fault(place, "unknown use", uses);
	if (!read_suffix(suffix, &rules->arena, &rule->suffix))
		return fault(place, "no suffix", suffix);
	rule->reserved = wq_str_eq(reserved, WQ_S("reserved"));
	if (!rule->reserved && !wq_str_eq(reserved, WQ_S("open")))
		return fault(place, "neither reserved nor open", reserved);
	WQ_TRY(read_span(from, until, place, rule));
	if (line.n == 0)
		return fault(place, "a clause is missing", WQ_S_NONE);
	rule->name = wq_arena_str(&rules->arena, name);
	rule->clause = wq_arena_str(&rules->arena, line);
	rules->n++;
	return wq_arena_err(&rules->arena);
}

static wq_err read_lines(wq_str text, struct place *place, struct wq_suffix_rules *rules)
{
	rules->rules = WQ_NEW_ARRAY(&rules->arena, struct wq_suffix_rule, WQ_SUFFIX_MAX_RULES);
	WQ_TRY(wq_arena_err(&rules->arena));
	while (text.p) {
		wq_str line = wq_str_cut(&text, '\n');

		place->line++;
		if (line.n > MAX_LINE)
			return fault(place, "the line is too long", WQ_S_NONE);
		line = wq_str_trim(line);
		if (place->line == 1) {
			WQ_TRY(read_header(line, place, rules));
			continue;
		}
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (rules->n == WQ_SUFFIX_MAX_RULES)
			return wq_error(
				WQ_E_LIMIT, "%s:%u: more than %d rules", place->file, place->line, WQ_SUFFIX_MAX_RULES);
		WQ_TRY(read_rule(line, place, rules));
	}
	if (rules->n == 0)
		return fault(place, "no rule at all", WQ_S_NONE);
	return WQ_OK;
}

wq_err wq_suffix_rules_parse(wq_str text, const char *name, struct wq_suffix_rules **ret_rules)
{
	struct wq_suffix_rules *rules;
	struct place place = {.file = name};
	wq_err e;

	if (text.n > WQ_SUFFIX_MAX_BYTES)
		return wq_error(WQ_E_LIMIT, "%s: more than %d bytes", name, WQ_SUFFIX_MAX_BYTES);
	rules = calloc(1, sizeof(*rules));
	if (!rules)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_arena_init(&rules->arena, WQ_MIB);
	e = read_lines(text.p ? text : WQ_S(""), &place, rules);
	if (wq_failed(e))
		wq_suffix_rules_close(&rules);
	else
		*ret_rules = rules;
	return e;
}

wq_err wq_suffix_rules_open(const char *path, struct wq_suffix_rules **ret_rules)
{
	WQ_BUF(text, WQ_SUFFIX_MAX_BYTES);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	return wq_suffix_rules_parse(wq_buf_str(&text), path, ret_rules);
}

void wq_suffix_rules_close(struct wq_suffix_rules **rules)
{
	if (!rules || !*rules)
		return;
	wq_arena_done(&(*rules)->arena);
	free(*rules);
	*rules = NULL;
}

wq_str wq_suffix_rules_version(const struct wq_suffix_rules *rules, wq_day *ret_day, wq_str *ret_source)
{
	*ret_day = rules->day;
	*ret_source = rules->source;
	return rules->version;
}

size_t wq_suffix_rules_count(const struct wq_suffix_rules *rules)
{
	return rules->n;
}

const struct wq_suffix_rule *wq_suffix_rules_at(const struct wq_suffix_rules *rules, size_t number)
{
	return &rules->rules[number];
}

static wq_str without_dot(wq_str host)
{
	return host.n > 0 && host.p[host.n - 1] == '.' ? wq_str_head(host, host.n - 1) : host;
}

bool wq_host_under(wq_str host, wq_str domain)
{
	host = without_dot(host);
	domain = without_dot(domain);
	if (domain.n == 0 || host.n < domain.n || !wq_str_ends(host, domain))
		return false;
	return host.n == domain.n || host.p[host.n - domain.n - 1] == '.';
}

/* Under it, with at least one label of its own. */
static bool has_suffix(wq_str host, wq_str suffix)
{
	host = without_dot(host);
	return host.n > suffix.n + 1 && wq_host_under(host, suffix) && host.p[0] != '.';
}

/* A host that is no canonical name proves nothing: "gov.cn@evil.com" or "a/b.gov.cn" are not under any suffix. */
static bool canonical(wq_str host)
{
	char name[WQ_HOST_MAX + 1];
	size_t n;

	return wq_key_host(host, name, &n) == WQ_KEY_FINE && wq_str_eq(wq_str_of(name, n), without_dot(host));
}

/* The rule with the longest suffix, then the latest, among those of `owner` (0: any) and `use` (0: any) that are in
 * force, and reserved if that is asked. */
static const struct wq_suffix_rule *find(
	const struct wq_suffix_rules *rules, wq_str host, unsigned owner, unsigned use, wq_day day, bool reserved)
{
	const struct wq_suffix_rule *best = NULL;

	if (!canonical(host))
		return NULL;
	for (size_t i = 0; i < rules->n; i++) {
		const struct wq_suffix_rule *rule = &rules->rules[i];

		if ((owner && rule->owner != owner) || (use && !(rule->uses & use)) || (reserved && !rule->reserved) ||
			day < rule->from || day > rule->until || !has_suffix(host, rule->suffix))
			continue;
		if (!best || rule->suffix.n > best->suffix.n ||
			(rule->suffix.n == best->suffix.n && rule->from > best->from))
			best = rule;
	}
	return best;
}

bool wq_host_government(
	const struct wq_suffix_rules *rules, wq_str host, wq_day day, const struct wq_suffix_rule **ret_rule)
{
	const struct wq_suffix_rule *rule = find(rules, host, WQ_OWNER_ORGAN, WQ_USE_SITE, day, true);

	if (rule && ret_rule)
		*ret_rule = rule;
	return rule != NULL;
}

bool wq_host_suits(const struct wq_suffix_rules *rules, wq_str host, enum wq_suffix_owner owner, enum wq_suffix_use use,
	wq_day day, const struct wq_suffix_rule **ret_rule)
{
	const struct wq_suffix_rule *own = find(rules, host, owner, use, day, false);
	const struct wq_suffix_rule *reserved = find(rules, host, 0, 0, day, true);
	bool taken = reserved && reserved->owner != owner;

	if (ret_rule)
		*ret_rule = taken ? reserved : own;
	return own && !taken;
}
