/* `weique_metrics`: what all workers counted, as Prometheus reads it; and the shared memory in which they count. */
#include "gate/nginx/module.h"
#include "gate/nginx/rules_zone.h"

enum { METRICS_MAX = 64 * 1024 * 1024, SLAB_MORE = 256 * 1024 };

static ngx_int_t zone_init(ngx_shm_zone_t *shm, void *old)
{
	ngx_slab_pool_t *pool = (ngx_slab_pool_t *)shm->shm.addr;

	if (old) { /* a reload: counters go on */
		shm->data = old;
		return NGX_OK;
	}
	/* fresh pages are zero; clearing them again would make all of them resident */
	shm->data = ngx_slab_alloc(pool, sizeof(struct wq_gate_zone));
	if (!shm->data)
		return NGX_ERROR;
	wq_gate_zone_init(shm->data);
	return NGX_OK;
}

ngx_int_t wq_gate_zone_add(ngx_conf_t *cf, struct wq_gate_main_conf *conf)
{
	static ngx_str_t name = ngx_string("weique");

	conf->zone = ngx_shared_memory_add(cf, &name, sizeof(struct wq_gate_zone) + SLAB_MORE, &ngx_http_weique_module);
	if (!conf->zone)
		return NGX_ERROR;
	conf->zone->init = zone_init;
	return NGX_OK;
}

void wq_gate_slot_take(struct wq_gate_main_conf *conf)
{
	struct wq_gate_zone *zone = conf->zone->data;

	wq_gate_worker.zone = zone;
	wq_gate_worker.slot = &zone->slots[ngx_worker % WQ_GATE_SLOTS];
	wq_gate_worker.lock = &((ngx_slab_pool_t *)conf->zone->shm.addr)->mutex;
	wq_gate_publish();
}

uint32_t wq_gate_row(const char *app)
{
	uint32_t row;

	ngx_shmtx_lock(wq_gate_worker.lock);
	row = wq_gate_zone_row(wq_gate_worker.zone, app);
	ngx_shmtx_unlock(wq_gate_worker.lock);
	return row;
}

static void put(uint64_t *gauge, uint64_t value)
{
	__atomic_store_n(gauge, value, __ATOMIC_RELAXED);
}

void wq_gate_publish(void)
{
	struct wq_gate_gauges *g = &wq_gate_worker.slot->gauges;
	struct wq_gate_totals t;

	if (ngx_exiting) /* the slot is the successor's already */
		return;
	wq_gate_store_totals(wq_gate_worker.store, &t);
	put(&g->pid, (uint64_t)ngx_pid);
	put(&g->mapped_bytes, t.mapped_bytes);
	put(&g->max_bytes, t.max_bytes);
	put(&g->packs, t.packs);
	put(&g->draining, t.draining);
	put(&g->ready, wq_gate_worker.ready);
	put(&g->connected, wq_gate_channel_connected());
}

static const char *name_of_row(void *data, uint32_t row)
{
	const struct wq_gate_zone *zone = data;

	return row < WQ_GATE_ROWS_MAX ? zone->names[row] : "";
}

ngx_int_t wq_gate_metrics_handler(ngx_http_request_t *r)
{
	static ngx_str_t type = ngx_string("text/plain; version=0.0.4; charset=utf-8");
	WQ_BUF(text, METRICS_MAX);

	if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
		return NGX_HTTP_NOT_ALLOWED;
	if (wq_gate_worker.zone)
		wq_gate_zone_write(wq_gate_worker.zone, &text);
	if (wq_gate_worker.zone && wq_gate_worker.rules_zone)
		wq_rules_hits_write(wq_gate_worker.rules_zone, name_of_row, wq_gate_worker.zone, &text);
	return wq_gate_text_send(r, type, &text);
}
