#include "gate/nginx/counters.h"

const struct wq_gate_count_name wq_gate_count_names[WQ_GATE_COUNTS] = {
#define WQ_N_ROW(id, family, class, outcome) {family, class, outcome},
#include "gate/nginx/counter_table.h"
#undef WQ_N_ROW
};
_Static_assert((int)WQ_GATE_COUNTS <= (int)WQ_GATE_COLUMNS, "a row has room for every counter");

void wq_gate_zone_init(struct wq_gate_zone *zone)
{
	zone->rows_n = 1;
}

uint32_t wq_gate_zone_row(struct wq_gate_zone *zone, const char *app)
{
	uint32_t n = zone->rows_n;

	for (uint32_t i = 1; i < n; i++)
		if (strcmp(zone->names[i], app) == 0)
			return i;
	if (n == WQ_GATE_ROWS_MAX || strlen(app) >= WQ_GATE_ROW_NAME)
		return 0;
	memcpy(zone->names[n], app, strlen(app) + 1);
	__atomic_store_n(&zone->rows_n, n + 1, __ATOMIC_RELEASE);
	return n;
}

static uint64_t load(const uint64_t *cell)
{
	return __atomic_load_n(cell, __ATOMIC_RELAXED);
}

uint64_t wq_gate_zone_sum(const struct wq_gate_zone *zone, uint32_t row, enum wq_gate_count which)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < WQ_GATE_SLOTS; i++)
		sum += load(&zone->slots[i].cells[row][which]);
	return sum;
}

uint64_t wq_gate_slot_sum(const struct wq_gate_zone *zone, const struct wq_gate_slot *slot, enum wq_gate_count which)
{
	uint32_t rows_n = __atomic_load_n(&zone->rows_n, __ATOMIC_ACQUIRE);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < rows_n; i++)
		sum += load(&slot->cells[i][which]);
	return sum;
}

/* ---- text ---- */

static void write_head(struct wq_buf *out, const char *name, const char *type, const char *help)
{
	wq_buf_printf(out, "# HELP weique_%s %s\n# TYPE weique_%s %s\n", name, help, name, type);
}

static void write_row(const struct wq_gate_zone *zone, uint32_t row, const char *family, struct wq_buf *out)
{
	for (size_t i = 0; i < WQ_GATE_COUNTS; i++) {
		const struct wq_gate_count_name *name = &wq_gate_count_names[i];
		uint64_t n;

		if (strcmp(name->family, family) != 0)
			continue;
		n = wq_gate_zone_sum(zone, row, (enum wq_gate_count)i);
		if (n > 0 || (row > 0 && i == WQ_N_SEALED_SERVED))
			wq_buf_printf(out, "weique_%s_total{app=\"%s\",class=\"%s\",outcome=\"%s\"} %llu\n", family,
				zone->names[row], name->class, name->outcome, (unsigned long long)n);
	}
}

/* Names are [a-z0-9-]: nothing needs escaping. */
static void write_families(const struct wq_gate_zone *zone, struct wq_buf *out)
{
	static const struct {
		const char *family, *name, *help;
	} families[] = {
		{"requests", "requests_total", "Requests by application, path class and outcome."},
		{"rules", "rules_total",
			"Requests before the rule engine by outcome, and the microseconds that it took."},
		{"documents", "documents_total", "Documents and redirects of origins by what was done to them."},
		{"cold", "cold_total",
			"Responses from the disk: served, and cut short because bytes were altered or unreadable."},
	};
	uint32_t rows_n = __atomic_load_n(&zone->rows_n, __ATOMIC_ACQUIRE);

	for (size_t f = 0; f < WQ_COUNT(families); f++) {
		write_head(out, families[f].name, "counter", families[f].help);
		for (uint32_t row = 0; row < rows_n; row++)
			write_row(zone, row, families[f].family, out);
	}
}

static void write_gauges(const struct wq_gate_zone *zone, struct wq_buf *out)
{
	static const struct {
		const char *name, *type, *help;
		size_t at;
	} gauges[] = {
		{"worker_mapped_bytes", "gauge", "Sealed memory that a worker maps, draining releases included.",
			offsetof(struct wq_gate_gauges, mapped_bytes)},
		{"worker_max_bytes", "gauge", "The most that a worker may map.",
			offsetof(struct wq_gate_gauges, max_bytes)},
		{"worker_packs", "gauge", "Packs that a worker holds.", offsetof(struct wq_gate_gauges, packs)},
		{"worker_draining", "gauge", "Replaced releases that requests still hold.",
			offsetof(struct wq_gate_gauges, draining)},
		{"worker_ready", "gauge", "1 once the vault said that everything current was handed over.",
			offsetof(struct wq_gate_gauges, ready)},
		{"worker_connected", "gauge", "1 while a worker is connected to the vault.",
			offsetof(struct wq_gate_gauges, connected)},
		{"generations_switched_total", "counter", "Generations that a worker switched to.",
			offsetof(struct wq_gate_gauges, switched)},
		{"generations_refused_total", "counter", "Generations that a worker refused.",
			offsetof(struct wq_gate_gauges, refused)},
	};

	for (size_t g = 0; g < WQ_COUNT(gauges); g++) {
		write_head(out, gauges[g].name, gauges[g].type, gauges[g].help);
		for (size_t i = 0; i < WQ_GATE_SLOTS; i++) {
			const struct wq_gate_gauges *slot = &zone->slots[i].gauges;
			const uint64_t *value = (const uint64_t *)(const void *)((const char *)slot + gauges[g].at);

			if (load(&slot->pid) > 0)
				wq_buf_printf(out, "weique_%s{worker=\"%zu\"} %llu\n", gauges[g].name, i,
					(unsigned long long)load(value));
		}
	}
}

void wq_gate_zone_write(const struct wq_gate_zone *zone, struct wq_buf *out)
{
	write_families(zone, out);
	write_gauges(zone, out);
}
