#include "inspect/site/site_priv.h"

#include <inttypes.h>

enum { FAULTS_MAX = 1000000, WANTED_PER_PASS = 4000000, DETAIL_BYTES = 160 };

static const wq_str attrs[] = {WQ_S_INIT(""), WQ_S_INIT("href"), WQ_S_INIT("src"), WQ_S_INIT("srcset"),
	WQ_S_INIT("data-src"), WQ_S_INIT("data-original"), WQ_S_INIT("data-srcset"), WQ_S_INIT("poster"),
	WQ_S_INIT("data"), WQ_S_INIT("xlink:href"), WQ_S_INIT("background"), WQ_S_INIT("style"), WQ_S_INIT("onclick"),
	WQ_S_INIT("action"), WQ_S_INIT("formaction"), WQ_S_INIT("content"), WQ_S_INIT("loc"), WQ_S_INIT("link"),
	WQ_S_INIT("url")};

uint8_t attr_code(wq_str attr)
{
	for (size_t i = 0; i < WQ_COUNT(attrs); i++)
		if (wq_str_eq(attrs[i], attr))
			return (uint8_t)i;
	return 0;
}

wq_str attr_of_code(uint8_t code)
{
	return code < WQ_COUNT(attrs) ? attrs[code] : WQ_S_NONE;
}

/* ---- what becomes of a target */

struct fate {
	uint8_t verdict;
	uint32_t end; /* where its redirects lead */
	uint32_t hops;
};

static struct fate fate_of(const struct walk *w, uint32_t number)
{
	struct fate fate = {.end = number};
	const struct item *first = &w->table.items[number], *item = first;

	while (item->end != ITEM_NONE) {
		if (fate.hops++ >= w->options.redirects_max) {
			fate.verdict = WQ_SITE_LOOP;
			return fate;
		}
		fate.end = item->end;
		item = &w->table.items[fate.end];
	}
	fate.verdict = item->state == ITEM_DONE ? item->verdict : WQ_SITE_FINE;
	if (fate.verdict == WQ_SITE_FINE && first->flags & ITEM_INSIDE && !(item->flags & ITEM_INSIDE))
		fate.verdict = WQ_SITE_REDIRECTS_OUTSIDE;
	return fate;
}

/* ---- places that somebody looks for and that are not there */

struct wanted {
	uint64_t *keys; /* page and hash of the place; 0: free */
	uint8_t *told;  /* links to a place that is not there, or PLACE_THERE */
	size_t n, slots_n;
	uint32_t part, parts;
};

/* Links to broken places of one target, after which no further place is begun: a page of a million of them is one fault, not a
 * report of nothing else. */
enum { PLACE_THERE = UINT8_MAX, PLACES_OF_TARGET = 10000 };

static uint64_t place_key(uint32_t page, uint32_t hash)
{
	return ((uint64_t)page + 1) << 32 | hash;
}

static uint64_t mixed(uint64_t key)
{
	return (key ^ key >> 29) * 0x9e3779b97f4a7c15u;
}

static bool in_part(const struct wanted *wanted, uint64_t key)
{
	return wanted->parts <= 1 || (mixed(key) & 0xffff) % wanted->parts == wanted->part;
}

static size_t slot_of(const struct wanted *wanted, uint64_t key)
{
	size_t i = (mixed(key) >> 20) & (wanted->slots_n - 1);

	while (wanted->keys[i] && wanted->keys[i] != key)
		i = (i + 1) & (wanted->slots_n - 1);
	return i;
}

static wq_err grow(struct wanted *wanted)
{
	enum { FIRST = 8192 };
	struct wanted larger = *wanted;

	if (wanted->slots_n > 0 && wanted->n * 4 < wanted->slots_n * 3)
		return WQ_OK;
	larger.slots_n = wanted->slots_n ? 2 * wanted->slots_n : FIRST;
	larger.keys = calloc(larger.slots_n, sizeof(*larger.keys));
	if (!larger.keys)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = 0; i < wanted->slots_n; i++)
		if (wanted->keys[i])
			larger.keys[slot_of(&larger, wanted->keys[i])] = wanted->keys[i];
	free(wanted->keys);
	*wanted = larger;
	return WQ_OK;
}

/* ---- reading the log */

struct found {
	uint32_t target, page, line, order;
	uint64_t text_at; /* of the fragment, or of what was written */
	uint16_t text_n;
	uint16_t tag;
	uint8_t attr, verdict;
};

struct report {
	struct walk *w;
	struct wanted wanted;
	struct found *found;
	size_t found_n, found_room;
	struct wq_buf name;
	enum { GATHER, MARK, LINKS } stage;
};

