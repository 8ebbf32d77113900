#include "gate/nginx/rules_zone.h"

enum { PER_MSEC = 32 };
static const uint64_t day_msec = 86400000;

/* ---- clients ---- */

static size_t prefix_bytes(const struct wq_addr *addr)
{
	return addr->family == 4 ? 3 : 7;
}

uint64_t wq_rules_client(const struct wq_addr *addr)
{
	return wq_str_hash(wq_str_of(addr->bytes, prefix_bytes(addr)), addr->family) | 1;
}

wq_str wq_rules_client_text(const struct wq_addr *addr, char out[WQ_RULES_CLIENT_TEXT])
{
	const uint8_t *b = addr->bytes;

	out[0] = 0;
	if (addr->family == 4)
		snprintf(out, WQ_RULES_CLIENT_TEXT, "%u.%u.%u.0/24", b[0], b[1], b[2]);
	else if (addr->family == 6)
		snprintf(out, WQ_RULES_CLIENT_TEXT, "%x:%x:%x:%x::/56", b[0] << 8 | b[1], b[2] << 8 | b[3],
			b[4] << 8 | b[5], b[6] << 8);
	return wq_str_c(out);
}

/* ---- places in a table ---- */

static uint64_t load(const uint64_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static struct wq_rules_bucket *find_bucket(struct wq_rules_zone *zone, uint64_t key, uint32_t rate_msec, uint64_t now)
{
	struct wq_rules_bucket *row = &zone->buckets[key % (WQ_RULES_BUCKETS / WQ_RULES_WAYS) * WQ_RULES_WAYS];
	struct wq_rules_bucket *oldest = row;

	for (size_t i = 0; i < WQ_RULES_WAYS; i++) {
		if (load(&row[i].key) == key)
			return &row[i];
		if (load(&row[i].at_msec) < load(&oldest->at_msec))
			oldest = &row[i];
	}
	oldest->usec = (int64_t)rate_msec * 1000;
	oldest->at_msec = now;
	__atomic_store_n(&oldest->key, key, __ATOMIC_RELAXED);
	return oldest;
}

/* A bucket of rate r ms/s gains r µs in a millisecond. */
static struct wq_rules_bucket *filled(struct wq_rules_zone *zone, uint64_t key, uint32_t rate_msec, uint64_t now)
{
	struct wq_rules_bucket *b = find_bucket(zone, key, rate_msec, now);
	uint64_t at = load(&b->at_msec), passed = now > at ? WQ_MIN(now - at, (uint64_t)2000) : 0;
	int64_t full = (int64_t)rate_msec * 1000;

	if (passed > 0 &&
		__atomic_compare_exchange_n(&b->at_msec, &at, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		int64_t usec = __atomic_add_fetch(&b->usec, (int64_t)(passed * rate_msec), __ATOMIC_RELAXED);

		if (usec > full)
			__atomic_store_n(&b->usec, full, __ATOMIC_RELAXED);
	}
	return b;
}

bool wq_rules_may(struct wq_rules_zone *zone, uint64_t key, uint32_t rate_msec, uint64_t now_msec)
{
	if (rate_msec == 0)
		return true;
	return __atomic_load_n(&filled(zone, key, rate_msec, now_msec)->usec, __ATOMIC_RELAXED) > 0;
}

void wq_rules_take(struct wq_rules_zone *zone, uint64_t key, uint32_t rate_msec, uint64_t now_msec, uint64_t usec)
{
	int64_t deepest = -(int64_t)rate_msec * 1000;
	struct wq_rules_bucket *b;

	if (rate_msec == 0 || usec == 0)
		return;
	b = filled(zone, key, rate_msec, now_msec);
	if (__atomic_sub_fetch(&b->usec, (int64_t)usec, __ATOMIC_RELAXED) < deepest)
		__atomic_store_n(&b->usec, deepest, __ATOMIC_RELAXED);
}

bool wq_rules_tell(struct wq_rules_zone *zone, uint64_t key, uint64_t now_msec, uint32_t *ret_count)
{
	struct wq_rules_told *row = &zone->told[key % (WQ_RULES_TOLD / WQ_RULES_WAYS) * WQ_RULES_WAYS], *told = row;

	for (size_t i = 0; i < WQ_RULES_WAYS; i++) {
		if (row[i].key == key) {
			told = &row[i];
			if (now_msec - told->at_msec < WQ_RULES_TELL_MSEC) {
				told->more++;
				return false;
			}
			*ret_count = told->more + 1;
			told->more = 0;
			told->at_msec = now_msec;
			return true;
		}
		if (row[i].at_msec < told->at_msec)
			told = &row[i];
	}
	*told = (struct wq_rules_told){.key = key, .at_msec = now_msec};
	*ret_count = 1;
	return true;
}

/* ---- exceptions ---- */

struct wq_rules_hit *wq_rules_hit(struct wq_rules_zone *zone, uint32_t row, wq_str text)
{
	uint64_t key = wq_str_hash(text, row);
	struct wq_rules_hit *hit;

	for (uint32_t i = 0; i < zone->hits_n; i++)
		if (zone->hits[i].key == key && zone->hits[i].row == row)
			return &zone->hits[i];
	if (zone->hits_n == WQ_RULES_HITS)
		return NULL;
	hit = &zone->hits[zone->hits_n];
	hit->key = key;
	hit->row = row;
	snprintf(hit->text, sizeof hit->text, "%.*s", WQ_S_ARG(text));
	__atomic_store_n(&zone->hits_n, zone->hits_n + 1, __ATOMIC_RELEASE);
	return hit;
}

static void write_label(const char *text, struct wq_buf *out)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			wq_buf_byte(out, '\\');
		wq_buf_byte(out, (uint8_t)*text);
	}
}

void wq_rules_hits_write(const struct wq_rules_zone *zone, const char *(*name_of_row)(void *data, uint32_t row),
	void *data, struct wq_buf *out)
{
	uint32_t n = __atomic_load_n(&zone->hits_n, __ATOMIC_ACQUIRE);

	wq_buf_printf(out,
		"# HELP weique_rule_exception_hits_total Requests in which an exception took a rule or a target away.\n"
		"# TYPE weique_rule_exception_hits_total counter\n");
	for (uint32_t i = 0; i < n; i++) {
		wq_buf_printf(out, "weique_rule_exception_hits_total{app=\"%s\",exception=\"",
			name_of_row(data, zone->hits[i].row));
		write_label(zone->hits[i].text, out);
		wq_buf_printf(out, "\"} %llu\n", (unsigned long long)load(&zone->hits[i].count));
	}
}

/* ---- incidents ---- */

void wq_incident_next(struct wq_rules_zone *zone, wq_time now, char out[WQ_INCIDENT_TEXT])
{
	uint64_t least = (uint64_t)(now / 1000) * PER_MSEC, last = load(&zone->incident), next;
	char text[WQ_TIME_TEXT];

	do
		next = WQ_MAX(last + 1, least);
	while (!__atomic_compare_exchange_n(&zone->incident, &last, next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	wq_time_text((wq_time)(next / PER_MSEC) * 1000, text);
	snprintf(out, WQ_INCIDENT_TEXT, "%.4s%.2s%.2s-%08X", text, text + 5, text + 8,
		(unsigned)(next % (day_msec * PER_MSEC)));
}
