/* Loading: from the shelf, which anybody may have altered, into sealed memory that holds only what was sealed.
 *
 * A *generation* is one snapshot of one application with all its packs, each copied into a memfd, sealed, and only then
 * verified on that very copy: root, signature and serial of the snapshot, every reference, every object of every pack. A
 * pack that several generations name is in memory once. Nothing is handed out that failed; what the caller had before
 * stays as it is. A pack that does not fit the budget stays *cold*: it was verified in full, its index (vault/cold.h) is
 * in sealed memory, its bytes stay in the file and are checked by whoever reads them.
 *
 * The *floor* (vault/floors.h) is the highest serial that was ever accepted: lower ones are refused. The caller raises it
 * when it hands a generation over.
 *
 * One thread. The budget counts the memory of this process's generations, also of those that were replaced and are held
 * because gates still serve from them.
 */
#ifndef WQ_VAULT_LOAD_H
#define WQ_VAULT_LOAD_H

#include "vault/cold.h"
#include "vault/floors.h"
#include "vault/pack.h"
#include "vault/sealed.h"
#include "vault/shelf.h"

/* What is wrong on the shelf. A copy of everything it says, good for as long as the caller keeps it. */
struct wq_vault_fault {
	enum wq_err_id
		error; /* WQ_E_ALTERED, WQ_E_SIGNATURE, WQ_E_REPLAYED, WQ_E_NOT_FOUND, WQ_E_FORMAT, WQ_E_LIMIT, … */
	char app[WQ_APP_ID_MAX + 1];
	uint64_t serial; /* 0: none in particular */
	bool in_pack;
	wq_digest pack;               /* only with in_pack */
	char note[WQ_ERR_NOTE_BYTES]; /* names the object: number and digest, or file */
};

enum { WQ_VAULT_FAULTS_MAX = 16 };
struct wq_vault_faults {
	struct wq_vault_fault rows[WQ_VAULT_FAULTS_MAX];
	size_t n;
	size_t more; /* found after the rows were full */
};

struct wq_vault_memory;

/* A pack over this is one large object: never in memory. */
enum { WQ_VAULT_HOT_BYTES = 64 * 1024 * 1024 + 4096 };

/* One pack, shared: in sealed memory, or cold: its index in sealed memory, its bytes in the file that was verified. */
struct wq_vault_pack {
	wq_digest name;
	uint64_t bytes; /* of the file */
	bool cold;
	struct wq_sealed sealed; /* the pack, or the index of a cold one */
	struct wq_pack pack;     /* not of a cold one */
	struct wq_cold index;    /* of a cold one */
	int file;                /* of a cold one: read-only; else -1 */
	uint64_t file_changes;   /* how often a comparison found another whole file in its place, and took that one */
	size_t refs;             /* generations that name it */
};

/* Read-only for the caller. The descriptors stay the generation's: sending one over a socket duplicates it. */
struct wq_generation {
	struct wq_vault_memory *memory;
	struct wq_sealed sealed;
	struct wq_snapshot snapshot; /* a view of it */
	wq_digest digest;
	struct wq_vault_pack **packs; /* in the order of the snapshot's table */
	size_t packs_n;
};

/* `budget_bytes` of snapshots, cold indexes and packs together. Snapshots and indexes are needed in memory, whatever the budget;
 * packs are in memory as far as it goes, the others cold. 0 is fine: every pack is cold. */
wq_err wq_vault_memory_new(uint64_t budget_bytes, struct wq_vault_memory **ret_memory);
/* Requires: every generation of it is freed. */
void wq_vault_memory_free(struct wq_vault_memory **memory);
uint64_t wq_vault_memory_used(const struct wq_vault_memory *memory);

/* Public keys of the sealing keys that are accepted; the snapshot names its own. */
struct wq_vault_keys {
	const wq_sm2_public *keys;
	size_t n;
};

/* A caller's own opinion of a snapshot whose signature is good, asked before its packs are read: an error passes the
 * snapshot over as if it were not whole. */
struct wq_vault_judge {
	wq_err (*call)(void *data, const struct wq_snapshot *snapshot);
	void *data;
};

/* Loads the highest snapshot of `app` that is whole and that `judge` (NULL: everybody) agrees to, from `floor` on. When that is the one of `present` (may be NULL), or
 * `present` is higher than every whole one, returns WQ_OK with NULL: nothing to change. Every higher one that was passed
 * over is in `faults`, with what was wrong with it.
 * Errors, also in `faults`: WQ_E_REPLAYED (only lower ones than the floor are there), WQ_E_NOT_FOUND (none is there), the
 * error of the highest when all that are there are bad, WQ_E_NO_MEMORY, WQ_E_IO. */
wq_err wq_vault_load(struct wq_vault_memory *memory, const struct wq_shelf *shelf, const char *app,
	const struct wq_vault_keys *keys, const struct wq_floor *floor, const struct wq_vault_judge *judge,
	const struct wq_generation *present, struct wq_vault_faults *faults, struct wq_generation **ret_generation);
void wq_generation_free(struct wq_generation **generation);

/* Compares a file on the shelf with what is in memory, byte by byte (a cold pack: block by block with its index): the snapshot of `generation` (part 0) or one of its
 * packs (parts 1 to packs_n). Adds a fault when it is missing (WQ_E_NOT_FOUND), altered (WQ_E_ALTERED, naming the first
 * object that differs) or replaced by an older snapshot (WQ_E_REPLAYED). Whether there is something newer is
 * wq_vault_load()'s to say. Reads the whole file: part by part, so that a caller can do other things in between.
 * Errors: WQ_E_IO when it cannot be compared at all. */
wq_err wq_vault_recheck(const struct wq_shelf *shelf, const struct wq_generation *generation, size_t part,
	struct wq_vault_faults *faults);

#endif
