#include "detect/target/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] = "weique-target 1\nversion: 1\ndate: 2026-01-01\nsource: fuzz\n";
static const char sections
	[] = "[kind parked]\nweight: 2\nsigns: 1\nsign: 2 sale\n[kind gambling]\nweight: 2\nsigns: 1\nsign: 1 bet\n"
	     "against: 1 police\n[kind porn]\nweight: 2\nsigns: 1\ntitle: 2 porn\n"
	     "[kind missing]\nalike_percent: 80\nextra_runs: 4\nlittle_runs: 20\nsign: 1 gone\ntitle: 1 404\n";

/* A page, 0xff, another (or further rules): judged, compared, read as rules. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_arena arena;
	WQ_BUF(text, 4 * WQ_MIB);
	const struct wq_target_rules *rules, *others;
	struct wq_target_print page, missing;
	enum wq_target_kind kind;
	wq_str after = wq_str_of(data, size), before = wq_str_cut(&after, '\xff');

	wq_arena_init(&arena, 64 * WQ_MIB);
	wq_buf_add(&text, wq_str_c(head));
	wq_buf_add(&text, wq_str_c(sections));
	if (wq_failed(wq_target_rules_parse(&arena, WQ_S("fuzz"), wq_buf_str(&text), &rules)))
		abort();
	if (wq_failed(wq_target_judge(rules, before, &kind)) ||
		wq_failed(wq_target_print(rules, before, &arena, &page)) ||
		wq_failed(wq_target_print(rules, after, &arena, &missing)))
		abort();
	if (kind >= WQ_TARGET_MISSING || page.runs_n > WQ_TARGET_RUNS_MAX)
		abort();
	if (wq_target_is_missing(rules, &page, &missing) && page.title != missing.title && !page.title_says_missing)
		abort();
	WQ_BUF(more, 4 * WQ_MIB);
	wq_buf_add(&more, wq_str_c(head));
	wq_buf_add(&more, after);
	WQ_IGNORE(wq_target_rules_parse(&arena, WQ_S("fuzz"), wq_buf_str(&more), &others));
	wq_arena_done(&arena);
	return 0;
}
