/* What the rule engine's matching costs, with the patterns and word lists of a rule set ($WEIQUE_CRS, else Debian's): time to load,
 * scanning of the files given (MB/s, ns for values of 20 bytes), and which share of patterns the prefilter lets through for their lines.
 * CPU time, one thread, the best of the rounds. Usage: bench-match [--json] FILE... */
#include "detect/match/crs_probe.h"
#include "detect/match/literals.h"
#include "detect/match/need_priv.h"

enum { ROUNDS = 9, CHUNK = 128 * 1024, VALUE = 20, VALUES = 20000, LINES = 2000, LINE_MAX_BYTES = 200 };

static struct {
	struct wq_arena arena;
	struct crs *crs;
	struct wq_need *needs;
	struct wq_regex **regexes;
	struct wq_literal *literals;
	size_t literals_n, patterns, words;
	struct wq_literals *set;
	struct wq_regex_scratch *scratch;
} all;

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(wq_err e)
{
	if (wq_failed(e)) {
		fprintf(stderr, "bench-match: %s %s\n", wq_err_name(e), wq_err_note(e));
		exit(1);
	}
}

static double compile_all(bool jit)
{
	double start = cpu_seconds();

	for (size_t i = 0; i < all.crs->n; i++)
		if (all.crs->rules[i].pattern.n > 0) {
			wq_regex_free(&all.regexes[i]);
			must(wq_regex_new(all.crs->rules[i].pattern, false, jit, &all.regexes[i]));
		}
	return cpu_seconds() - start;
}

static double read_needs(void)
{
	double start = cpu_seconds();

	for (size_t i = 0; i < all.crs->n; i++)
		if (all.crs->rules[i].pattern.n > 0)
			must(wq_need_of(all.crs->rules[i].pattern, false, &all.arena, &all.needs[i]));
	return cpu_seconds() - start;
}

static void collect(void)
{
	for (size_t i = 0; i < all.crs->n; i++) {
		const struct crs_rule *rule = &all.crs->rules[i];

		all.patterns += rule->pattern.n > 0;
		for (size_t k = 0; k < all.needs[i].literals_n; k++)
			all.literals[all.literals_n++] = (struct wq_literal){all.needs[i].literals[k], (uint32_t)i};
		for (wq_str rest = rule->words, word; (word = crs_word(rule, &rest)).p;) {
			all.literals[all.literals_n++] = (struct wq_literal){word, (uint32_t)i};
			all.words++;
		}
	}
}

static double build_set(void)
{
	double start = cpu_seconds();

	wq_literals_free(&all.set);
	must(wq_literals_new(all.literals, all.literals_n, (uint32_t)all.crs->n, &all.set));
	return cpu_seconds() - start;
}

/* ---- one text */

static double scan_whole(wq_str text)
{
	uint64_t bits[CRS_RULES_MAX / 64] = {0};
	double start = cpu_seconds();

	for (wq_str rest = text; rest.n > 0; rest = wq_str_from(rest, CHUNK))
		wq_literals_scan(all.set, wq_str_head(rest, CHUNK), bits);
	return (double)text.n / 1e6 / (cpu_seconds() - start);
}

static double scan_values(wq_str text)
{
	uint64_t bits[CRS_RULES_MAX / 64] = {0};
	double start = cpu_seconds();
	size_t n = 0;

	for (size_t at = 0; at + VALUE <= text.n && n < VALUES; at += VALUE + 37, n++)
		wq_literals_scan(all.set, wq_str_of(text.p + at, VALUE), bits);
	return (cpu_seconds() - start) * 1e9 / (double)WQ_MAX(n, (size_t)1);
}

static bool is_let_through(const struct wq_need *need, const uint64_t *bits, size_t i, const uint64_t has[4], size_t n)
{
	bool any = false, none_else = true;

	for (size_t k = 0; k < 4; k++) {
		any |= (has[k] & need->any_of[k]) != 0;
		none_else &= (has[k] & ~need->only[k]) == 0;
	}
	return n >= need->min_bytes && any && none_else && (need->literals_n == 0 || (bits[i / 64] >> i % 64 & 1));
}

struct filtered {
	size_t lines, asked, matched;
	double ask_usec;
};

/* Only the patterns: of word lists the scanner is the answer. */
static struct filtered filter_lines(wq_str text)
{
	struct filtered filtered = {0};

	while (text.p && filtered.lines < LINES) {
		wq_str line = wq_str_head(wq_str_cut(&text, '\n'), LINE_MAX_BYTES);
		uint64_t bits[CRS_RULES_MAX / 64] = {0}, has[4] = {0};

		if (line.n == 0)
			continue;
		filtered.lines++;
		wq_literals_scan(all.set, line, bits);
		for (size_t i = 0; i < line.n; i++)
			wq_need_put(has, (uint8_t)line.p[i]);
		double start = cpu_seconds();
		for (size_t i = 0; i < all.crs->n; i++)
			if (all.regexes[i] && is_let_through(&all.needs[i], bits, i, has, line.n)) {
				filtered.asked++;
				filtered.matched += wq_regex_match(all.regexes[i], all.scratch, line, 0, NULL, NULL) ==
					WQ_REGEX_YES;
			}
		filtered.ask_usec += (cpu_seconds() - start) * 1e6;
	}
	return filtered;
}

