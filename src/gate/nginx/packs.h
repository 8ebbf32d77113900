/* The packs that a worker holds: sealed memory, mapped once however many releases name a pack; or the sealed index of a cold
 * one with the descriptor of its file. For store.c and its tests.
 *
 * Invariants: everything that is mapped carries all four seals and has the announced size; the sum of mappings stays at or
 * below max_bytes; a pack lives as long as it has references.
 */
#ifndef WQ_GATE_NGINX_PACKS_H
#define WQ_GATE_NGINX_PACKS_H

#include "gate/nginx/store.h"
#include "vault/cold.h"

struct wq_gate_pack {
	struct wq_gate_pack *next;
	size_t refs;
	uint8_t name[WQ_HANDOVER_DIGEST];
	uint64_t file_bytes;
	wq_str map;          /* the pack, or the cold index */
	struct wq_pack pack; /* not cold */
	struct wq_cold cold;
	int fd; /* of a cold pack's file; -1: not cold, or the file is still to come */
	bool is_cold;
};

struct wq_gate_packs {
	struct wq_gate_pack *first;
	size_t n, cold_n;
	uint64_t mapped_bytes, max_bytes;
};

/* 0, or why the descriptor is refused. */
enum wq_handover_reason wq_gate_map_sealed(struct wq_gate_packs *packs, int fd, uint64_t bytes, wq_str *ret_map);
void wq_gate_unmap(struct wq_gate_packs *packs, wq_str map);

/* PACK: the pack that is there already, or a new mapping; with a reference for the caller. 0, or why not. */
enum wq_handover_reason wq_gate_pack_take(
	struct wq_gate_packs *packs, const struct wq_handover *m, int fd, struct wq_gate_pack **ret_pack);
/* PACK_COLD: a pack that waits for its file. Not shared yet. */
enum wq_handover_reason wq_gate_pack_take_cold(
	struct wq_gate_packs *packs, const struct wq_handover *m, int fd, struct wq_gate_pack **ret_pack);
/* PACK_FILE: `*fd` is kept (and then -1), or the pack is exchanged for one with the same file that is there already. On a
 * refusal the caller's reference is given up. */
enum wq_handover_reason wq_gate_pack_take_file(struct wq_gate_packs *packs, struct wq_gate_pack **pack, int *fd);
/* Accepts NULL. */
void wq_gate_pack_unref(struct wq_gate_packs *packs, struct wq_gate_pack *pack);

/* Fills in the object `number` of `pack`; false when there is no such one. */
bool wq_gate_pack_object(struct wq_gate_object *object);

#endif
