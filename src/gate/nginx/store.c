#include "gate/nginx/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* linux/memfd seals; the names come with _GNU_SOURCE's fcntl.h */
enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

struct wq_gate_pack {
	struct wq_gate_pack *next;
	size_t refs;
	uint8_t name[WQ_HANDOVER_DIGEST];
	struct wq_pack pack;
};

struct app {
	char name[WQ_HANDOVER_APP_MAX + 1];
	uint64_t serial_seen;
	uint8_t digest_seen[WQ_HANDOVER_DIGEST];
	struct wq_gate_release *release; /* NULL: withdrawn */
};

struct host_slot {
	wq_str host; /* p == NULL: free */
	struct app *app;
};

struct hosts {
	struct host_slot *slots;
	size_t slots_n, used; /* slots_n is a power of two, at most half used */
};

/* The generation that is being received. */
struct pending {
	bool active, same;
	uint64_t generation, serial, bytes;
	uint8_t digest[WQ_HANDOVER_DIGEST];
	char app[WQ_HANDOVER_APP_MAX + 1];
	uint32_t packs_n, packs_got;
	struct wq_gate_release *release; /* with the snapshot, once that came */
};

struct wq_gate_store {
	struct app *apps[WQ_GATE_APPS_MAX];
	size_t apps_n;
	struct hosts hosts;
	struct wq_gate_pack *packs;
	struct pending pending;
	uint64_t refused_generation; /* what follows of it is ignored */
	uint64_t mapped_bytes, max_bytes, switched, refused;
	size_t packs_n, releases_n;
};

struct wq_gate_store *wq_gate_store_new(uint64_t max_bytes)
{
	struct wq_gate_store *store = calloc(1, sizeof *store);

	if (store)
		store->max_bytes = max_bytes;
	return store;
}

/* ---- memory ---- */

static enum wq_handover_reason map_sealed(struct wq_gate_store *store, int fd, uint64_t bytes, wq_str *ret_map)
{
	struct stat st;
	void *p;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return WQ_REFUSED_NOT_SEALED;
	if (fstat(fd, &st) < 0)
		return WQ_REFUSED_SYSTEM;
	if (st.st_size <= 0 || (uint64_t)st.st_size != bytes)
		return WQ_REFUSED_SIZE;
	if (bytes > store->max_bytes || store->mapped_bytes > store->max_bytes - bytes)
		return WQ_REFUSED_LIMIT;
	p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return WQ_REFUSED_SYSTEM;
	store->mapped_bytes += bytes;
	*ret_map = wq_str_of(p, bytes);
	return (enum wq_handover_reason)0;
}

static void unmap(struct wq_gate_store *store, const uint8_t *bytes, size_t n)
{
	munmap((void *)(uintptr_t)bytes, n);
	store->mapped_bytes -= n;
}

static void pack_unref(struct wq_gate_store *store, struct wq_gate_pack *pack)
{
	struct wq_gate_pack **at = &store->packs;

	if (!pack || --pack->refs > 0)
		return;
	while (*at != pack)
		at = &(*at)->next;
	*at = pack->next;
	store->packs_n--;
	unmap(store, pack->pack.bytes, pack->pack.n);
	free(pack);
}

static struct wq_gate_pack *pack_find(struct wq_gate_store *store, const uint8_t *name, uint64_t bytes)
{
	for (struct wq_gate_pack *p = store->packs; p; p = p->next)
		if (p->pack.n == bytes && memcmp(p->name, name, sizeof p->name) == 0)
			return p;
	return NULL;
}

static void release_free(struct wq_gate_release *release)
{
	for (size_t i = 0; i < release->packs_n; i++)
		pack_unref(release->store, release->packs[i]);
	unmap(release->store, release->snapshot.bytes, release->snapshot.n);
	release->store->releases_n--;
	free(release->packs);
	free(release);
}

struct wq_gate_release *wq_gate_release_ref(struct wq_gate_release *release)
{
	release->refs++;
	return release;
}

