#include "inspect/site/table_priv.h"

#include "base/map.h"

void table_init(struct table *table, struct log *log, size_t max)
{
	*table = (struct table){.log = log, .max = WQ_MIN(max, (size_t)ITEM_NONE - 1)};
}

void table_done(struct table *table)
{
	free(table->items);
	free(table->slots);
	*table = (struct table){0};
}

uint64_t table_hash(const struct table *table, wq_str url)
{
	return wq_siphash13(table->log->key, url);
}

uint32_t table_find(const struct table *table, uint64_t hash)
{
	if (table->slots_n == 0)
		return ITEM_NONE;
	for (size_t i = hash & (table->slots_n - 1);; i = (i + 1) & (table->slots_n - 1)) {
		uint32_t number = table->slots[i];

		if (number == 0)
			return ITEM_NONE;
		if (table->items[number - 1].hash == hash)
			return number - 1;
	}
}

static void put_slot(struct table *table, uint32_t number)
{
	size_t i = table->items[number].hash & (table->slots_n - 1);

	while (table->slots[i])
		i = (i + 1) & (table->slots_n - 1);
	table->slots[i] = number + 1;
}

static wq_err make_room(struct table *table)
{
	enum { FIRST = 4096 };

	if (table->n == table->room) {
		size_t room = table->room ? table->room + table->room / 2 : FIRST;
		struct item *items = realloc(table->items, room * sizeof(*items));

		if (!items)
			return wq_error_id(WQ_E_NO_MEMORY);
		table->items = items;
		table->room = room;
	}
	if (table->n * 4 >= table->slots_n * 3) {
		size_t slots_n = table->slots_n ? table->slots_n * 2 : 2 * FIRST;
		uint32_t *slots = calloc(slots_n, sizeof(*slots));

		if (!slots)
			return wq_error_id(WQ_E_NO_MEMORY);
		free(table->slots);
		table->slots = slots;
		table->slots_n = slots_n;
		for (size_t i = 0; i < table->n; i++)
			put_slot(table, (uint32_t)i);
	}
	return WQ_OK;
}

static wq_err append(struct table *table, const struct item *item, uint32_t *ret_number)
{
	WQ_TRY(make_room(table));
	table->items[table->n] = *item;
	put_slot(table, (uint32_t)table->n);
	*ret_number = (uint32_t)table->n++;
	return WQ_OK;
}

wq_err table_add(struct table *table, wq_str url, uint64_t hash, const struct item *like, uint32_t *ret_number)
{
	struct item item = *like;

	*ret_number = ITEM_NONE;
	if (table->n >= table->max || url.n > WQ_FETCH_URL_MAX)
		return WQ_OK;
	log_begin(table->log, LOG_ADDRESS);
	log_varint(table->log, (uint64_t)item.from + 1);
	log_varint(table->log, item.flags);
	log_varint(table->log, item.depth);
	log_varint(table->log, item.hops);
	item.at = log_at(table->log);
	log_bytes(table->log, url);
	log_end(table->log);
	item.hash = hash;
	item.length = url.n;
	item.end = ITEM_NONE;
	return append(table, &item, ret_number);
}

wq_err table_url(const struct table *table, uint32_t number, char *out)
{
	const struct item *item = &table->items[number];

	WQ_TRY(log_read(table->log, item->at, item->length, out));
	out[item->length] = 0;
	return WQ_OK;
}

void table_put_result(struct table *table, uint32_t number)
{
	const struct item *item = &table->items[number];

	log_begin(table->log, LOG_RESULT);
	log_varint(table->log, number);
	log_varint(table->log, item->state);
	log_varint(table->log, item->verdict);
	log_varint(table->log, item->fetched);
	log_varint(table->log, item->status);
	log_varint(table->log, item->flags);
	log_varint(table->log, (uint64_t)item->end + 1);
	log_end(table->log);
}

/* ---- from the log */

/* Numbers are written one more, ITEM_NONE included: 2^32. False when it is neither that nor below `n`. */
static bool number_of(uint64_t v, size_t n, uint32_t *ret_number)
{
	if (v == 0 || (v - 1 >= n && v - 1 != ITEM_NONE))
		return false;
	*ret_number = (uint32_t)(v - 1);
	return true;
}

static wq_err replay_address(struct table *table, struct log_cursor *c, uint64_t at, size_t length)
{
	struct item item = {.end = ITEM_NONE};
	uint64_t from = log_get(c), flags = log_get(c), depth = log_get(c), hops = log_get(c);
	uint32_t number;

	if (c->bad || !number_of(from, table->n, &item.from) || flags > UINT8_MAX || depth > UINT8_MAX ||
		hops > UINT8_MAX || c->rest.n == 0 || c->rest.n > WQ_FETCH_URL_MAX || table->n >= ITEM_NONE - 1)
		return wq_error(WQ_E_ALTERED, "the log of the walk: an address");
	item.flags = (uint8_t)flags;
	item.depth = (uint8_t)depth;
	item.hops = (uint8_t)hops;
	item.at = at + (length - c->rest.n);
	item.length = c->rest.n;
	item.hash = table_hash(table, c->rest);
	if (table_find(table, item.hash) != ITEM_NONE)
		return wq_error(WQ_E_ALTERED, "the log of the walk: an address twice");
	return append(table, &item, &number);
}

static wq_err replay_result(struct table *table, struct log_cursor *c)
{
	uint64_t number = log_get(c), state = log_get(c), verdict = log_get(c), fetched = log_get(c),
		 status = log_get(c), flags = log_get(c), end = log_get(c);
	uint32_t last = ITEM_NONE;
	struct item *item;

	if (c->bad || number >= table->n || state > ITEM_LEFT || verdict >= WQ_SITE_VERDICTS ||
		fetched >= WQ_FETCH_RESULTS || status > UINT16_MAX || flags > UINT8_MAX ||
		!number_of(end, table->n, &last))
		return wq_error(WQ_E_ALTERED, "the log of the walk: a result");
	item = &table->items[number];
	item->state = (uint8_t)state;
	item->verdict = (uint8_t)verdict;
	item->fetched = (uint8_t)fetched;
	item->status = (uint16_t)status;
	item->flags = (uint8_t)flags;
	item->end = last;
	return WQ_OK;
}

wq_err table_replay(void *data, enum log_kind kind, wq_str body, uint64_t at)
{
	struct log_cursor cursor = {.rest = body};

	if (kind == LOG_ADDRESS)
		return replay_address(data, &cursor, at, body.n);
	if (kind == LOG_RESULT)
		return replay_result(data, &cursor);
	return WQ_OK;
}