struct logged {
	uint32_t page, target, line;
	uint64_t tag;
	uint8_t attr;
	wq_str fragment;
};

static bool next_link(struct log_cursor *c, size_t targets_n, struct logged *link)
{
	uint64_t target, step, line;
	wq_str attr;

	if (c->rest.n == 0)
		return false;
	target = log_get(c);
	step = log_get(c);
	link->tag = log_get(c);
	attr = log_get_bytes(c, 1);
	link->fragment = WQ_S_NONE;
	if (!c->bad && attr.p[0] & 0x80)
		link->fragment = log_get_bytes(c, (size_t)log_get(c));
	line = step & 1 ? link->line - (step >> 1) : link->line + (step >> 1);
	if (c->bad || target >= targets_n || link->tag >= WQ_TAG_COUNT || line > UINT32_MAX) {
		c->bad = true;
		return false;
	}
	link->attr = (uint8_t)(attr.p[0] & 0x7f);
	link->target = (uint32_t)target;
	link->line = (uint32_t)line;
	return true;
}

/* The place that the link looks for; 0: none that could be missing. */
static uint64_t wanted_key(struct report *r, const struct logged *link, const struct fate *fate)
{
	wq_str name;
	const struct item *end = &r->w->table.items[fate->end];

	if (link->fragment.n == 0 || fate->verdict != WQ_SITE_FINE || !(end->flags & ITEM_READ))
		return 0;
	name = fragment_name(link->fragment, &r->name);
	return name.n > 0 ? place_key(fate->end, place_hash(r->w, name)) : 0;
}

static wq_err add_found(struct report *r, const struct logged *link, uint8_t verdict, uint64_t text_at, size_t text_n)
{
	if (r->found_n == r->found_room) {
		size_t room = r->found_room ? 2 * r->found_room : 256;
		struct found *found = realloc(r->found, room * sizeof(*found));

		if (!found)
			return wq_error_id(WQ_E_NO_MEMORY);
		r->found = found;
		r->found_room = room;
	}
	r->found[r->found_n] = (struct found){.target = link->target,
		.page = link->page,
		.line = link->line,
		.order = (uint32_t)r->found_n,
		.text_at = text_at,
		.text_n = (uint16_t)WQ_MIN(text_n, (size_t)UINT16_MAX),
		.tag = (uint16_t)link->tag,
		.attr = link->attr,
		.verdict = verdict};
	r->found_n++;
	return WQ_OK;
}

/* `told`: of that place in the target; NULL: the target is at fault */
static wq_err on_faulty(
	struct report *r, const struct logged *link, uint8_t verdict, uint64_t text_at, size_t text_n, uint8_t *told)
{
	struct item *target = &r->w->table.items[link->target];
	uint32_t before = told ? *told : target->places, most = r->w->options.places_max;

	r->w->stats.faults++;
	if (target->places < UINT32_MAX)
		target->places++;
	if (told && *told < PLACE_THERE - 1)
		(*told)++;
	if (before >= (told ? WQ_MIN(most, (uint32_t)PLACE_THERE - 1) : most) || r->found_n >= FAULTS_MAX ||
		(told && before == 0 && target->places > PLACES_OF_TARGET)) {
		if (r->found_n >= FAULTS_MAX)
			walk_limited(r->w, "faults");
		else if (before == 0)
			walk_limited(r->w, "broken places of a page");
		return WQ_OK;
	}
	return add_found(r, link, verdict, text_at, text_n);
}

static wq_err on_links(struct report *r, wq_str body, uint64_t at)
{
	struct log_cursor c = {.rest = body};
	struct logged link = {.page = (uint32_t)log_get(&c)};

	while (next_link(&c, r->w->table.n, &link)) {
		struct fate fate = fate_of(r->w, link.target);
		uint64_t key = wanted_key(r, &link, &fate), text_at = 0;

		if (link.fragment.n > 0)
			text_at = at + (size_t)(link.fragment.p - body.p);
		if (r->stage == GATHER) {
			if (key == 0 || !in_part(&r->wanted, key))
				continue;
			WQ_TRY(grow(&r->wanted));
			size_t slot = slot_of(&r->wanted, key);

			r->wanted.n += r->wanted.keys[slot] == 0;
			r->wanted.keys[slot] = key;
			continue;
		}
		if (fate.verdict != WQ_SITE_FINE && r->wanted.part == 0)
			WQ_TRY(on_faulty(r, &link, fate.verdict, text_at, link.fragment.n, NULL));
		else if (key && in_part(&r->wanted, key)) {
			uint8_t *told = &r->wanted.told[slot_of(&r->wanted, key)];

			if (*told != PLACE_THERE)
				WQ_TRY(on_faulty(r, &link, WQ_SITE_FRAGMENT, text_at, link.fragment.n, told));
		}
	}
	return c.bad ? wq_error(WQ_E_ALTERED, "the log of the walk: links") : WQ_OK;
}

