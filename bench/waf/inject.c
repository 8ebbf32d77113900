/* Our side of bench/waf/inject.mjs, which says how to use it; the arguments are those of the peer (inject_peer.c), and --why prints
 * the reason beside the verdict. */
#include "detect/inject/inject.h"

enum { ENTRY_MAX = 4 * 1024 * 1024, ENTRIES_MAX = 100000, ALL_MAX = 32 * 1024 * 1024, ROUNDS = 9 };

static bool html, why;

static void die(const char *what)
{
	fprintf(stderr, "bench-inject: %s\n", what);
	exit(1);
}

static unsigned nibble(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

static wq_str decode(char *entry)
{
	size_t n = 0;

	for (char *p = entry; *p; p++)
		if (*p == '%') {
			entry[n++] = (char)(nibble(p[1]) << 4 | nibble(p[2]));
			p += 2;
		} else {
			entry[n++] = *p;
		}
	return wq_str_of(entry, n);
}

static bool judge(wq_str s, struct wq_inject_reason *reason)
{
	return html ? wq_inject_html(s, reason) : wq_inject_sql(s, reason);
}

static void judge_all(FILE *in)
{
	static char line[ENTRY_MAX];
	struct wq_inject_reason reason;
	char *entry;
	bool found;

	while (fgets(line, sizeof line, in)) {
		entry = strchr(line, ' ');
		if (!entry || !strchr(line, '\n'))
			die("not a file of entries");
		line[strcspn(line, "\n")] = '\0';
		found = judge(decode(entry + 1), &reason);
		printf("%c%s%s\n", found ? '1' : '0', why && found ? " " : "", why && found ? reason.text : "");
	}
}

static uint64_t now_nsec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* All entries, decoded before the clock runs; the best of the rounds. */
static void speed(FILE *in)
{
	static char line[ENTRY_MAX], bytes[ALL_MAX];
	static wq_str entries[ENTRIES_MAX];
	uint64_t least = UINT64_MAX;
	size_t n = 0, used = 0;

	while (n < ENTRIES_MAX && fgets(line, sizeof line, in)) {
		wq_str s;

		line[strcspn(line, "\n")] = '\0';
		s = decode(strchr(line, ' ') + 1);
		if (used + s.n > sizeof bytes)
			break;
		memcpy(bytes + used, s.p, s.n);
		entries[n++] = wq_str_of(bytes + used, s.n);
		used += s.n;
	}
	for (size_t round = 0; round < ROUNDS; round++) {
		uint64_t begin = now_nsec(), cost;

		for (size_t i = 0; i < n; i++)
			judge(entries[i], NULL);
		cost = now_nsec() - begin;
		least = WQ_MIN(least, cost);
	}
	printf("%llu\n", (unsigned long long)least);
}

int main(int argc, char **argv)
{
	bool timed = argc == 4 && strcmp(argv[2], "--speed") == 0;
	FILE *in;

	why = argc == 4 && strcmp(argv[2], "--why") == 0;
	if (argc != 3 && !timed && !why)
		die("usage: bench-inject sql|html [--speed|--why] FILE");
	html = strcmp(argv[1], "html") == 0;
	in = fopen(argv[argc - 1], "rb");
	if (!in)
		die("cannot read the file");
	timed ? speed(in) : judge_all(in);
	fclose(in);
	return 0;
}
