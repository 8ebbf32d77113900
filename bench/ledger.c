/* Durable appends a second: single and in groups, on SQLite and, when its URL is given, on PostgreSQL, beside what the
 * machine's disk can do (write 4 KiB, fsync). `bench-ledger [--json] [--folder DIR] [--postgres URL] [--seconds N]`. The
 * PostgreSQL database gets tables ledger_*; take an empty one. */
#include "ledger/ledger.h"

#include <fcntl.h>
#include <getopt.h>

enum { PLAIN_BYTES = 4096 };

static struct {
	bool json;
	const char *folder, *postgres;
	uint64_t msec;
	bool any;
} settings = {.folder = ".", .msec = 2000};

static uint64_t now(void)
{
	return wq_clock_system.monotonic_msec(wq_clock_system.data);
}

static void say(const char *what, int group, uint64_t n, uint64_t msec)
{
	double rate = (double)n * 1000 / (double)WQ_MAX(msec, 1);

	if (settings.json)
		printf("%s{\"what\":\"%s\",\"group\":%d,\"n\":%llu,\"per_second\":%.1f}", settings.any ? ",\n " : "[",
			what, group, (unsigned long long)n, rate);
	else
		printf("%-18s group %4d %10.0f/s\n", what, group, rate);
	settings.any = true;
}

static int plain_fsync(void)
{
	static const char bytes[PLAIN_BYTES];
	char path[4096];
	uint64_t start, n = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/bench-plain", settings.folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return 1;
	for (start = now(); now() - start < settings.msec; n++)
		if (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes) || fsync(fd) != 0)
			return 1;
	say("write 4K + fsync", 1, n, now() - start);
	close(fd);
	unlink(path);
	return 0;
}

static wq_err add_group(struct wq_ledger *ledger, int group, uint64_t number)
{
	WQ_TRY(wq_ledger_begin(ledger));
	for (int i = 0; i < group; i++) {
		char body[128];
		struct wq_event_new event = {.type = WQ_S("release.approved"),
			.actor = WQ_S("reviewer"),
			.app = WQ_S("portal"),
			.subject = WQ_S("release-2026-1122")};

		snprintf(body, sizeof(body), "{\"entry\":%llu,\"decision\":\"approved\",\"digest\":\"%064d\"}",
			(unsigned long long)number + (uint64_t)i, i);
		event.body = wq_str_c(body);
		WQ_TRY(wq_ledger_add(ledger, &event, NULL, NULL));
	}
	return wq_ledger_commit(ledger);
}

static wq_err appends(const char *name, struct wq_ledger *ledger)
{
	static const int groups[] = {1, 8, 32, 128};
	struct wq_verify_result result;
	uint64_t start, n;

	for (size_t i = 0; i < WQ_COUNT(groups); i++) {
		for (n = 0, start = now(); now() - start < settings.msec; n += (uint64_t)groups[i])
			WQ_TRY(add_group(ledger, groups[i], n));
		say(name, groups[i], n, now() - start);
	}
	start = now();
	WQ_TRY(wq_ledger_verify(ledger, NULL, NULL, 0, &result));
	say(wq_db_kind(wq_ledger_db(ledger)) == WQ_DB_SQLITE ? "verify sqlite" : "verify postgres", 1, result.events,
		now() - start);
	return WQ_OK;
}

static int run(const char *name, const char *url)
{
	struct wq_db *db = NULL;
	struct wq_ledger *ledger = NULL;
	wq_err e = wq_db_open(wq_str_c(url), &db);

	if (!wq_failed(e))
		e = wq_ledger_open(db, &wq_clock_system, &wq_random_system, NULL, &ledger);
	if (!wq_failed(e))
		e = appends(name, ledger);
	wq_ledger_close(&ledger);
	wq_db_close(&db);
	if (wq_failed(e))
		fprintf(stderr, "%s: %s: %s\n", name, wq_err_message(e, WQ_LANG_EN), wq_err_note(e));
	return wq_failed(e);
}

static int run_sqlite(void)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char folder[4096], path[4200], url[4200];
	int status;

	if (snprintf(folder, sizeof(folder), "%s/bench-ledger.db", settings.folder) >= (int)sizeof(folder))
		return 1;
	snprintf(url, sizeof(url), "sqlite:%s", folder);
	status = run("sqlite", url);
	for (size_t i = 0; i < WQ_COUNT(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, suffixes[i]);
		unlink(path);
	}
	return status;
}

static bool parse(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"folder", required_argument, NULL, 'f'}, {"postgres", required_argument, NULL, 'p'},
		{"seconds", required_argument, NULL, 's'}, {0}};
	uint64_t seconds;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (c == 'j')
			settings.json = true;
		else if (c == 'f')
			settings.folder = optarg;
		else if (c == 'p')
			settings.postgres = optarg;
		else if (c == 's' && wq_str_to_u64(wq_str_c(optarg), 600, &seconds))
			settings.msec = seconds * 1000;
		else
			return false;
	return optind == argc;
}

int main(int argc, char **argv)
{
	static char here[4096];
	int status;

	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: bench-ledger [--json] [--folder DIR] [--postgres URL] [--seconds N]\n");
		return 2;
	}
	if (!realpath(settings.folder, here) || wq_failed(wq_crypto_init()))
		return 1;
	settings.folder = here;
	status = plain_fsync() || run_sqlite() || (settings.postgres && run("postgres", settings.postgres));
	if (settings.json && settings.any)
		printf("]\n");
	return status;
}