static wq_err on_anchors(struct report *r, wq_str body)
{
	struct log_cursor c = {.rest = body};
	uint64_t page = log_get(&c);

	for (; c.rest.n >= sizeof(uint32_t) && r->wanted.slots_n > 0; c.rest = wq_str_from(c.rest, sizeof(uint32_t))) {
		uint32_t hash;
		uint64_t key;
		size_t slot;

		memcpy(&hash, c.rest.p, sizeof(hash));
		key = place_key((uint32_t)page, hash);
		if (!in_part(&r->wanted, key))
			continue;
		slot = slot_of(&r->wanted, key);
		if (r->wanted.keys[slot])
			r->wanted.told[slot] = PLACE_THERE;
	}
	return WQ_OK;
}

static wq_err on_malformed(struct report *r, wq_str body, uint64_t at)
{
	struct log_cursor c = {.rest = body};
	uint64_t page = log_get(&c);

	while (c.rest.n > 0) {
		struct logged link = {.target = ITEM_NONE, .page = (uint32_t)page};
		wq_str written;

		link.line = (uint32_t)log_get(&c);
		link.tag = log_get(&c);
		link.attr = (uint8_t)log_get(&c);
		written = log_get_bytes(&c, (size_t)log_get(&c));
		if (c.bad || page >= r->w->table.n || link.tag >= WQ_TAG_COUNT)
			return wq_error(WQ_E_ALTERED, "the log of the walk: a malformed address");
		r->w->stats.faults++;
		if (r->found_n < FAULTS_MAX)
			WQ_TRY(add_found(r, &link, WQ_SITE_MALFORMED, at + (size_t)(written.p - body.p), written.n));
	}
	return WQ_OK;
}

static wq_err on_record(void *data, enum log_kind kind, wq_str body, uint64_t at)
{
	struct report *r = data;

	if (kind == LOG_LINKS && r->stage != MARK)
		return on_links(r, body, at);
	if (kind == LOG_ANCHORS && r->stage == MARK)
		return on_anchors(r, body);
	if (kind == LOG_MALFORMED && r->stage == LINKS && r->wanted.part == 0)
		return on_malformed(r, body, at);
	return WQ_OK;
}

/* ---- telling */