static void report_text(bool json, bool is_first, const char *name, wq_str text)
{
	double mb_s = 0, ns = 1e9;
	struct filtered f = filter_lines(text);
	size_t lines = WQ_MAX(f.lines, (size_t)1);

	for (int i = 0; i < ROUNDS; i++) {
		double m = scan_whole(text), v = scan_values(text);
		mb_s = WQ_MAX(mb_s, m);
		ns = WQ_MIN(ns, v);
	}
	if (json)
		printf("%s\n    {\"text\": \"%s\", \"bytes\": %zu, \"mb_s\": %.0f, \"ns_20_bytes\": %.0f, \"lines\": %zu, "
		       "\"asked_per_line\": %.1f, \"matched_per_line\": %.2f, \"ask_usec_per_line\": %.2f}",
			is_first ? "" : ",", name, text.n, mb_s, ns, f.lines, (double)f.asked / (double)lines,
			(double)f.matched / (double)lines, f.ask_usec / (double)lines);
	else
		printf("%-24s %9zu bytes %5.0f MB/s %4.0f ns for %d bytes; %zu lines: %.1f patterns asked, %.2f matched, %.2f us a line\n",
			name, text.n, mb_s, ns, VALUE, f.lines, (double)f.asked / (double)lines,
			(double)f.matched / (double)lines, f.ask_usec / (double)lines);
}

/* The words themselves, one after the other: nothing hits more often. */
static wq_str worst_text(void)
{
	size_t n = 0, at = 0;
	char *text;

	for (size_t i = 0; i < all.literals_n; i++)
		n += all.literals[i].text.n;
	text = wq_arena_alloc(&all.arena, n + 1);
	for (size_t i = 0; i < all.literals_n && text; i++) {
		memcpy(text + at, all.literals[i].text.p, all.literals[i].text.n);
		at += all.literals[i].text.n;
	}
	return wq_str_of(text, at);
}

static void load(bool json)
{
	double jit, plain, needs, build = 1e9;

	plain = compile_all(false);
	jit = compile_all(true);
	needs = read_needs();
	collect();
	for (int i = 0; i < ROUNDS; i++) {
		double b = build_set();
		build = WQ_MIN(build, b);
	}
	if (json)
		printf("{\"bench\": \"match\", \"patterns\": %zu, \"words\": %zu, \"literals\": %zu, \"compile_ms\": %.1f, "
		       "\"compile_jit_ms\": %.1f, \"needs_ms\": %.1f, \"literals_ms\": %.1f, \"literals_bytes\": %zu, \"texts\": [",
			all.patterns, all.words, all.literals_n, plain * 1e3, jit * 1e3, needs * 1e3, build * 1e3,
			wq_literals_bytes(all.set));
	else
		printf("%zu patterns, compiled in %.1f ms, with the JIT %.1f ms, needs read in %.1f ms; %zu words of lists, %zu literals, built in %.1f "
		       "ms, %zu bytes\n",
			all.patterns, plain * 1e3, jit * 1e3, needs * 1e3, all.words, all.literals_n, build * 1e3,
			wq_literals_bytes(all.set));
}

int main(int argc, char **argv)
{
	char folder[4096];
	bool json = false, is_first = true;

	wq_arena_init(&all.arena, 1024 * WQ_MIB);
	all.crs = crs_load(&all.arena, crs_folder(folder, sizeof folder));
	if (!all.crs || all.crs->n == 0 || argc < 2) {
		fprintf(stderr, "bench-match: usage: bench-match [--json] FILE...; rules in %s\n", folder);
		return 2;
	}
	all.needs = WQ_NEW_ARRAY(&all.arena, struct wq_need, all.crs->n);
	all.regexes = WQ_NEW_ARRAY(&all.arena, struct wq_regex *, all.crs->n);
	all.literals = WQ_NEW_ARRAY(&all.arena, struct wq_literal, WQ_LITERALS_MAX);
	must(wq_arena_err(&all.arena));
	must(wq_regex_scratch_new(WQ_REGEX_MATCH_LIMIT, &all.scratch));
	json = strcmp(argv[1], "--json") == 0;
	load(json);
	for (int i = 1 + json; i < argc; i++, is_first = false)
		report_text(json, is_first,
			wq_str_from(wq_str_c(argv[i]), (size_t)(wq_str_rchr(wq_str_c(argv[i]), '/') + 1)).p,
			crs_file(&all.arena, ".", wq_str_c(argv[i])));
	report_text(json, is_first, "(all literals)", worst_text());
	if (json)
		printf("\n]}\n");
	return 0;
}
