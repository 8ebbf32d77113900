#include "gate/nginx/store.h"

#include <stdarg.h>

#include "gate/nginx/packs.h"

/* A block decodes into lists whose rows are larger than their text. */
enum { POLICY_MEMORY_MAX = 16 * WQ_POLICY_BLOCK_MAX };

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
	struct wq_gate_pack *cold;       /* number packs_got, whose file is still to come */
};

struct wq_gate_store {
	struct app *apps[WQ_GATE_APPS_MAX];
	size_t apps_n;
	struct hosts hosts;
	struct wq_gate_packs packs;
	struct pending pending;
	uint64_t refused_generation; /* what follows of it is ignored */
	uint64_t switched, refused;
	size_t releases_n;
	uint64_t releases_made;
	wq_digest masters[WQ_HANDOVER_KEYS_MAX]; /* of the prompt's tokens: the current one, the one before */
	bool has_master[WQ_HANDOVER_KEYS_MAX];
	uint64_t keys_made; /* counts the keys that came */
};

struct wq_gate_store *wq_gate_store_new(uint64_t max_bytes)
{
	struct wq_gate_store *store = calloc(1, sizeof *store);

	if (store)
		store->packs.max_bytes = max_bytes;
	return store;
}

/* ---- releases ---- */

static void release_free(struct wq_gate_release *release)
{
	struct wq_gate_packs *packs = &release->store->packs;

	for (size_t i = 0; i < release->packs_n; i++)
		wq_gate_pack_unref(packs, release->packs[i]);
	wq_gate_unmap(packs, wq_str_of(release->snapshot.bytes, release->snapshot.n));
	release->store->releases_n--;
	if (release->detach)
		release->detach(release->attached);
	wq_arena_done(&release->arena);
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

bool wq_gate_release_object(
	const struct wq_gate_release *release, const struct wq_object_ref *ref, struct wq_gate_object *ret_object)
{
	struct wq_gate_object object = {.number = ref->number};

	if (ref->pack >= release->packs_n)
		return false;
	object.pack = release->packs[ref->pack];
	if (!wq_gate_pack_object(&object) || object.length_bytes != ref->length_bytes)
		return false;
	*ret_object = object;
	return true;
}

size_t wq_gate_release_keys(struct wq_gate_release *release)
{
	const struct wq_gate_store *store = release->store;

	if (release->keys_of == store->keys_made)
		return release->keys_n;
	release->keys_of = store->keys_made;
	release->keys_n = 0;
	for (size_t i = 0; i < WQ_HANDOVER_KEYS_MAX && store->has_master[i]; i++) {
		wq_digest key = wq_leave_key(&store->masters[i], wq_str_c(release->snapshot.head.app));

		release->keys[i] = key;
		/* what a token marks is an address, never this */
		release->pass_keys[i] = wq_hmac_sm3(wq_str_of(key.b, sizeof key.b), WQ_S("weique.rules.pass"));
		release->keys_n++;
	}
	return release->keys_n;
}

/* The policy is decoded once; what the requests ask of it allocates nothing. */
static wq_err open_policy(struct wq_gate_release *release)
{
	const struct wq_snapshot *snapshot = &release->snapshot;
	wq_str *hosts;

	wq_arena_init(&release->arena, POLICY_MEMORY_MAX);
	WQ_TRY(wq_policy_decode(wq_snapshot_policy(snapshot), &release->arena, &release->policy));
	for (size_t i = 0; i < release->policy.paths_n; i++)
		release->unsealed |= release->policy.paths[i].class != WQ_CLASS_SEALED;
	if (!release->policy.leave && !release->unsealed)
		return WQ_OK; /* nothing will be judged: most applications need no memory here */
	hosts = WQ_NEW_ARRAY(&release->arena, wq_str, snapshot->hosts_n);
	WQ_TRY(wq_arena_err(&release->arena));
	for (uint32_t i = 0; i < snapshot->hosts_n; i++)
		hosts[i] = wq_snapshot_host(snapshot, i);
	release->leave = (struct wq_leave){&release->policy, hosts, snapshot->hosts_n};
	return WQ_OK;
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
	wq_gate_pack_unref(&store->packs, store->pending.cold);
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
		/* files of cold packs may have been mended: what has such packs is taken again */
		p->same = m->serial == app->serial_seen && app->release && !app->release->has_cold;
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
	reason = release ? wq_gate_map_sealed(&store->packs, fd, m->bytes, &map) : WQ_REFUSED_SYSTEM;
	if (reason) {
		free(release);
		refuse(store, step, reason, "snapshot of %llu bytes", (unsigned long long)m->bytes);
		return;
	}
	if (wq_failed(wq_snapshot_open(map, &release->snapshot))) {
		wq_gate_unmap(&store->packs, map);
		free(release);
		refuse(store, step, WQ_REFUSED_FORMAT, "snapshot breaks its format");
		return;
	}
	release->store = store;
	release->number = ++store->releases_made;
	release->refs = 1;
	memcpy(release->digest, p->digest, sizeof release->digest);
	store->releases_n++;
	p->release = release;
	if (release->snapshot.head.serial != p->serial || strcmp(release->snapshot.head.app, p->app) != 0 ||
		release->snapshot.packs_n != p->packs_n) {
		refuse(store, step, WQ_REFUSED_FORMAT, "snapshot is not what was announced");
		return;
	}
	if (wq_failed(open_policy(release))) {
		refuse(store, step, WQ_REFUSED_FORMAT, "its policy breaks its format");
		return;
	}
	release->packs = calloc(p->packs_n ? p->packs_n : 1, sizeof(struct wq_gate_pack *));
	if (!release->packs)
		refuse(store, step, WQ_REFUSED_SYSTEM, "no memory");
}

/* The name in the message against the one in the snapshot, and the turn. */
static bool pack_is_next(struct wq_gate_store *store, const struct wq_handover *m, struct wq_gate_step *step)
{
	const struct pending *p = &store->pending;
	char hex[2 * WQ_HANDOVER_DIGEST + 1];
	wq_digest name;
	uint64_t bytes;

	if (!p->release || p->cold || m->number != p->packs_got || m->number >= p->packs_n) {
		refuse(store, step, WQ_REFUSED_ORDER, "pack %u", m->number);
		return false;
	}
	if (!wq_snapshot_pack(&p->release->snapshot, m->number, &name, &bytes) || bytes != m->bytes ||
		memcmp(name.b, m->digest, sizeof m->digest) != 0) {
		refuse(store, step, WQ_REFUSED_FORMAT, "the snapshot does not name pack %s",
			wq_hex(m->digest, sizeof m->digest, hex));
		return false;
	}
	return true;
}

static void refuse_pack(struct wq_gate_store *store, const struct wq_handover *m, enum wq_handover_reason reason,
	struct wq_gate_step *step)
{
	char hex[2 * WQ_HANDOVER_DIGEST + 1];

	refuse(store, step, reason, "pack %s", wq_hex(m->digest, sizeof m->digest, hex));
}

static void pack_add(struct pending *p, struct wq_gate_pack *pack)
{
	p->release->packs[p->packs_got] = pack;
	p->release->packs_n = ++p->packs_got;
}

static void receive_pack(struct wq_gate_store *store, const struct wq_handover *m, int fd, struct wq_gate_step *step)
{
	enum wq_handover_reason reason;
	struct wq_gate_pack *pack;

	if (store->pending.same || !pack_is_next(store, m, step))
		return;
	reason = wq_gate_pack_take(&store->packs, m, fd, &pack);
	if (reason)
		refuse_pack(store, m, reason, step);
	else
		pack_add(&store->pending, pack);
}

static void receive_cold(struct wq_gate_store *store, const struct wq_handover *m, int fd, struct wq_gate_step *step)
{
	enum wq_handover_reason reason;
	struct wq_gate_pack *pack;

	if (store->pending.same || !pack_is_next(store, m, step))
		return;
	reason = wq_gate_pack_take_cold(&store->packs, m, fd, &pack);
	if (reason)
		refuse_pack(store, m, reason, step);
	else
		store->pending.cold = pack;
}

/* `*fd` is taken (-1) when it is kept. */
static void receive_file(struct wq_gate_store *store, const struct wq_handover *m, int *fd, struct wq_gate_step *step)
{
	struct pending *p = &store->pending;
	enum wq_handover_reason reason;
	struct wq_gate_pack *pack = p->cold;

	if (p->same)
		return;
	if (!pack || m->number != p->packs_got) {
		refuse(store, step, WQ_REFUSED_ORDER, "file of pack %u", m->number);
		return;
	}
	reason = wq_gate_pack_take_file(&store->packs, &pack, fd);
	p->cold = NULL;
	if (reason) {
		refuse(store, step, reason, "file of pack %u", m->number);
		return;
	}
	p->release->has_cold = true;
	pack_add(p, pack);
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
	step->release = app->release;
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

static void receive_key(struct wq_gate_store *store, const struct wq_handover *m)
{
	if (m->number >= WQ_HANDOVER_KEYS_MAX)
		return;
	memcpy(store->masters[m->number].b, m->digest, sizeof m->digest);
	store->has_master[m->number] = true;
	store->keys_made++;
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
		if (in_turn(store, m, &step))
			receive_cold(store, m, fd, &step);
		break;
	case WQ_HANDOVER_PACK_FILE:
		if (in_turn(store, m, &step))
			receive_file(store, m, &fd, &step);
		break;
	case WQ_HANDOVER_KEY: receive_key(store, m); break;
	case WQ_HANDOVER_WITHDRAW: receive_withdraw(store, m, &step); break;
	case WQ_HANDOVER_READY: step.outcome = WQ_GATE_READY; break;
	case WQ_HANDOVER_PING: step.outcome = WQ_GATE_PINGED; break;
	case WQ_HANDOVER_HELLO:
	case WQ_HANDOVER_ACK:
	case WQ_HANDOVER_NACK:
	case WQ_HANDOVER_REPORT:
	case WQ_HANDOVER_RULE:
	case WQ_HANDOVER_PONG: break; /* ours to send: the link lets none of them in */
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
		.mapped_bytes = store->packs.mapped_bytes,
		.max_bytes = store->packs.max_bytes,
		.apps = served,
		.hosts = store->hosts.used,
		.packs = store->packs.n,
		.cold = store->packs.cold_n,
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
