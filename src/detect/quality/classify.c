#include "detect/quality/quality_priv.h"

enum { FOOTER_BYTES = 3000, NAME_SLACK = 12 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The last segment of the path. */
static wq_str file_of(wq_str path)
{
	ptrdiff_t slash = wq_str_rchr(path, '/');
	return wq_str_from(path, (size_t)(slash + 1));
}

/* The name of the folder that the page is in. */
static wq_str folder_of(wq_str path)
{
	ptrdiff_t slash = wq_str_rchr(path, '/');
	return slash <= 0 ? WQ_S_NONE : file_of(wq_str_head(path, (size_t)slash));
}

static bool is_index(wq_str file)
{
	static const wq_str names[] = {WQ_S_INIT("index"), WQ_S_INIT("list"), WQ_S_INIT("default"), WQ_S_INIT("column"),
		WQ_S_INIT("channel"), WQ_S_INIT("node_")};

	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (wq_str_starts_nocase(file, names[i]))
			return true;
	return file.n == 0;
}

/* A further page of a list: what it shows is old by nature. */
bool quality_is_further_page(const struct wq_quality *q)
{
	static const wq_str names[] = {
		WQ_S_INIT("page="), WQ_S_INIT("pageno="), WQ_S_INIT("pageindex="), WQ_S_INIT("p=")};
	const struct wq_url *address = &q->page.document->address;
	wq_str file = file_of(address->path), rest = address->query;
	ptrdiff_t bar = wq_str_rchr(file, '_');

	if (bar >= 0 && (size_t)bar + 1 < file.n && is_digit(file.p[bar + 1]) && is_index(file))
		return file.p[bar + 1] != '0' && file.p[bar + 1] != '1';
	while (rest.p) {
		wq_str part = wq_str_cut(&rest, '&');
		for (size_t i = 0; i < WQ_COUNT(names); i++)
			if (wq_str_starts_nocase(part, names[i]) && part.n > names[i].n &&
				!wq_str_eq(wq_str_from(part, names[i].n), WQ_S("1")) &&
				!wq_str_eq(wq_str_from(part, names[i].n), WQ_S("0")))
				return true;
	}
	return false;
}

static wq_str first_part(wq_str title)
{
	static const wq_str seps[] = {WQ_S_INIT("-"), WQ_S_INIT("_"), WQ_S_INIT("|"), WQ_S_INIT("—"), WQ_S_INIT("–"),
		WQ_S_INIT("－"), WQ_S_INIT(">"), WQ_S_INIT("·"), WQ_S_INIT("　"), WQ_S_INIT(" ")};

	for (size_t i = 0; i < WQ_COUNT(seps); i++) {
		ptrdiff_t at = wq_str_find(title, seps[i]);
		if (at > 0)
			title = wq_str_head(title, (size_t)at);
	}
	return quality_trim(title);
}

static wq_str last_part(wq_str crumbs)
{
	static const wq_str seps[] = {
		WQ_S_INIT(">"), WQ_S_INIT("»"), WQ_S_INIT("/"), WQ_S_INIT("＞"), WQ_S_INIT("›"), WQ_S_INIT("：")};

	crumbs = quality_trim(crumbs);
	for (size_t i = 0; i < WQ_COUNT(seps); i++)
		for (ptrdiff_t at; (at = wq_str_find(crumbs, seps[i])) >= 0;)
			crumbs = quality_trim(wq_str_from(crumbs, (size_t)at + seps[i].n));
	return crumbs;
}

/* The kind of column that is named so: the name, or a little more than the name. */
static int kind_of_name(const struct wq_quality_rules *rules, wq_str name)
{
	struct wq_words_hit found;
	uint32_t state = 0, cp;
	int kind = -1;
	size_t n, best = 0;
	wq_str rest = name;

	if (name.n > 60)
		return -1;
	for (; (n = wq_utf8_read_lossy(rest, &cp)) > 0; rest = wq_str_from(rest, n)) {
		state = wq_words_step(rules->words, state, cp);
		for (size_t i = 0; wq_words_found(rules->words, state, i, &found); i++) {
			const struct quality_word *word = &rules->word[found.id];
			if (word->class != Q_KIND || word->bytes < best)
				continue;
			if (word->bytes != name.n && (word->bytes < 12 || name.n > (size_t)word->bytes + NAME_SLACK))
				continue;
			best = word->bytes;
			kind = word->number;
		}
	}
	return kind;
}

static int kind_of_path(const struct wq_quality *q)
{
	wq_str folder = folder_of(q->page.document->address.path);

	for (size_t k = 0; k < WQ_COLUMN_KINDS && folder.n; k++)
		for (size_t i = 0; i < q->rules->paths[k].n; i++)
			if (wq_str_eq_nocase(folder, q->rules->paths[k].items[i]))
				return (int)k;
	return -1;
}

static wq_str crumb_of(const struct wq_quality *q)
{
	const struct quality_hit *hit = quality_hit_in(q, Q_CRUMB, 0, (uint32_t)q->text_n);
	struct quality_range line;

	if (!hit)
		return WQ_S_NONE;
	line = quality_line(q, hit->end);
	return wq_str_of(q->text + hit->end, line.to - hit->end);
}

static void find_kind(struct wq_quality *q)
{
	const wq_str names[] = {q->column_name, q->column_type, wq_str_of(q->text + q->h1.from, q->h1.to - q->h1.from),
		last_part(crumb_of(q)), first_part(q->title)};
	int kind = -1;

	for (size_t i = 0; i < WQ_COUNT(names) && kind < 0; i++)
		kind = kind_of_name(q->rules, quality_trim(names[i]));
	if (kind < 0 && q->han >= 4)
		kind = kind_of_path(q);
	q->named = kind >= 0;
	q->kind = kind >= 0 ? (enum wq_quality_kind)kind : WQ_COLUMN_OTHER;
}

/* What is between breadcrumb or heading and footer is the page's own. */
static void find_body(struct wq_quality *q)
{
	uint32_t end = (uint32_t)q->text_n, tail = end > FOOTER_BYTES ? end - FOOTER_BYTES : 0;
	const struct quality_hit *crumb = quality_hit_in(q, Q_CRUMB, 0, end), *footer;

	q->body_at = q->h1.to;
	if (crumb)
		q->body_at = WQ_MAX(q->body_at, quality_line(q, crumb->end).to);
	footer = quality_hit_in(q, Q_FOOTER, WQ_MAX(tail, q->body_at), end);
	q->footer_at = footer ? footer->at : end;
}

/* The newest day that the page's list shows, and how many items have one. */
static void find_newest_of(struct wq_quality *q, bool linked)
{
	const struct quality_date *dates = q->dates.items;
	uint32_t today = q->page.subject->day;
	uint32_t tomorrow = today ? quality_day_of(quality_day_number(today) + 1) : UINT32_MAX;

	for (size_t i = 0; i < q->dates.n; i++) {
		bool listed = linked ? dates[i].context == Q_LISTED
				     : dates[i].context == Q_RUNNING && dates[i].edge && dates[i].year;
		uint32_t day;
		if (!listed || dates[i].at >= q->footer_at)
			continue;
		day = quality_date_day(&dates[i], today);
		if (day == 0)
			continue;
		q->items++;
		if (day <= tomorrow && day > q->newest) {
			q->newest = day;
			q->newest_at = dates[i].at;
		}
	}
}

/* Items of a list are links; where none is, lines that begin or end with a day. */
static void find_newest(struct wq_quality *q)
{
	find_newest_of(q, true);
	if (q->items == 0)
		find_newest_of(q, false);
}

static bool says_when_published(const struct wq_quality *q)
{
	const struct quality_date *dates = q->dates.items;

	for (size_t i = 0; i < q->dates.n; i++)
		if (dates[i].context == Q_LABELLED)
			return true;
	return false;
}

static enum page_class class_of(struct wq_quality *q)
{
	bool meta = q->column_name.n || q->column_type.n;

	if (q->page.home)
		return Q_PAGE_HOME;
	if (q->article_meta)
		return Q_PAGE_ARTICLE;
	if (meta && !says_when_published(q))
		return Q_PAGE_COLUMN;
	if (q->items < q->rules->limits.items && says_when_published(q))
		return Q_PAGE_ARTICLE;
	if (meta ||
		(q->named && (is_index(file_of(q->page.document->address.path)) || q->items >= q->rules->limits.items)))
		return Q_PAGE_COLUMN;
	return Q_PAGE_OTHER;
}

void quality_classify(struct wq_quality *q)
{
	quality_set_contexts(q);
	find_body(q);
	find_newest(q);
	find_kind(q);
	q->class = class_of(q);
}
