#include "detect/likeness/feed.h"
#include "detect/likeness/fixture_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wq_likeness_set *set;
static const wq_str hosts[] = {WQ_S_INIT("www.yunshan.gov.cn")};
static const struct wq_subject subject = {.name = WQ_S_INIT("云山县人民政府"), .hosts = hosts, .hosts_n = 1};

static wq_err score(void *data, wq_str name)
{
	struct wq_likeness_hit hit;
	(void)data;
	if (wq_likeness_score(set, name, &hit) &&
		(hit.score > 100 || hit.subject != 0 || hit.label.p < name.p ||
			hit.label.p + hit.label.n > name.p + name.n))
		abort();
	return WQ_OK;
}

/* Lines of a feed; each name is scored. What is reported lies inside the name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wq_str rest = wq_str_of(data, size);

	if (!set) {
		static struct wq_arena arena;
		wq_arena_init(&arena, 64 * WQ_MIB);
		if (wq_failed(wq_likeness_set_new(&arena, likeness_test_rules(&arena), &subject, 1, &set)))
			abort();
	}
	while (rest.p)
		if (wq_failed(wq_likeness_feed_line(wq_str_cut(&rest, '\n'), score, NULL)))
			abort();
	return 0;
}
