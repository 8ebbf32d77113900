/* The one canonical encoding of everything that is signed or hashed. Published with vectors in
 * docs/canonical-encoding.md.
 *
 *     "WQC1" | u8 n, n bytes domain tag | u16 version | u16 algorithm | fields
 *
 * Integers are big-endian. A field is a type byte and its value: 'u' u64; 't' i64 microseconds since 1970 UTC; 'd' 32
 * bytes digest; 'b' u32 n, n bytes; 's' u32 n, n bytes of valid UTF-8 without NUL; 'l' u32 count, that many fields follow
 * as the schema says. There is exactly one encoding of a value and every reader refuses any other, so equal values have
 * equal digests. Domain tags are the constants below: one for each structure, never reused.
 */
#ifndef WQ_CRYPTO_CANON_H
#define WQ_CRYPTO_CANON_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "crypto/digest.h"

enum { WQ_ALG_SM3 = 1, WQ_ALG_SM2_SM3 = 2, WQ_ALG_SM4_GCM = 3 };

#define WQ_DOMAIN_EVENT "weique.ledger.event"
#define WQ_DOMAIN_HEAD "weique.ledger.head"
#define WQ_DOMAIN_COMMITMENT "weique.ledger.commitment"
#define WQ_DOMAIN_SNAPSHOT "weique.vault.snapshot"
#define WQ_DOMAIN_PACK "weique.vault.pack"
#define WQ_DOMAIN_RELEASE "weique.release.statement"
#define WQ_DOMAIN_DECISION "weique.release.decision"
#define WQ_DOMAIN_POLICY "weique.policy"
#define WQ_DOMAIN_APPROVAL "weique.approval.statement"
#define WQ_DOMAIN_APPROVAL_DECISION "weique.approval.decision"
#define WQ_DOMAIN_PERSON_KEY "weique.person.key"
#define WQ_DOMAIN_ROTATION "weique.seal.rotation"
#define WQ_DOMAIN_KEY "weique.key"
#define WQ_DOMAIN_WRAPPED_KEY "weique.key.wrapped"
#define WQ_DOMAIN_SECRET "weique.secret"
#define WQ_DOMAIN_LEAVE_ID "weique.leave.id"
#define WQ_DOMAIN_LEAVE_KEY "weique.leave.key"
#define WQ_DOMAIN_FAKE_EVIDENCE "weique.fake.evidence"
#define WQ_DOMAIN_PARCEL "weique.parcel"

/* Writing. Errors stick to the buffer: check once with wq_buf_err(). A domain of no or over 255 bytes and version 0 make
 * it fail. */
void wq_canon_begin(struct wq_buf *out, const char *domain, uint16_t version, uint16_t algorithm);
void wq_canon_u64(struct wq_buf *out, uint64_t v);
void wq_canon_time(struct wq_buf *out, wq_time t);
void wq_canon_digest(struct wq_buf *out, wq_digest d);
void wq_canon_bytes(struct wq_buf *out, wq_str bytes);
/* Requires: `text` is valid UTF-8 without NUL; otherwise the buffer fails (`over`). */
void wq_canon_text(struct wq_buf *out, wq_str text);
void wq_canon_list(struct wq_buf *out, uint32_t count);

/* Reading: a cursor whose sticky error also covers a wrong type byte. begin checks magic, domain and algorithm and
 * returns the version (0 on failure). Text and bytes longer than `max` are an error. End with wq_cursor_end(). */
uint16_t wq_canon_read_begin(struct wq_cursor *c, const char *domain, uint16_t algorithm);
uint64_t wq_canon_read_u64(struct wq_cursor *c);
wq_time wq_canon_read_time(struct wq_cursor *c);
wq_digest wq_canon_read_digest(struct wq_cursor *c);
wq_str wq_canon_read_bytes(struct wq_cursor *c, size_t max);
wq_str wq_canon_read_text(struct wq_cursor *c, size_t max);
uint32_t wq_canon_read_list(struct wq_cursor *c, uint32_t max);

#endif
