#include "inspect/site/site_priv.h"

#include "base/file.h"

#include <inttypes.h>

/* What is remembered of outside targets between runs: since when they fail and how often that was seen. A text file, replaced as a
 * whole at the end of a run: a head, then a line each, "first last count address", times in seconds. */

static const wq_str head = WQ_S_INIT("weique-looks 1\n");

enum { LOOKS_BYTES = 256 * 1024 * 1024, LOOKS_MAX = 1000000, HOUR = 3600 };

struct look {
	uint64_t first, last; /* seconds */
	uint32_t count;
	bool fails_now;
};

static wq_err bad_line(uint32_t number)
{
	return wq_error(WQ_E_FORMAT, "looks, line %" PRIu32, number);
}

static wq_err read_line(struct wq_map *looks, wq_str line, uint32_t number)
{
	wq_str first = wq_str_cut(&line, ' '), last = wq_str_cut(&line, ' '), count = wq_str_cut(&line, ' ');
	struct look look = {0}, *kept;
	uint64_t times;

	if (!wq_str_to_u64(first, UINT32_MAX, &look.first) || !wq_str_to_u64(last, UINT32_MAX, &look.last) ||
		!wq_str_to_u64(count, UINT16_MAX, &times) || times == 0 || look.last < look.first || line.n == 0 ||
		line.n > WQ_FETCH_URL_MAX || wq_map_has(looks, line))
		return bad_line(number);
	look.count = (uint32_t)times;
	kept = malloc(sizeof(*kept));
	if (!kept)
		return wq_error_id(WQ_E_NO_MEMORY);
	*kept = look;
	wq_err e = wq_map_put(looks, line, kept, NULL);

	if (wq_failed(e))
		free(kept);
	return e;
}

wq_err looks_parse(wq_str text, struct wq_map *looks)
{
	uint32_t number = 1;

	if (!wq_str_starts(text, head))
		return wq_error(WQ_E_FORMAT, "looks: another head");
	text = wq_str_from(text, head.n);
	while (text.n > 0) {
		number++;
		if (wq_str_chr(text, '\n') < 0)
			return bad_line(number);
		WQ_TRY(read_line(looks, wq_str_cut(&text, '\n'), number));
	}
	return WQ_OK;
}

void looks_free(struct wq_map *looks)
{
	const struct wq_map_entry *entry;
	size_t at = 0;

	while ((entry = wq_map_next(looks, &at)))
		free(entry->value);
	wq_map_done(looks);
}

static void path_of(const struct walk *w, char path[4096])
{
	snprintf(path, 4096, "%s/looks", w->options.dir);
}

wq_err looks_open(struct walk *w)
{
	WQ_BUF(text, LOOKS_BYTES);
	char path[4096];
	wq_err e;

	wq_map_init(&w->looks, LOOKS_MAX, &wq_random_system);
	if (!w->options.dir)
		return WQ_OK;
	path_of(w, path);
	e = wq_file_read(&wq_fs_system, path, &text);
	if (wq_is(e, WQ_E_NOT_FOUND))
		return WQ_OK;
	WQ_TRY(e);
	return looks_parse(wq_buf_str(&text), &w->looks);
}

static struct look *look_of(struct walk *w, wq_str url, uint64_t now)
{
	struct look *look = wq_map_get(&w->looks, url);

	if (look)
		return look;
	look = malloc(sizeof(*look));
	if (!look)
		return NULL;
	*look = (struct look){.first = now, .last = now, .count = 1};
	if (!wq_failed(wq_map_put(&w->looks, url, look, NULL)))
		return look;
	free(look); /* too many: judged as if seen for the first time */
	return NULL;
}

static bool fails(uint8_t verdict)
{
	return verdict == WQ_SITE_BROKEN || verdict == WQ_SITE_SERVER_ERROR || verdict == WQ_SITE_UNREACHABLE ||
		verdict == WQ_SITE_TLS || verdict == WQ_SITE_TRUNCATED;
}

static wq_err look_at(struct walk *w, uint32_t number, uint64_t now)
{
	struct item *item = &w->table.items[number];
	char url[WQ_FETCH_URL_MAX + 1];
	struct look *look;

	WQ_TRY(table_url(&w->table, number, url));
	look = look_of(w, wq_str_c(url), now);
	if (look) {
		look->fails_now = true;
		if (now >= look->last + (uint64_t)w->options.again_hours * HOUR) {
			look->last = now;
			look->count += look->count < UINT16_MAX;
		}
	}
	if (!w->options.verdicts_at_once && (!look || look->count < w->options.again_looks))
		item->verdict = WQ_SITE_FAILING;
	return WQ_OK;
}

/* Of a target that nobody got to this time nothing is forgotten. */
static bool is_kept(const struct walk *w, const struct wq_map_entry *entry)
{
	const struct look *look = entry->value;
	uint32_t number = table_find(&w->table, table_hash(&w->table, entry->key));

	return look->fails_now || (number != ITEM_NONE && w->table.items[number].state != ITEM_DONE);
}

static wq_err write_looks(struct walk *w)
{
	WQ_BUF(text, LOOKS_BYTES);
	const struct wq_map_entry *entry;
	char path[4096];
	size_t at = 0;

	wq_buf_add(&text, head);
	while ((entry = wq_map_next(&w->looks, &at))) {
		const struct look *look = entry->value;

		if (is_kept(w, entry))
			wq_buf_printf(&text, "%" PRIu64 " %" PRIu64 " %" PRIu32 " %.*s\n", look->first, look->last,
				look->count, (int)entry->key.n, entry->key.p);
	}
	WQ_TRY(wq_buf_err(&text));
	path_of(w, path);
	return wq_file_replace(&wq_fs_system, path, wq_buf_str(&text), 0600);
}

wq_err looks_apply(struct walk *w)
{
	uint64_t now = (uint64_t)(wq_now(w->clock) / WQ_SECOND);

	for (uint32_t i = 0; i < w->table.n; i++) {
		const struct item *item = &w->table.items[i];

		if (item->state == ITEM_DONE && !(item->flags & ITEM_INSIDE) && fails(item->verdict))
			WQ_TRY(look_at(w, i, now));
	}
	return w->options.dir ? write_looks(w) : WQ_OK;
}
