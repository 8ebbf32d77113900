/* What a gate worker serves from: the sealed memory that weique-vault handed over, by application and host.
 *
 * Invariants: a mapping is made only of a descriptor with all four seals and the announced size, private and read-only;
 * nothing of a generation is visible before its COMMIT, then all of it at once; a release stays mapped while a request
 * holds a reference, and is unmapped with the last one; the highest serial of an application that was ever accepted here
 * is remembered (also over a WITHDRAW) and a lower one, or another digest under the same serial, is refused; a host
 * belongs to one application. A refused generation changes nothing that is served.
 *
 * The policy is decoded when a snapshot comes; one that is malformed refuses the generation. A cold pack is its index in
 * sealed memory and a file that others may write: nothing of the file is believed before its leaf was checked.
 *
 * One thread (an nginx worker), but for wq_gate_object_read(). Knows nothing of nginx; needs no cryptographic library: the
 * vault verified this very memory.
 */
#ifndef WQ_GATE_NGINX_STORE_H
#define WQ_GATE_NGINX_STORE_H

#include "base/base.h"
#include "base/arena.h"
#include "link/handover.h"
#include "policy/leave.h"
#include "policy/policy.h"
#include "vault/pack.h"
#include "vault/snapshot.h"

enum { WQ_GATE_APPS_MAX = 4096, WQ_GATE_HOSTS_MAX = 65536 };
/* The most that is read from a cold pack at a time; whole leaves. */
enum { WQ_GATE_BLOCK = 8 * WQ_TREE_LEAF };

struct wq_gate_store;

/* A pack, in memory or cold, shared by the releases that name it (packs.h). */
struct wq_gate_pack;

/* One generation of one application. Read by the request that holds a reference. */
struct wq_gate_release {
	struct wq_snapshot snapshot;
	uint8_t digest[WQ_HANDOVER_DIGEST];
	size_t refs;
	struct wq_gate_pack **packs;
	size_t packs_n;
	struct wq_gate_store *store;
	uint64_t number;         /* no other release of this store has it, nor had */
	struct wq_arena arena;   /* what the policy was decoded into */
	struct wq_policy policy; /* as sealed */
	struct wq_leave leave;   /* without hosts when no path is unsealed and there is no prompt */
	bool unsealed;           /* some path is dynamic, staff or closed */
	bool has_cold;    /* packs: the same serial is taken again when it is offered, with files that were mended */
	uint32_t row;     /* of its counters: the caller's */
	uint64_t keys_of; /* the store's keys from which `keys` and `pass_keys` were derived */
	size_t keys_n;
	wq_digest keys[WQ_HANDOVER_KEYS_MAX];      /* of the prompt's tokens */
	wq_digest pass_keys[WQ_HANDOVER_KEYS_MAX]; /* of what answering a challenge gives */
	void *attached;                            /* the caller's; freed with the release by `detach` */
	void (*detach)(void *attached);
};

/* What a message led to, for the worker's answer and log. */
enum wq_gate_outcome {
	WQ_GATE_NOTHING,   /* part of a generation, kept */
	WQ_GATE_SWITCHED,  /* COMMIT: this application is served from the new generation: ACK */
	WQ_GATE_SAME,      /* COMMIT of what is served already: ACK */
	WQ_GATE_REFUSED,   /* the generation is refused: NACK with `reason` and `note` */
	WQ_GATE_WITHDRAWN, /* the application is no longer served */
	WQ_GATE_READY,     /* everything current has been handed over */
	WQ_GATE_PINGED     /* PONG */
};

struct wq_gate_step {
	enum wq_gate_outcome outcome;
	uint64_t generation;
	char app[WQ_HANDOVER_APP_MAX + 1];
	uint64_t serial;
	enum wq_handover_reason reason;
	char note[WQ_HANDOVER_NOTE_MAX + 1];
	struct wq_gate_release *release; /* SWITCHED: borrowed */
};

/* `max_bytes`: of all mappings, those of draining generations included. NULL when out of memory. */
struct wq_gate_store *wq_gate_store_new(uint64_t max_bytes);
/* Requires: no release is referenced from outside. */
void wq_gate_store_free(struct wq_gate_store **store);

/* One message of the vault. Takes `fd` (-1: none) in every case. */
struct wq_gate_step wq_gate_store_receive(struct wq_gate_store *store, const struct wq_handover *message, int fd);
/* Forgets an unfinished generation: the connection ended. */
void wq_gate_store_interrupted(struct wq_gate_store *store);

/* Who answers for a canonical host, or NULL. Borrowed: take a reference before anything else is received. */
struct wq_gate_release *wq_gate_store_find(struct wq_gate_store *store, wq_str host);
struct wq_gate_release *wq_gate_release_ref(struct wq_gate_release *release);
void wq_gate_release_unref(struct wq_gate_release **release);
/* Where an object's bytes are; false when the reference breaks a bound. Lives as long as the release. */
struct wq_gate_object {
	const struct wq_gate_pack *pack;
	uint32_t number;
	uint64_t length_bytes;
	wq_str bytes; /* of a pack in memory */
	bool cold;    /* `bytes` is empty: wq_gate_object_read() */
};
bool wq_gate_release_object(
	const struct wq_gate_release *release, const struct wq_object_ref *ref, struct wq_gate_object *ret_object);
/* The application's keys, the current one first: `keys` for the prompt's tokens, `pass_keys` for the rule engine's challenge. Derived
 * once, and again when the vault gives others; returns how many there are. */
size_t wq_gate_release_keys(struct wq_gate_release *release);

/* Reads `n` bytes of a cold object (at most WQ_GATE_BLOCK) from `from` on into `block` and checks every leaf. Begins with a leaf
 * and ends with one. For any thread. Errors: WQ_E_ALTERED (not what was sealed), WQ_E_IO (unreadable, or cut short); then
 * nothing of the block may be sent, and `*ret_leaf` says which leaf it was. */
wq_err wq_gate_object_read(
	const struct wq_gate_object *object, uint64_t from, uint8_t *block, size_t n, uint32_t *ret_leaf);
/* The name of its pack. */
const uint8_t *wq_gate_object_pack(const struct wq_gate_object *object);

/* For the status page. `visit` gets the release that is served, NULL for a withdrawn application. */
struct wq_gate_totals {
	uint64_t mapped_bytes, max_bytes;
	size_t apps, hosts, packs, cold,
		draining; /* cold: packs of which only the index is in memory; draining: old generations that requests still hold */
	uint64_t switched, refused;
};
void wq_gate_store_totals(const struct wq_gate_store *store, struct wq_gate_totals *ret_totals);
void wq_gate_store_visit(const struct wq_gate_store *store,
	void (*visit)(void *data, const char *app, uint64_t serial_seen, const struct wq_gate_release *release),
	void *data);

#endif