void wq_gate_release_unref(struct wq_gate_release **release)
{
	if (*release && --(*release)->refs == 0)
		release_free(*release);
	*release = NULL;
}

bool wq_gate_release_bytes(const struct wq_gate_release *release, const struct wq_object_ref *object, wq_str *ret_bytes)
{
	const struct wq_pack *pack;
	wq_str bytes;

	if (object->pack >= release->packs_n)
		return false;
	pack = &release->packs[object->pack]->pack;
	if (object->number >= pack->objects)
		return false;
	bytes = wq_pack_bytes(pack, object->number);
	if (bytes.n != object->length_bytes)
		return false;
	*ret_bytes = bytes;
	return true;
}

/* ---- hosts ---- */

static struct host_slot *host_slot(const struct hosts *hosts, wq_str host)
{
	size_t mask = hosts->slots_n - 1;
	size_t i = (size_t)wq_str_hash(host, 0) & mask;

	while (hosts->slots[i].host.p && !wq_str_eq(hosts->slots[i].host, host))
		i = (i + 1) & mask;
	return &hosts->slots[i];
}

struct wq_gate_release *wq_gate_store_find(struct wq_gate_store *store, wq_str host)
{
	struct host_slot *slot;

	if (store->hosts.slots_n == 0 || host.n == 0)
		return NULL;
	slot = host_slot(&store->hosts, host);
	return slot->host.p ? slot->app->release : NULL;
}

static enum wq_handover_reason hosts_add(struct hosts *hosts, const struct wq_snapshot *snapshot, struct app *app)
{
	for (uint32_t i = 0; i < snapshot->hosts_n; i++) {
		wq_str host = wq_snapshot_host(snapshot, i);
		struct host_slot *slot;

		if (host.n == 0)
			return WQ_REFUSED_FORMAT;
		slot = host_slot(hosts, host);
		if (slot->host.p && slot->app != app)
			return WQ_REFUSED_HOST;
		if (!slot->host.p)
			hosts->used++;
		slot->host = host;
		slot->app = app;
	}
	return (enum wq_handover_reason)0;
}

/* The host table as it would be with `app` served from `release` (NULL: withdrawn). */
static enum wq_handover_reason hosts_build(const struct wq_gate_store *store, struct app *app,
	const struct wq_gate_release *release, struct hosts *ret_hosts)
{
	struct hosts hosts = {.slots_n = 16};
	enum wq_handover_reason reason = (enum wq_handover_reason)0;
	size_t hosts_n = release ? release->snapshot.hosts_n : 0;

	for (size_t i = 0; i < store->apps_n; i++)
		if (store->apps[i] != app && store->apps[i]->release)
			hosts_n += store->apps[i]->release->snapshot.hosts_n;
	if (hosts_n > WQ_GATE_HOSTS_MAX)
		return WQ_REFUSED_LIMIT;
	while (hosts.slots_n < hosts_n * 2)
		hosts.slots_n *= 2;
	hosts.slots = calloc(hosts.slots_n, sizeof *hosts.slots);
	if (!hosts.slots)
		return WQ_REFUSED_SYSTEM;
	for (size_t i = 0; i < store->apps_n && !reason; i++)
		if (store->apps[i] != app && store->apps[i]->release)
			reason = hosts_add(&hosts, &store->apps[i]->release->snapshot, store->apps[i]);
	if (!reason && release)
		reason = hosts_add(&hosts, &release->snapshot, app);
	if (reason) {
		free(hosts.slots);
		return reason;
	}
	*ret_hosts = hosts;
	return reason;
}

static void hosts_replace(struct wq_gate_store *store, struct hosts hosts)
{
	free(store->hosts.slots);
	store->hosts = hosts;
}

/* ---- applications ---- */

static struct app *app_find(struct wq_gate_store *store, const char *name)
{
	for (size_t i = 0; i < store->apps_n; i++)
		if (strcmp(store->apps[i]->name, name) == 0)
			return store->apps[i];
	return NULL;
}

static struct app *app_add(struct wq_gate_store *store, const char *name)
{
	struct app *app = app_find(store, name);

