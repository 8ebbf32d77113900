/* The snapshot: the immutable file of one application from which the gate serves. Header (who, which serial, signed) and
 * body (what). Offset-only, bounds-checked on every access, at most 200 bytes an entry.
 *
 *     header, WQ_SNAPSHOT_HEADER bytes: "WQSNAP\0\1", canonical head (crypto/canon.h, domain weique.vault.snapshot; its
 *             length as u32 before it), 64 bytes SM2 signature over the canonical head, zero padding
 *     body:   section table; packs (name 32, file bytes u64); texts (types, header blocks); hosts; path classes; entries
 *             (96 bytes); hash table (8-byte slots, open addressing, 70 % full, bounded probes); strings. Byte by byte in
 *             docs/formats.md
 *
 * Reviewers decide on the *body root* (tree root over the body bytes): the body is a deterministic function of its
 * entries (sorted by key), hosts, classes and pack names. weique-sign compares body root and decisions, then signs a
 * head that binds application, serial, previous snapshot, ledger event and body root. Reading needs no cryptographic
 * library; wq_snapshot_verify() does.
 */
#ifndef WQ_VAULT_SNAPSHOT_H
#define WQ_VAULT_SNAPSHOT_H

#include "base/base.h"
#include "base/buf.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/sm2.h"

enum { WQ_SNAPSHOT_HEADER = 1024, WQ_APP_ID_MAX = 64 };
/* Limits of a body. Objects have theirs in vault/pack.h. */
enum {
	WQ_SNAPSHOT_KEY_MAX = 4096,
	WQ_SNAPSHOT_TYPE_MAX = 255,
	WQ_SNAPSHOT_HEADERS_MAX = 8192,
	WQ_SNAPSHOT_TYPES_MAX = 65535, /* different content types */
	WQ_SNAPSHOT_PACKS_MAX = 65536,
	WQ_SNAPSHOT_HOSTS_MAX = 1024,
	WQ_SNAPSHOT_CLASSES_MAX = 4096,
	WQ_SNAPSHOT_ENTRIES_MAX = 16 * 1024 * 1024,
	WQ_SNAPSHOT_PROBES_MAX = 1024
};

/* ---- head ---- */
struct wq_snapshot_head {
	char app[WQ_APP_ID_MAX + 1]; /* [a-z0-9-], 1 to 64 */
	uint64_t serial;             /* 1, 2, …: never reused, never lower */
	wq_digest previous;          /* SM3 of the canonical head before; zero for serial 1 */
	wq_digest event;             /* digest of the ledger event that released it */
	wq_digest statement;         /* digest of the release statement that was decided on */
	wq_digest body_root;
	uint64_t body_bytes;
	wq_time sealed_at;
	wq_digest key_id; /* of the sealing key */
};
/* An application's identity as above. Such a name is also safe as that of a file. */
bool wq_app_id_fine(wq_str app);
/* Canonical bytes: what is signed, and whose SM3 is the snapshot's digest. */
wq_err wq_snapshot_head_encode(const struct wq_snapshot_head *head, struct wq_buf *out);
wq_err wq_snapshot_head_decode(wq_str canonical, struct wq_snapshot_head *ret_head);
/* The WQ_SNAPSHOT_HEADER bytes that stand before the body. */
wq_err wq_snapshot_header(const struct wq_snapshot_head *head, const wq_sm2_sig *sig, struct wq_buf *out);

/* ---- building a body ---- */
enum wq_path_class { WQ_CLASS_SEALED, WQ_CLASS_DYNAMIC, WQ_CLASS_STAFF, WQ_CLASS_CLOSED };

struct wq_object_ref { /* which bytes: pack (index into the pack table) and row */
	uint32_t pack, number;
	uint64_t length_bytes;
	/* SM3 of the bytes. A body keeps that of the identity form; read back, the digest of an encoded form is zero: the
	 * pack's index has it (wq_pack_digest), and the pack's name binds the index. */
	wq_digest digest;
};

struct wq_entry_new {
	wq_str key;      /* canonical, text/key.h */
	uint16_t status; /* 200, 301, 302, 404, 410 … */
	wq_str type;     /* Content-Type with charset */
	wq_str headers;  /* "Name: value\r\n" lines of the allow-list, canonical order; empty for most */
	struct wq_object_ref identity;
	bool has_gzip, has_brotli;
	struct wq_object_ref gzip, brotli;
};

struct wq_class_new {
	wq_str prefix; /* path prefix with leading slash; see wq_snapshot_class() */
	enum wq_path_class class;
};

