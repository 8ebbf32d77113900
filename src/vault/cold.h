/* The cold index: what a gate needs to serve from a pack that is not in memory. Per object where its bytes stand and
 * the digest of each of its 16 KiB leaves (crypto/digest.h), so that one block, read from a file that others can write, is
 * checked alone before it is sent. An index is made from a pack that was verified against its name; it is handed over in
 * sealed memory, and nothing else of the pack has to be believed.
 *
 *     header, WQ_COLD_HEADER bytes: "WQCOLD\0\1", u32 objects, u32 leaves, u64 bytes of the pack's file, its name 32,
 *             8 reserved 0
 *     objects, WQ_COLD_ROW bytes each: u64 offset, u64 length, u32 number of its first leaf, 4 reserved 0
 *     leaves, 32 bytes each: wq_tree_leaf() of each block; an object of no bytes has one empty leaf
 *
 * Big-endian; byte by byte in docs/formats.md. 56 bytes for an object of one leaf; 2 MiB for one of 1 GiB. The index names no
 * roots: wq_tree_root_of_leaves() gives them. Never stored: the vault makes it anew. Bad at: being checked without the
 * pack (only bounds are).
 */
#ifndef WQ_VAULT_COLD_H
#define WQ_VAULT_COLD_H

#include "base/base.h"
#include "base/buf.h"
#include "crypto/digest.h"

enum { WQ_COLD_HEADER = 64, WQ_COLD_ROW = 24, WQ_COLD_BYTES_MAX = 256 * 1024 * 1024 };

/* ---- reading: a view into memory that somebody else owns and that does not change; no cryptographic library ---- */
struct wq_cold {
	uint32_t objects, leaves;
	uint64_t file_bytes;
	wq_digest name;
	const uint8_t *rows, *digests;
};

/* Checks every bound: objects lie inside the file one behind the other, each has the leaves that its length asks for, nothing
 * is left over. Errors: WQ_E_FORMAT with the place. */
wq_err wq_cold_open(wq_str bytes, struct wq_cold *ret_cold);
/* Where an object's bytes stand in the file, and how many leaves they have (at least 1). False when there is no such
 * number. */
bool wq_cold_object(const struct wq_cold *cold, uint32_t number, uint64_t *ret_offset, uint64_t *ret_length_bytes,
	uint32_t *ret_leaves);
/* The digest of leaf `leaf` of an object, whose bytes are those from leaf * WQ_TREE_LEAF on, at most WQ_TREE_LEAF. */
bool wq_cold_leaf(const struct wq_cold *cold, uint32_t number, uint32_t leaf, wq_digest *ret_digest);
/* Whether `block` is that leaf: its length and its digest. What was read and fails this may not be sent. */
bool wq_cold_block_is(const struct wq_cold *cold, uint32_t number, uint32_t leaf, wq_str block);

/* ---- building, uses crypto/ ---- */
/* Verifies the pack at `path` (a regular file of exactly `bytes` bytes, no link at the last component) in full against its
 * name, as wq_pack_verify() without the digests for people, and appends its cold index. Memory: the pack's index and a window
 * of WQ_COLD_WINDOW bytes, whatever the pack's size. `*ret_fd` is a read-only descriptor of the very file that was
 * verified: the caller's to close. Errors: WQ_E_NOT_FOUND, WQ_E_ALTERED naming the first bad object, WQ_E_NO_MEMORY,
 * WQ_E_IO; then `out` is as before and there is no descriptor. */
enum { WQ_COLD_WINDOW = 8 * 1024 * 1024 };
wq_err wq_cold_build(const char *path, wq_digest name, uint64_t bytes, struct wq_buf *out, int *ret_fd);

#endif
