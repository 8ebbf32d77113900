/* What a walk of inspect/site costs, links alone: pages and bytes a CPU second, the memory, what it found. The bound is bench-bound.
 * Usage: bench-walk [--json] [--faults] [--resume] [--dir DIR] [--concurrent N] http://127.0.0.1:PORT/
 */
#include "inspect/site/site.h"

#include <inttypes.h>
#include <sys/resource.h>

static uint64_t counts[WQ_SITE_VERDICTS];

static wq_err on_fault(void *data, const struct wq_site_fault *fault)
{
	const bool *list = data;

	counts[fault->verdict]++;
	if (*list)
		printf("%d\t%.*s\t%.*s\t%u\t%.*s\n", fault->verdict,
			WQ_S_ARG(fault->target.n ? fault->target : fault->written), WQ_S_ARG(fault->page), fault->line,
			WQ_S_ARG(fault->detail));
	return WQ_OK;
}

int main(int argc, char **argv)
{
	const char *start = "";
	bool json = false, list = false;
	uint64_t concurrent = 16;
	struct wq_fetch_peer peer = {{4, {127}}, 0, 8};
	struct wq_site_options options = {
		.starts = &start, .starts_n = 1, .links_only = true, .check_only_inside = true};
	struct wq_site_calls calls = {.fault = on_fault, .data = &list};
	struct wq_site_stats stats;
	struct rusage used;
	double cpu;
	wq_err e;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--faults") == 0)
			list = true;
		else if (strcmp(argv[i], "--resume") == 0)
			options.resume = true;
		else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
			options.dir = argv[++i];
		else if (strcmp(argv[i], "--concurrent") == 0 && i + 1 < argc) {
			if (!wq_str_to_u64(wq_str_c(argv[++i]), 256, &concurrent))
				return 2;
		} else
			start = argv[i];
	options.fetch = (struct wq_fetch_options){.peers = &peer,
		.peers_n = 1,
		.concurrent = (uint32_t)concurrent,
		.per_host = (uint32_t)concurrent,
		.per_address = (uint32_t)concurrent};
	e = wq_site_run(&options, &calls, &stats);
	if (wq_failed(e)) {
		fprintf(stderr, "bench-walk: %s: %s\n", wq_err_name(e), wq_err_note(e));
		return 1;
	}
	getrusage(RUSAGE_SELF, &used);
	cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	printf(json ? "{\"pages\": %" PRIu64 ", \"targets\": %" PRIu64 ", \"links\": %" PRIu64 ", \"bytes\": %" PRIu64
		      ", \"faults\": %" PRIu64 ", \"broken\": %" PRIu64 ", \"fragments\": %" PRIu64
		      ", \"cpu_seconds\": %.3f, \"msec\": %u, \"rss_kib\": %ld}\n"
		    : "%" PRIu64 " pages, %" PRIu64 " targets, %" PRIu64 " links, %" PRIu64 " bytes, %" PRIu64
		      " faults (%" PRIu64 " broken, %" PRIu64 " fragments told); %.3f CPU s, %u ms, %ld KiB\n",
		stats.pages, stats.targets, stats.links, stats.bytes, stats.faults, counts[WQ_SITE_BROKEN],
		counts[WQ_SITE_FRAGMENT], cpu, stats.msec, used.ru_maxrss);
	return 0;
}
