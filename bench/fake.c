/* How fast names are scored against 1,000 units, and how many of a list of other people's names are reported.
 *
 *   bench-fake names FILE [PRINT]              FILE: one name a line; PRINT: so many of those that are reported
 *   bench-fake pages PROTECTED FOREIGN [PRINT]  folders: pages sketched a second, pages of FOREIGN that count as copies
 */
#include "base/file.h"
#include "detect/likeness/feed.h"
#include "detect/likeness/clone_test.h"
#include "detect/likeness/fixture_test.h"
#include "detect/likeness/index.h"

static const char *const places[] = {"大理市", "罗湖区", "余杭区", "昆山市", "义乌市", "张家港市", "浏阳市", "都江堰市",
	"荔波县", "鄱阳县", "厦门市", "蚌埠市", "六安市", "台州市", "宁德市", "遵义市", "曲靖市", "玉溪市", "保山市",
	"丽江市", "临沧市", "拉萨市", "日喀则市", "昌都市", "延安市", "汉中市", "榆林市", "安康市", "商洛市",
	"嘉峪关市", "金昌市", "白银市", "天水市", "武威市", "张掖市", "平凉市", "酒泉市", "庆阳市", "西宁市", "海东市",
	"银川市", "石嘴山市", "吴忠市", "固原市", "乌鲁木齐市", "克拉玛依市", "吐鲁番市", "哈密市", "唐山市", "邯郸市",
	"邢台市", "保定市", "承德市", "沧州市", "廊坊市", "衡水市", "太原市", "大同市", "长治市", "晋城市", "朔州市",
	"晋中市", "运城市", "忻州市", "临汾市", "吕梁市", "包头市", "乌海市", "赤峰市", "通辽市", "鞍山市", "抚顺市",
	"本溪市", "丹东市", "锦州市", "营口市", "阜新市", "辽阳市", "盘锦市", "铁岭市", "朝阳市", "葫芦岛市", "吉林市",
	"四平市", "辽源市", "通化市", "白山市", "松原市", "白城市", "鸡西市", "鹤岗市", "双鸭山市", "大庆市", "伊春市",
	"佳木斯市", "七台河市", "牡丹江市", "黑河市", "绥化市", "海门市"};
static const char *const bodies[] = {"人民政府", "公安局", "教育局", "财政局", "税务局", "卫生健康委员会",
	"人力资源和社会保障局", "交通运输局", "总工会", "住房和城乡建设局"};

static struct wq_likeness_set *set;
static size_t names, hits, printed, print_max;

static wq_err score(void *data, wq_str name)
{
	struct wq_likeness_hit hit;
	(void)data;
	names++;
	if (!wq_likeness_score(set, name, &hit))
		return WQ_OK;
	hits++;
	if (printed++ < print_max)
		printf("  %.*s ~ %.*s %s %u\n", WQ_S_ARG(name), WQ_S_ARG(hit.form),
			wq_likeness_technique_name(hit.technique), hit.score);
	return WQ_OK;
}

static struct wq_subject *protected_units(struct wq_arena *arena, const struct wq_likeness_rules *rules, size_t *ret_n)
{
	size_t n = WQ_COUNT(places) * WQ_COUNT(bodies);
	struct wq_subject *subjects = WQ_NEW_ARRAY(arena, struct wq_subject, n);
	char place[64], body[16];

	for (size_t i = 0; i < n; i++) {
		const char *p = places[i / WQ_COUNT(bodies)], *b = bodies[i % WQ_COUNT(bodies)];
		wq_str *host = WQ_NEW_ARRAY(arena, wq_str, 1), core = wq_str_head(wq_str_c(p), strlen(p) - 3);
		size_t k = wq_likeness_reading(rules, core, false, place, sizeof place);
		size_t m = wq_likeness_reading(rules, wq_str_c(b), true, body, sizeof body);
		*host = i % WQ_COUNT(bodies) == 0
			? wq_arena_printf(arena, "www.%.*s.gov.cn", (int)k, place)
			: wq_arena_printf(arena, "%.*s.%.*s.gov.cn", (int)m, body, (int)k, place);
		subjects[i] = (struct wq_subject){
			.name = wq_arena_printf(arena, "%s%s", p, b), .hosts = host, .hosts_n = 1};
	}
	*ret_n = n;
	return subjects;
}