static int by_target(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void describe(
	const struct walk *w, const struct found *found, const struct fate *fate, char detail[DETAIL_BYTES])
{
	const struct item *end = &w->table.items[fate->end];
	char after[32] = "";

	if (fate->hops > 0)
		snprintf(after, sizeof(after), " after %" PRIu32 " redirect%s", fate->hops, fate->hops > 1 ? "s" : "");
	if (found->verdict == WQ_SITE_FRAGMENT)
		snprintf(detail, DETAIL_BYTES, "the page has no such place");
	else if (found->verdict == WQ_SITE_SOFT_404)
		snprintf(detail, DETAIL_BYTES, "%u, but says that it is not there%s", end->status, after);
	else if (found->verdict == WQ_SITE_CHANGED_HANDS)
		snprintf(detail, DETAIL_BYTES, "a parked or sold name, gambling or pornography%s", after);
	else if (found->verdict == WQ_SITE_LOOP)
		snprintf(detail, DETAIL_BYTES, "more than %" PRIu32 " redirects", w->options.redirects_max);
	else if (end->fetched != WQ_FETCH_ANSWERED)
		snprintf(detail, DETAIL_BYTES, "%s%s", wq_fetch_result_text((enum wq_fetch_result)end->fetched), after);
	else
		snprintf(detail, DETAIL_BYTES, "%u%s", end->status, after);
}

static wq_err read_text(const struct walk *w, const struct found *found, struct wq_buf *out)
{
	char *room = wq_buf_reserve(out, found->text_n);

	if (!room)
		return wq_buf_err(out);
	WQ_TRY(log_read(&w->log, found->text_at, found->text_n, room));
	wq_buf_commit(out, found->text_n);
	return WQ_OK;
}

/* The page in which the link stands; of a style sheet the page that loads it. */
static uint32_t page_of(const struct walk *w, uint32_t page)
{
	enum { SHEETS_MAX = 16 };

	for (int i = 0; i < SHEETS_MAX; i++) {
		const struct item *item = &w->table.items[page];

		if (item->flags & ITEM_PAGE || item->from == ITEM_NONE)
			break;
		page = item->from;
	}
	return page;
}

static wq_err tell(const struct walk *w, const struct found *found)
{
	WQ_BUF(target, 2 * WQ_FETCH_URL_MAX + UINT16_MAX);
	char page[WQ_FETCH_URL_MAX + 1] = "", end[WQ_FETCH_URL_MAX + 1] = "", sheet[WQ_FETCH_URL_MAX + 1] = "",
				     url[WQ_FETCH_URL_MAX + 1], detail[DETAIL_BYTES];
	struct wq_site_fault fault = {.verdict = (enum wq_site_verdict)found->verdict,
		.line = found->line,
		.tag = (enum wq_html_tag)found->tag,
		.attr = attr_of_code(found->attr),
		.places = 1};

	if (found->page != ITEM_NONE) {
		uint32_t number = page_of(w, found->page);

		WQ_TRY(table_url(&w->table, number, page));
		if (number != found->page)
			WQ_TRY(table_url(&w->table, found->page, sheet));
		fault.from_home = (w->table.items[number].flags & ITEM_HOME) != 0;
	}
	fault.page = wq_str_c(page);
	fault.sheet = wq_str_c(sheet);
	if (found->target == ITEM_NONE) {
		WQ_TRY(read_text(w, found, &target));
		fault.written = wq_buf_str(&target);
		fault.detail = WQ_S("no address");
		return w->calls->fault(w->calls->data, &fault);
	}
	struct fate fate = fate_of(w, found->target);
	const struct item *item = &w->table.items[found->target];

	WQ_TRY(table_url(&w->table, found->target, url));
	wq_buf_add(&target, wq_str_c(url));
	if (found->text_n > 0) {
		wq_buf_byte(&target, '#');
		WQ_TRY(read_text(w, found, &target));
	}
	if (fate.end != found->target && fate.verdict != WQ_SITE_LOOP)
		WQ_TRY(table_url(&w->table, fate.end, end));
	describe(w, found, &fate, detail);
	fault.target = wq_buf_str(&target);
	fault.outside = !(item->flags & ITEM_INSIDE);
	fault.status = w->table.items[fate.end].status;
	fault.fetched = (enum wq_fetch_result)w->table.items[fate.end].fetched;
	fault.end = wq_str_c(end);
	fault.detail = wq_str_c(detail);
	fault.places = item->places;
	return w->calls->fault(w->calls->data, &fault);
}

/* A start that is not fine, though nothing links there. */
static wq_err add_starts(struct report *r)
{
	for (uint32_t i = 0; i < r->w->table.n; i++) {
		struct logged link = {.page = ITEM_NONE, .target = i};
		struct fate fate;

		if (!(r->w->table.items[i].flags & ITEM_START))
			continue;
		fate = fate_of(r->w, i);
		if (fate.verdict != WQ_SITE_FINE)
			WQ_TRY(on_faulty(r, &link, fate.verdict, 0, 0, NULL));
	}
	return WQ_OK;
}

static wq_err one_part(struct report *r)
{
	r->stage = GATHER;
	if (r->w->fragments > 0)
		WQ_TRY(log_each(&r->w->log, on_record, r));
	free(r->wanted.told);
	r->wanted.told = calloc(r->wanted.slots_n + 1, 1);
	if (!r->wanted.told)
		return wq_error_id(WQ_E_NO_MEMORY);
	r->stage = MARK;
	if (r->wanted.n > 0)
		WQ_TRY(log_each(&r->w->log, on_record, r));
	r->stage = LINKS;
	return log_each(&r->w->log, on_record, r);
}

static void report_done(struct report *r)
{
	free(r->wanted.keys);
	free(r->wanted.told);
	free(r->found);
	wq_buf_done(&r->name);
}

wq_err faults_report(struct walk *w)
{
	WQ_CLEANUP(report_done) struct report r = {.w = w};

	wq_buf_init(&r.name, 2 * WQ_LINK_BYTES_MAX);
	r.wanted.parts = (uint32_t)(w->fragments / WANTED_PER_PASS + 1);
	WQ_TRY(add_starts(&r));
	for (r.wanted.part = 0; r.wanted.part < r.wanted.parts; r.wanted.part++) {
		if (r.wanted.slots_n > 0)
			memset(r.wanted.keys, 0, r.wanted.slots_n * sizeof(*r.wanted.keys));
		r.wanted.n = 0;
		WQ_TRY(one_part(&r));
	}
	if (!w->calls->fault)
		return WQ_OK;
	if (r.found_n > 0)
		qsort(r.found, r.found_n, sizeof(*r.found), by_target);
	for (size_t i = 0; i < r.found_n; i++)
		WQ_TRY(tell(w, &r.found[i]));
	return WQ_OK;
}
