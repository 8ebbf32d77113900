#include "gate/broker/restore.h"

#include <inttypes.h>

enum { DIR_MODE = 0700, EVIDENCE_MODE = 0600, FILE_MODE = 0644, LIST_MAX = 4096 };

bool wq_restore_can(const struct wq_generation *generation, size_t part)
{
	return part == 0 || !generation->packs[part - 1]->cold;
}

static wq_str good_copy(const struct wq_generation *g, size_t part)
{
	return part == 0 ? g->sealed.bytes : g->packs[part - 1]->sealed.bytes;
}

/* Where it stands, and what it is called among the evidence. */
static void place(const struct wq_restorer *r, const struct wq_generation *g, size_t part, char path[PATH_MAX],
	char name[WQ_APP_ID_MAX + 64])
{
	const struct wq_snapshot_head *head = &g->snapshot.head;
	char hex[WQ_DIGEST_HEX];

	if (part == 0) {
		wq_shelf_snapshot_path(r->shelf, head->app, head->serial, path);
		snprintf(name, WQ_APP_ID_MAX + 64, "%s-%020" PRIu64 ".snapshot", head->app, head->serial);
	} else {
		wq_shelf_pack_path(r->shelf, g->packs[part - 1]->name, path);
		snprintf(name, WQ_APP_ID_MAX + 64, "%s.pack", wq_digest_hex(g->packs[part - 1]->name, hex));
	}
}

static bool in_pause(struct wq_restorer *r, const char *path)
{
	uint64_t file = wq_str_hash(wq_str_c(path), 2), now = r->clock->monotonic_msec(r->clock->data);

	for (size_t i = 0; i < WQ_RESTORE_REMEMBERED; i++)
		if (r->last[i].file == file && now - r->last[i].at_msec < (uint64_t)WQ_RESTORE_PAUSE_SECONDS * 1000)
			return true;
	r->last[r->next].file = file;
	r->last[r->next].at_msec = now;
	r->next = (r->next + 1) % WQ_RESTORE_REMEMBERED;
	return false;
}

/* Bytes that may still be kept. */
static uint64_t room_for_evidence(const char *dir)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_dir_entry *entries;
	uint64_t used = 0;
	size_t n;

	wq_arena_init(&arena, 4 * WQ_MIB);
	if (wq_failed(wq_dir_list(&arena, dir, LIST_MAX, &entries, &n)) || n >= WQ_EVIDENCE_FILES)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char path[2 * PATH_MAX];
		struct stat st;

		snprintf(path, sizeof path, "%s/%.255s", dir, entries[i].name);
		used += lstat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
	}
	return used < WQ_EVIDENCE_BYTES ? WQ_EVIDENCE_BYTES - used : 0;
}

/* As far as it goes: what cannot be kept does not keep the good bytes from coming back. */
static void keep(const struct wq_restorer *r, const char *path, const char *name, char evidence[PATH_MAX])
{
	char dir[PATH_MAX];
	uint64_t room;

	evidence[0] = '\0';
	if (snprintf(dir, sizeof dir, "%s/evidence", r->state_dir) >= PATH_MAX - WQ_APP_ID_MAX - 128 ||
		wq_failed(wq_dir_make(r->fs, dir, DIR_MODE)))
		return;
	room = room_for_evidence(dir);
	snprintf(evidence, PATH_MAX, "%.*s/%s.%" PRId64, PATH_MAX - WQ_APP_ID_MAX - 128, dir, name,
		(int64_t)wq_now(r->clock));
	if (room == 0 || wq_failed(wq_file_copy(r->fs, path, evidence, EVIDENCE_MODE, room)))
		evidence[0] = '\0';
}

wq_err wq_restore(
	struct wq_restorer *restorer, const struct wq_generation *generation, size_t part, char evidence[PATH_MAX])
{
	char path[PATH_MAX], name[WQ_APP_ID_MAX + 64];

	place(restorer, generation, part, path, name);
	if (in_pause(restorer, path))
		return wq_error_id(WQ_E_BUSY);
	keep(restorer, path, name, evidence);
	return wq_file_replace(restorer->fs, path, good_copy(generation, part), FILE_MODE);
}