	if (app || store->apps_n == WQ_GATE_APPS_MAX)
		return app;
	app = calloc(1, sizeof *app);
	if (!app)
		return NULL;
	snprintf(app->name, sizeof app->name, "%s", name);
	store->apps[store->apps_n++] = app;
	return app;
}

/* ---- receiving a generation ---- */

static void pending_forget(struct wq_gate_store *store)
{
	wq_gate_release_unref(&store->pending.release);
	store->pending = (struct pending){0};
}

void wq_gate_store_interrupted(struct wq_gate_store *store)
{
	pending_forget(store);
	store->refused_generation = 0;
}

static WQ_PRINTF(4, 5) void refuse(
	struct wq_gate_store *store, struct wq_gate_step *step, enum wq_handover_reason reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(step->note, sizeof step->note, format, args);
	va_end(args);
	if (store->pending.active) {
		memcpy(step->app, store->pending.app, sizeof step->app);
		step->serial = store->pending.serial;
	}
	step->outcome = WQ_GATE_REFUSED;
	step->reason = reason;
	store->refused++;
	store->refused_generation = step->generation;
	pending_forget(store);
}

static void receive_begin(struct wq_gate_store *store, const struct wq_handover *m, struct wq_gate_step *step)
{
	struct pending *p = &store->pending;
	const struct app *app;

	pending_forget(store);
	store->refused_generation = 0; /* offered once more */
	p->active = true;
	p->generation = m->generation;
	p->serial = m->serial;
	p->bytes = m->bytes;
	p->packs_n = m->number;
	memcpy(p->digest, m->digest, sizeof p->digest);
	memcpy(p->app, m->app.p, m->app.n);
	app = app_find(store, p->app);
	if (!app)
		return;
	if (m->serial < app->serial_seen)
		refuse(store, step, WQ_REFUSED_SERIAL, "serial %llu after %llu", (unsigned long long)m->serial,
			(unsigned long long)app->serial_seen);
	else if (m->serial == app->serial_seen && memcmp(m->digest, app->digest_seen, sizeof app->digest_seen) != 0)
		refuse(store, step, WQ_REFUSED_SERIAL, "another content under serial %llu",
			(unsigned long long)m->serial);
	else
		p->same = m->serial == app->serial_seen && app->release;
}

static void receive_snapshot(
	struct wq_gate_store *store, const struct wq_handover *m, int fd, struct wq_gate_step *step)
{
	struct pending *p = &store->pending;
	struct wq_gate_release *release;
	enum wq_handover_reason reason;
	wq_str map;

	if (p->same)
		return;
	if (p->release || m->bytes != p->bytes) {
		refuse(store, step, WQ_REFUSED_ORDER, "snapshot");
		return;
	}
	release = calloc(1, sizeof *release);
	reason = release ? map_sealed(store, fd, m->bytes, &map) : WQ_REFUSED_SYSTEM;
	if (reason) {
		free(release);
		refuse(store, step, reason, "snapshot of %llu bytes", (unsigned long long)m->bytes);
		return;
	}
	if (wq_failed(wq_snapshot_open(map, &release->snapshot))) {
		unmap(store, (const uint8_t *)map.p, map.n);
		free(release);
		refuse(store, step, WQ_REFUSED_FORMAT, "snapshot breaks its format");
		return;
	}
	release->store = store;
	release->refs = 1;
	memcpy(release->digest, p->digest, sizeof release->digest);
	store->releases_n++;
	p->release = release;
	if (release->snapshot.head.serial != p->serial || strcmp(release->snapshot.head.app, p->app) != 0 ||
		release->snapshot.packs_n != p->packs_n) {
		refuse(store, step, WQ_REFUSED_FORMAT, "snapshot is not what was announced");
		return;
	}
	release->packs = calloc(p->packs_n ? p->packs_n : 1, sizeof(struct wq_gate_pack *));
	if (!release->packs)
		refuse(store, step, WQ_REFUSED_SYSTEM, "no memory");
}

