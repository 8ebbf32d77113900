#include "detect/content/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Rules small enough to stand here; every list has something in it. */
static const char rules_text[] =
	"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: fuzz\n"
	"[level 绝密]\nseverity: critical\n[level 机密]\nseverity: critical\n[level 秘密]\nseverity: high\n"
	"[grammar]\nstar: ★ ☆\nweak_star: * •\nterm: 长期\nunit: 年 个月 月 天 日\nending: 前\nending_last: 后 时\n"
	"label: 密级\nexam_term: 启用前\nexam: 考试\ngap: 2\n"
	"[internal]\nstrong: 内部资料 不得外传\nweak: 注意保存\n"
	"[context]\nexplain: 例如 标志\ncompanion: 签发人 特急\naddressee: 局 府\nstart_chars: 200\nexplain_before: 60\n"
	"explain_after: 40\ncompanion_before: 150\ncompanion_after: 400\nquote_chars: 40\n"
	"[resident_id]\nregion: 11 34 37\nfirst_year: 1900\nlast_year: 2099\nlabel: 身份证\nmedium: 1\nhigh: 3\ncritical: 20\n"
	"[telephone]\nmobile: 13 18\nofficial: 值班\npersonal: 宅电\nreach: 16\nmedium: 2\nhigh: 3\noffice: 2\n"
	"[bank_card]\nissuer: 62 4\nalone: 62\nlabel: 卡号\nreach: 24\nmedium: 1\nhigh: 2\ncritical: 3\n"
	"[variants]\npair: 絕绝 機机 長长\n";

static const char lists_text[] =
	"weique-words 1\nversion: 1\ndate: 2026-01-01\nsource: fuzz\n[list a]\nseverity: low\nclause: B2\nadvice_zh: 甲\n"
	"advice_en: a\nword: 烈土 百家乐 av ab_cd\nexcept: 激烈土\nunless: 打击\nreach: 8\n";

static const struct wq_content_rules *rules;
static struct wq_content_words *words;

static void prepare(void)
{
	static struct wq_arena arena;
	if (rules)
		return;
	wq_arena_init(&arena, 4 * WQ_MIB);
	if (wq_failed(wq_content_rules_parse(&arena, WQ_S("fuzz"), wq_str_c(rules_text), &rules)))
		abort();
	if (wq_failed(wq_content_words_new(&arena, NULL, &words)) ||
		wq_failed(wq_content_words_add(words, WQ_S("fuzz"), wq_str_c(lists_text))) ||
		wq_failed(wq_content_words_build(words)))
		abort();
}

/* Title, NUL, text; the text also as a page whose charset the title names. Findings are well-formed, lie inside the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_arena arena;
	struct wq_findings found;
	prepare();
	wq_str text = wq_str_of(data, size), title = wq_str_cut(&text, '\0');
	struct wq_content_text input = {.title = title, .text = text};
	wq_arena_init(&arena, 64 * WQ_MIB);
	if (wq_failed(wq_findings_init(&found, &arena, 1000)) ||
		wq_failed(wq_content_check(&arena, rules, words, &input, &found)))
		abort();
	for (size_t i = 0; i < found.count; i++) {
		const struct wq_place *place = &found.items[i].place;
		if (wq_failed(wq_finding_check(&found.items[i])) || place->offset + place->length > text.n)
			abort();
	}
	wq_arena_done(&arena);
	wq_arena_init(&arena, 64 * WQ_MIB);
	if (wq_failed(wq_findings_init(&found, &arena, 1000)) ||
		wq_failed(wq_content_page(&arena, rules, words, text, title, &input.place, &found)))
		abort();
	wq_arena_done(&arena);
	return 0;
}