struct wq_body_new {
	const wq_digest *packs; /* names */
	const uint64_t *pack_bytes;
	size_t packs_n;
	const wq_str *hosts; /* canonical hosts that this application answers for */
	size_t hosts_n;
	const struct wq_class_new *classes;
	size_t classes_n;
	const struct wq_entry_new *entries; /* any order; sorted while building; duplicate keys are WQ_E_INPUT */
	size_t entries_n;
};
/* Appends the body. Equal sets give equal bytes, whatever the
 * order of hosts, classes and entries. What it returns passes wq_snapshot_check(). Errors: WQ_E_INPUT naming the key
 * (duplicate, of a host that is not listed, reference outside the packs, malformed type or headers), WQ_E_LIMIT,
 * WQ_E_NO_MEMORY; `out` is then as it was before. */
wq_err wq_snapshot_build(const struct wq_body_new *body, struct wq_buf *out);

/* ---- reading: a view into memory that somebody else owns and that does not change ---- */
struct wq_snapshot {
	const uint8_t *bytes;
	size_t n;
	struct wq_snapshot_head head;
	wq_sm2_sig sig;
	wq_str body;
	uint32_t packs_n, texts_n, hosts_n, classes_n, entries_n, slots_n; /* counts; sections are private to vault/ */
	uint32_t probes_max;
	const uint8_t *packs, *texts, *hosts, *classes, *entries, *slots;
	wq_str strings;
};

struct wq_entry {
	uint32_t number;
	wq_str key;
	uint16_t status;
	wq_str type, headers;
	struct wq_object_ref identity, gzip, brotli;
	bool has_gzip, has_brotli;
};

/* Header and section bounds. Errors: WQ_E_FORMAT. */
wq_err wq_snapshot_open(wq_str bytes, struct wq_snapshot *ret_snapshot);
/* The body alone, as a candidate that is not sealed yet (head is zero). */
wq_err wq_snapshot_open_body(wq_str body, struct wq_snapshot *ret_snapshot);
/* False when there is no such key, or when the entry breaks a bound (an altered file is a missing page, never a crash). */
bool wq_snapshot_find(const struct wq_snapshot *snapshot, wq_str key, struct wq_entry *ret_entry);
/* In order of the keys; number < entries_n. */
bool wq_snapshot_entry(const struct wq_snapshot *snapshot, uint32_t number, struct wq_entry *ret_entry);
bool wq_snapshot_pack(const struct wq_snapshot *snapshot, uint32_t number, wq_digest *ret_name, uint64_t *ret_bytes);
/* Sorted. Empty when there is no such number. */
wq_str wq_snapshot_host(const struct wq_snapshot *snapshot, uint32_t number);
/* The class of a path (with leading slash; a query does not count): the longest prefix that matches, WQ_CLASS_SEALED when
 * none does. Prefixes match whole segments: "/admin" matches "/admin" and "/admin/x", not "/administrator"; "/admin/"
 * matches what is below. A class that is out of range (an altered file) is WQ_CLASS_CLOSED. */
enum wq_path_class wq_snapshot_class(const struct wq_snapshot *snapshot, wq_str path);

/* Everything that opening leaves to the accesses: each host, class and entry in bounds and in order, each key of a listed
 * host and found by its hash, types and headers fit to be sent, padding zero. For whoever is about to sign or to load.
 * Errors: WQ_E_FORMAT naming the place. */
wq_err wq_snapshot_check(const struct wq_snapshot *snapshot);
/* Every reference of the entries against its pack: row, length, digest of the identity form. `pack_of` gives the pack of a
 * number below packs_n. One pass, however many packs there are. Errors: WQ_E_ALTERED naming key and pack. */
struct wq_pack;
wq_err wq_snapshot_check_packs(
	const struct wq_snapshot *snapshot, const struct wq_pack *(*pack_of)(void *data, uint32_t number), void *data);

/* Body root, then signature by `key`, then application and serial: `serial_seen` is the highest that the caller has
 * accepted. Errors: WQ_E_ALTERED, WQ_E_SIGNATURE, WQ_E_REPLAYED (a lower serial, or the same with another digest when
 * `digest_seen` is not NULL). Uses crypto/. */
wq_err wq_snapshot_verify(const struct wq_snapshot *snapshot, const wq_sm2_public *key, uint64_t serial_seen,
	const wq_digest *digest_seen);
/* SM3 of the canonical head: how the ledger and the next snapshot name it. */
wq_err wq_snapshot_digest(const struct wq_snapshot *snapshot, wq_digest *ret_digest);

#endif