/* The mapping of a pack: one that is there already, or a new one. */
static enum wq_handover_reason pack_take(
	struct wq_gate_store *store, const struct wq_handover *m, int fd, struct wq_gate_pack **ret_pack)
{
	struct wq_gate_pack *pack = pack_find(store, m->digest, m->bytes);
	enum wq_handover_reason reason;
	wq_str map;

	if (pack) {
		pack->refs++;
		*ret_pack = pack;
		return (enum wq_handover_reason)0;
	}
	reason = map_sealed(store, fd, m->bytes, &map);
	if (reason)
		return reason;
	pack = calloc(1, sizeof *pack);
	if (!pack || wq_failed(wq_pack_open(map, &pack->pack))) {
		unmap(store, (const uint8_t *)map.p, map.n);
		reason = pack ? WQ_REFUSED_FORMAT : WQ_REFUSED_SYSTEM;
		free(pack);
		return reason;
	}
	memcpy(pack->name, m->digest, sizeof pack->name);
	pack->refs = 1;
	pack->next = store->packs;
	store->packs = pack;
	store->packs_n++;
	*ret_pack = pack;
	return (enum wq_handover_reason)0;
}

static void receive_pack(struct wq_gate_store *store, const struct wq_handover *m, int fd, struct wq_gate_step *step)
{
	struct pending *p = &store->pending;
	enum wq_handover_reason reason;
	struct wq_gate_pack *pack;
	char hex[2 * WQ_HANDOVER_DIGEST + 1];
	wq_digest name;
	uint64_t bytes;

	if (p->same)
		return;
	if (!p->release || m->number != p->packs_got || m->number >= p->packs_n) {
		refuse(store, step, WQ_REFUSED_ORDER, "pack %u", m->number);
		return;
	}
	wq_hex(m->digest, sizeof m->digest, hex);
	if (!wq_snapshot_pack(&p->release->snapshot, m->number, &name, &bytes) || bytes != m->bytes ||
		memcmp(name.b, m->digest, sizeof m->digest) != 0) {
		refuse(store, step, WQ_REFUSED_FORMAT, "the snapshot does not name pack %s", hex);
		return;
	}
	reason = pack_take(store, m, fd, &pack);
	if (reason) {
		refuse(store, step, reason, "pack %s", hex);
		return;
	}
	p->release->packs[m->number] = pack;
	p->release->packs_n = ++p->packs_got;
}

static void receive_commit(struct wq_gate_store *store, struct wq_gate_step *step)
{
	struct pending *p = &store->pending;
	struct wq_gate_release *old;
	enum wq_handover_reason reason;
	struct hosts hosts;
	struct app *app;

	memcpy(step->app, p->app, sizeof step->app);
	step->serial = p->serial;
	if (p->same) {
		step->outcome = WQ_GATE_SAME;
		pending_forget(store);
		return;
	}
	if (!p->release || p->packs_got != p->packs_n) {
		refuse(store, step, WQ_REFUSED_ORDER, "commit before everything came");
		return;
	}
	app = app_add(store, p->app);
	if (!app) {
		refuse(store, step, WQ_REFUSED_LIMIT, "applications");
		return;
	}
	reason = hosts_build(store, app, p->release, &hosts);
	if (reason) {
		refuse(store, step, reason, "hosts");
		return;
	}
	old = app->release;
	app->release = p->release;
	app->serial_seen = p->serial;
	memcpy(app->digest_seen, p->digest, sizeof app->digest_seen);
	p->release = NULL;
	hosts_replace(store, hosts);
	wq_gate_release_unref(&old);
	pending_forget(store);
	store->switched++;
	step->outcome = WQ_GATE_SWITCHED;
}

static void receive_withdraw(struct wq_gate_store *store, const struct wq_handover *m, struct wq_gate_step *step)
{
	struct hosts hosts;
	struct app *app;

	memcpy(step->app, m->app.p, m->app.n);
	app = app_find(store, step->app);
	if (!app || !app->release)
		return;
	/* fewer hosts than before never conflict; without memory the old table stays and leads to release == NULL */
	if (hosts_build(store, app, NULL, &hosts) == 0)
		hosts_replace(store, hosts);
	else
		for (size_t i = 0; i < store->hosts.slots_n; i++)
			if (store->hosts.slots[i].app == app)
				store->hosts.slots[i].host = WQ_S("-");
	wq_gate_release_unref(&app->release);
	step->outcome = WQ_GATE_WITHDRAWN;
}