static double cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int measure_names(struct wq_arena *arena, const struct wq_likeness_rules *rules, const char *path)
{
	WQ_BUF(file, 1024 * WQ_MIB);
	size_t n;
	struct wq_subject *subjects = protected_units(arena, rules, &n);

	if (wq_failed(wq_file_read(&wq_fs_system, path, &file)) ||
		wq_failed(wq_likeness_set_new(arena, rules, subjects, n, &set))) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 5;
	}
	double from = cpu();
	for (wq_str rest = wq_buf_str(&file); rest.p;)
		WQ_IGNORE(wq_likeness_feed_line(wq_str_cut(&rest, '\n'), score, NULL));
	double s = cpu() - from;
	printf("%zu units, %zu names in %.3f CPU s: %.0f names/s; %zu reported (%.4f %%); %zu MB\n", n, names, s,
		(double)names / s, hits, 100.0 * (double)hits / (double)names, arena->total_bytes >> 20);
	return 0;
}

/* ---- pages ---- */

struct pages {
	const struct wq_likeness_rules *rules;
	struct wq_likeness_index *index;
	bool protect;
	size_t n, bytes, copies;
	double sketching, finding;
};

static void page(void *data, const char *path, wq_str bytes)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	WQ_BUF(room, 64 * WQ_MIB);
	struct pages *p = data;
	struct wq_document document = {0};
	struct wq_likeness_sketch sketch;
	struct wq_likeness_match match;
	double from = cpu();

	wq_arena_init(&arena, 8 * WQ_MIB);
	if (wq_failed(wq_document_open(&document, bytes, WQ_S("utf-8"), &room)) ||
		wq_failed(wq_likeness_sketch_of(&arena, p->rules, &document, &sketch)))
		abort();
	p->sketching += cpu() - from;
	p->n++;
	p->bytes += bytes.n;
	if (p->protect) {
		WQ_IGNORE(wq_likeness_index_add_page(p->index, WQ_S("unit"), wq_str_c(path), &sketch));
		return;
	}
	from = cpu();
	bool copy = wq_likeness_index_find(p->index, &sketch, &match) && match.alike.copy;
	p->finding += cpu() - from;
	p->copies += copy;
	if (copy && printed++ < print_max)
		printf("  %s ~ %.*s: text %u, body %u, tags %u%s\n", path, WQ_S_ARG(match.url), match.alike.text,
			match.alike.body, match.alike.tags, match.alike.title ? ", title" : "");
}

static int measure_pages(const struct wq_likeness_rules *rules, const char *protected_dir, const char *foreign)
{
	struct pages p = {.rules = rules, .protect = true};

	if (wq_failed(wq_likeness_index_new(rules, &p.index)))
		return 6;
	clone_pages(protected_dir, 0, page, &p);
	printf("%zu pages, %zu MB protected: %.0f pages and %.0f MB sketched a CPU s\n", p.n, p.bytes >> 20,
		(double)p.n / p.sketching, (double)p.bytes / 1e6 / p.sketching);
	double from = cpu();
	if (wq_failed(wq_likeness_index_ready(p.index)))
		return 6;
	printf("made ready in %.3f CPU s\n", cpu() - from);
	p = (struct pages){.rules = rules, .index = p.index};
	clone_pages(foreign, 0, page, &p);
	printf("%zu foreign pages, %zu copies (%.4f %%): %.1f us to find the nearest\n", p.n, p.copies,
		100.0 * (double)p.copies / (double)p.n, p.finding * 1e6 / (double)p.n);
	wq_likeness_index_free(&p.index);
	return 0;
}

int main(int argc, char **argv)
{
	static struct wq_arena arena;
	bool of_pages = argc > 3 && strcmp(argv[1], "pages") == 0;

	if (!of_pages && (argc < 3 || strcmp(argv[1], "names") != 0)) {
		fprintf(stderr, "usage: bench-fake names FILE [PRINT] | pages PROTECTED FOREIGN [PRINT]\n");
		return 2;
	}
	print_max = argc > (of_pages ? 4 : 3) ? strtoul(argv[of_pages ? 4 : 3], NULL, 10) : 0;
	wq_arena_init(&arena, 2048 * WQ_MIB);
	const struct wq_likeness_rules *rules = likeness_test_rules(&arena);
	return of_pages ? measure_pages(rules, argv[2], argv[3]) : measure_names(&arena, rules, argv[2]);
}
