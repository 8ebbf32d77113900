/* The peer of bench/waf/inject: libinjection as Debian ships it inside libmodsecurity, asked through one rule on one argument.
 * Usage: bench-inject-peer sql|html FILE   FILE as bench/waf/inject-corpus.mjs writes it; prints 1 or 0 for each entry
 *        bench-inject-peer sql|html --speed FILE   prints the nanoseconds that the rule costs on all entries: transactions with the
 *        rule less transactions with a rule that compares with a short string, the median of rounds */
#include "base/base.h"

#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENTRY_MAX = 4 * 1024 * 1024, ROUNDS = 5 };

static ModSecurity *engine;

static void die(const char *why)
{
	fprintf(stderr, "bench-inject-peer: %s\n", why);
	exit(1);
}

static RulesSet *rules_with(const char *operator)
{
	RulesSet *rules = msc_create_rules_set();
	const char *error = NULL;
	char text[256];

	snprintf(text, sizeof text,
		"SecRuleEngine On\nSecRule ARGS \"%s\" \"id:1,phase:1,t:none,deny,status:403,nolog\"\n", operator);
	if (msc_rules_add(rules, text, &error) < 0)
		die(error);
	return rules;
}

static bool judge(RulesSet *rules, const char *encoded)
{
	static char uri[ENTRY_MAX + 16];
	Transaction *t = msc_new_transaction(engine, rules, NULL);
	ModSecurityIntervention it = {.status = 200};
	bool found;

	snprintf(uri, sizeof uri, "/?q=%s", encoded);
	msc_process_connection(t, "127.0.0.1", 1, "127.0.0.1", 2);
	msc_process_uri(t, uri, "GET", "1.1");
	msc_process_request_headers(t);
	found = msc_intervention(t, &it) != 0;
	free(it.url);
	free(it.log);
	msc_transaction_cleanup(t);
	return found;
}

static void judge_all(RulesSet *rules, FILE *in)
{
	static char line[ENTRY_MAX];
	char *entry;

	while (fgets(line, sizeof line, in)) {
		entry = strchr(line, ' ');
		if (!entry || !strchr(line, '\n'))
			die("not a file of entries");
		line[strcspn(line, "\n")] = '\0';
		puts(judge(rules, entry + 1) ? "1" : "0");
	}
}

static uint64_t now_nsec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The costs of all entries, one transaction each. */
static int64_t costs_with(RulesSet *rules, FILE *in)
{
	static char line[ENTRY_MAX];
	uint64_t begin;

	rewind(in);
	begin = now_nsec();
	while (fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = '\0';
		judge(rules, strchr(line, ' ') + 1);
	}
	return (int64_t)(now_nsec() - begin);
}

static void speed(RulesSet *rules, FILE *in)
{
	RulesSet *nothing = rules_with("@streq no such value");
	int64_t costs[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		costs[i] = costs_with(rules, in);
		costs[i] -= costs_with(nothing, in);
	}
	qsort(costs, ROUNDS, sizeof costs[0], by_size);
	printf("%lld\n", (long long)costs[ROUNDS / 2]);
	msc_rules_cleanup(nothing);
}

int main(int argc, char **argv)
{
	bool timed = argc == 4 && strcmp(argv[2], "--speed") == 0;
	RulesSet *rules;
	FILE *in;

	if (argc != 3 && !timed)
		die("usage: bench-inject-peer sql|html [--speed] FILE");
	engine = msc_init();
	rules = rules_with(strcmp(argv[1], "sql") == 0 ? "@detectSQLi" : "@detectXSS");
	in = fopen(argv[argc - 1], "rb");
	if (!in)
		die("cannot read the file");
	timed ? speed(rules, in) : judge_all(rules, in);
	fclose(in);
	msc_rules_cleanup(rules);
	msc_cleanup(engine);
	return 0;
}
