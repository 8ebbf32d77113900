/* Packs: the bytes of sealed responses, many objects in one immutable file of 4 to 64 MiB, addressed by digest.
 *
 * Layout (big-endian, offsets from the start of the file):
 *     "WQPACK\0\1" u32 version=1, u32 objects, u64 index_offset, u64 file_bytes, 32 bytes index digest (SM3 of the index
 *     bytes under domain weique.vault.pack)   = 64 byte header
 *     objects, each at a multiple of 16
 *     index: `objects` rows of 96 bytes: digest[32] SM3(bytes), root[32] tree root, u64 offset, u64 length, 16 reserved 0
 * The pack's *name* is the SM3 of its header, in hexadecimal: it binds the index, the index binds every byte. File name:
 * <name>.pack. A reader checks every bound once at open and needs no cryptographic library unless it verifies. Objects
 * stand in the order of the index, each at the next multiple of 16 after the one before, padding is zero: lengths alone
 * decide the layout, and there is no byte of the file that the name does not bind.
 *
 * Bad at: deleting one object (packs go as a whole), and objects that are too large for memory while being written.
 */
#ifndef WQ_VAULT_PACK_H
#define WQ_VAULT_PACK_H

#include "base/base.h"
#include "crypto/digest.h"

enum { WQ_PACK_HEADER = 64, WQ_PACK_ROW = 96, WQ_PACK_TARGET_BYTES = 16 * 1024 * 1024 };
/* Limits: objects of one pack, bytes of one object (a large one has a pack of its own). */
enum { WQ_PACK_OBJECTS_MAX = 1024 * 1024, WQ_PACK_OBJECT_MAX = 1024 * 1024 * 1024 };

/* ---- writing ---- */
struct wq_fs; /* base/file.h */
struct wq_pack_writer;

struct wq_pack_object {
	wq_digest digest, root;
	uint64_t length_bytes;
	uint32_t pack;   /* which of the writer's packs, in order */
	uint32_t number; /* row in it */
};

/* Writes packs into `dir`; a new one begins when the present one has WQ_PACK_TARGET_BYTES. Objects with equal bytes are
 * stored once. Nothing is visible under its final name before wq_pack_writer_finish(). Several
 * writers may share a directory. Errors: WQ_E_NOT_FOUND, WQ_E_NO_MEMORY. */
wq_err wq_pack_writer_open(const char *dir, struct wq_pack_writer **ret_writer);
/* The same on a file system of the caller's, which outlives the writer. */
wq_err wq_pack_writer_open_on(const struct wq_fs *fs, const char *dir, struct wq_pack_writer **ret_writer);
/* Errors: WQ_E_LIMIT (an object over WQ_PACK_OBJECT_MAX, more than 65,536 packs), WQ_E_NO_SPACE, WQ_E_IO, WQ_E_NO_MEMORY.
 * After one of them the writer is only good for wq_pack_writer_free(). */
wq_err wq_pack_writer_add(struct wq_pack_writer *writer, wq_str bytes, struct wq_pack_object *ret_object);
/* The same when the caller knows SM3(bytes) already. Requires: `digest` is that. */
wq_err wq_pack_writer_add_as(
	struct wq_pack_writer *writer, wq_str bytes, wq_digest digest, struct wq_pack_object *ret_object);
/* Durable and renamed into place; `*ret_names` (owned by the writer) are the names in order. */
wq_err wq_pack_writer_finish(struct wq_pack_writer *writer, const wq_digest **ret_names, size_t *ret_n);
/* Frees; removes what was not finished. */
void wq_pack_writer_free(struct wq_pack_writer **writer);

/* ---- reading: a view into memory that somebody else owns ---- */
struct wq_pack {
	const uint8_t *bytes;
	size_t n;
	uint32_t objects;
	const uint8_t *index;
};

/* Checks every bound. Errors: WQ_E_FORMAT with the place. */
wq_err wq_pack_open(wq_str bytes, struct wq_pack *ret_pack);
/* The three of an object; require number < objects. */
wq_str wq_pack_bytes(const struct wq_pack *pack, uint32_t number);
wq_digest wq_pack_digest(const struct wq_pack *pack, uint32_t number);
wq_digest wq_pack_root(const struct wq_pack *pack, uint32_t number);
/* The whole of it against its name: header, index, then every object. Errors: WQ_E_ALTERED naming the first bad object.
 * Uses crypto/. */
wq_err wq_pack_verify(const struct wq_pack *pack, wq_digest name);

/* The same without the digests of the objects (header, index, roots, padding): several times faster, enough for a pack
 * that was verified in full when it was published. */
wq_err wq_pack_reverify(const struct wq_pack *pack, wq_digest name);

#endif