/* SNAPSHOT, PACK and COMMIT belong to the generation that is under way; what follows a refusal is passed over. */
static bool in_turn(struct wq_gate_store *store, const struct wq_handover *m, struct wq_gate_step *step)
{
	if (m->generation == store->refused_generation && m->generation != 0)
		return false;
	if (store->pending.active && store->pending.generation == m->generation)
		return true;
	refuse(store, step, WQ_REFUSED_ORDER, "no such generation is under way");
	return false;
}

struct wq_gate_step wq_gate_store_receive(struct wq_gate_store *store, const struct wq_handover *m, int fd)
{
	struct wq_gate_step step = {.outcome = WQ_GATE_NOTHING, .generation = m->generation};

	switch (m->type) {
	case WQ_HANDOVER_BEGIN: receive_begin(store, m, &step); break;
	case WQ_HANDOVER_SNAPSHOT:
		if (in_turn(store, m, &step))
			receive_snapshot(store, m, fd, &step);
		break;
	case WQ_HANDOVER_PACK:
		if (in_turn(store, m, &step))
			receive_pack(store, m, fd, &step);
		break;
	case WQ_HANDOVER_COMMIT:
		if (in_turn(store, m, &step))
			receive_commit(store, &step);
		break;
	case WQ_HANDOVER_PACK_COLD:
	case WQ_HANDOVER_PACK_FILE:
		if (in_turn(store, m, &step) && !store->pending.same)
			refuse(store, &step, WQ_REFUSED_LIMIT, "pack %u is not in memory", m->number);
		break;
	case WQ_HANDOVER_WITHDRAW: receive_withdraw(store, m, &step); break;
	case WQ_HANDOVER_READY: step.outcome = WQ_GATE_READY; break;
	case WQ_HANDOVER_PING: step.outcome = WQ_GATE_PINGED; break;
	case WQ_HANDOVER_HELLO:
	case WQ_HANDOVER_ACK:
	case WQ_HANDOVER_NACK:
	case WQ_HANDOVER_REPORT:
	case WQ_HANDOVER_PONG: break; /* ours to send: the link lets none of them in */
	case WQ_HANDOVER_KEY: break;
	}
	if (fd >= 0)
		close(fd);
	return step;
}

void wq_gate_store_free(struct wq_gate_store **store)
{
	struct wq_gate_store *s = *store;

	if (!s)
		return;
	pending_forget(s);
	for (size_t i = 0; i < s->apps_n; i++) {
		wq_gate_release_unref(&s->apps[i]->release);
		free(s->apps[i]);
	}
	free(s->hosts.slots);
	free(s);
	*store = NULL;
}

/* ---- status ---- */

void wq_gate_store_totals(const struct wq_gate_store *store, struct wq_gate_totals *ret_totals)
{
	size_t served = 0;

	for (size_t i = 0; i < store->apps_n; i++)
		served += store->apps[i]->release != NULL;
	*ret_totals = (struct wq_gate_totals){
		.mapped_bytes = store->mapped_bytes,
		.max_bytes = store->max_bytes,
		.apps = served,
		.hosts = store->hosts.used,
		.packs = store->packs_n,
		.draining = store->releases_n - served - (store->pending.release != NULL),
		.switched = store->switched,
		.refused = store->refused,
	};
}

void wq_gate_store_visit(const struct wq_gate_store *store,
	void (*visit)(void *data, const char *app, uint64_t serial_seen, const struct wq_gate_release *release),
	void *data)
{
	for (size_t i = 0; i < store->apps_n; i++)
		visit(data, store->apps[i]->name, store->apps[i]->serial_seen, store->apps[i]->release);
}
