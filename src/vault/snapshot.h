/* The snapshot: the immutable file of one application from which the gate serves. Header (who, which serial, signed) and
 * body (what). Offset-only, bounds-checked on every access, at most 200 bytes an entry
 * (40 more for one whose source differs from what is served).
 *
 *     header, WQ_SNAPSHOT_HEADER bytes: "WQSNAP\0\1", canonical head (crypto/canon.h, domain weique.vault.snapshot; its
 *             length as u32 before it), 64 bytes SM2 signature over the canonical head, zero padding
 *     body:   section table; packs (name 32, file bytes u64); texts (types, header blocks); hosts; entries (96 bytes);
 *             hash table (8-byte slots, open addressing, 70 % full, bounded probes); policy; links that lead out (24
 *             bytes); sources (40 bytes); strings. Byte by byte in docs/formats.md
 *
 * Reviewers decide on the *body root* (tree root over the body bytes): the body is a deterministic function of its
 * entries (sorted by key), hosts, policy, links and pack names. weique-sign compares body root and decisions, then signs a
 * head that binds application, serial, previous snapshot, ledger event and body root. Reading needs no cryptographic
 * library; wq_snapshot_verify() does.
 *
 * Bodies are written in version 2. Version 1 is read: it has no policy, links or sources, and a body of version 1 with
 * path classes (nothing ever made one) is refused. What is in the policy is policy/policy.h's to say: here it is bytes.
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
	WQ_SNAPSHOT_POLICY_MAX = 1024 * 1024,
	WQ_SNAPSHOT_LINKS_MAX = 1000000,
	WQ_SNAPSHOT_LINK_ID = 16,
	WQ_SNAPSHOT_ADDRESS_MAX = 4096,
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
	/* SM3 of what was captured (masked, policy/volatile.h) when that is not what is served; flags of policy/rewrite.h */
	bool has_source;
	wq_digest source;
	uint32_t transforms;
};

/* An address outside that pages name by its id (policy/leave.h). */
struct wq_link_new {
	uint8_t id[WQ_SNAPSHOT_LINK_ID];
	wq_str address; /* 1 to WQ_SNAPSHOT_ADDRESS_MAX bytes without control characters */
};

struct wq_body_new {
	const wq_digest *packs; /* names */
	const uint64_t *pack_bytes;
	size_t packs_n;
	const wq_str *hosts; /* canonical hosts that this application answers for */
	size_t hosts_n;
	wq_str policy;                   /* opaque here; empty: the default */
	const struct wq_link_new *links; /* any order; the same one again counts once */
	size_t links_n;
	const struct wq_entry_new *entries; /* any order; sorted while building; duplicate keys are WQ_E_INPUT */
	size_t entries_n;
};
/* Appends the body. Equal sets give equal bytes, whatever the
 * order of hosts, links and entries. What it returns passes wq_snapshot_check(). Errors: WQ_E_INPUT naming the key
 * (duplicate, of a host that is not listed, reference outside the packs, malformed type or headers) or the link (two
 * addresses under one id, malformed), WQ_E_LIMIT, WQ_E_NO_MEMORY; `out` is then as it was before. */
wq_err wq_snapshot_build(const struct wq_body_new *body, struct wq_buf *out);

/* ---- reading: a view into memory that somebody else owns and that does not change ---- */
struct wq_snapshot {
	const uint8_t *bytes;
	size_t n;
	struct wq_snapshot_head head;
	wq_sm2_sig sig;
	wq_str body;
	uint32_t version; /* of the body */
	/* counts; sections are private to vault/ */
	uint32_t packs_n, texts_n, hosts_n, entries_n, slots_n, links_n, sources_n;
	uint32_t probes_max;
	const uint8_t *packs, *texts, *hosts, *entries, *slots, *links, *sources;
	wq_str policy, strings;
};

struct wq_entry {
	uint32_t number;
	wq_str key;
	uint16_t status;
	wq_str type, headers;
	struct wq_object_ref identity, gzip, brotli;
	bool has_gzip, has_brotli, has_source;
	wq_digest source; /* as in struct wq_entry_new */
	uint32_t transforms;
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
/* The policy block; empty: the default policy. */
wq_str wq_snapshot_policy(const struct wq_snapshot *snapshot);
/* The address that pages call by `id`, O(log n). False when there is none, or when it breaks a bound. */
bool wq_snapshot_link(const struct wq_snapshot *snapshot, const uint8_t id[WQ_SNAPSHOT_LINK_ID], wq_str *ret_address);
/* In order of the ids; number < links_n. */
bool wq_snapshot_link_at(
	const struct wq_snapshot *snapshot, uint32_t number, uint8_t ret_id[WQ_SNAPSHOT_LINK_ID], wq_str *ret_address);

/* Everything that opening leaves to the accesses: each host, link, source and entry in bounds and in order, each key of a
 * listed host and found by its hash, types, headers and addresses fit to be sent, padding zero. The policy is not looked
 * into. For whoever is about to sign or to load.
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
