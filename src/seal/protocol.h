/* How others ask weique-sign for a signature: three requests over a Unix socket (link/link.h), one answer each.
 *
 *     client                                                      weique-sign (server)
 *     SEAL    statement, event, n, n × (decision, sig); [body]  -> SEALED  canonical head, sig
 *     HEAD    first seq, count; [events: n × (u32, bytes)]      -> HEADED  one line of text (ledger/ledger.h wq_head_line)
 *     PUBLIC                                                     -> PUBLIC  n × point: the key that signs, then those before it
 *                                                                -> REFUSED error id, note        instead of an answer
 *
 * Asked twice for the same statement, it gives the same signature again: a caller that died between signature and
 * publishing just asks once more. The body comes as a descriptor; only its tree root is computed, it is never parsed.
 */
#ifndef WQ_SEAL_PROTOCOL_H
#define WQ_SEAL_PROTOCOL_H

#include "base/buf.h"
#include "base/cursor.h"
#include "crypto/sm2.h"
#include "ledger/ledger.h"
#include "ledger/statement.h"
#include "link/link.h"

enum wq_seal_type {
	WQ_SEAL_SEAL = 1,
	WQ_SEAL_HEAD,
	WQ_SEAL_PUBLIC,
	WQ_SEAL_SEALED,
	WQ_SEAL_HEADED,
	WQ_SEAL_PUBLIC_KEY,
	WQ_SEAL_REFUSED
};

enum { WQ_SEAL_WAIT_MSEC = 60000, WQ_SEAL_HEAD_LINE_MAX = 1024, WQ_SEAL_KEYS_MAX = 32 };

/* The key that signs first, then those that it replaced, newest first. */
struct wq_seal_keys {
	wq_sm2_public keys[WQ_SEAL_KEYS_MAX];
	size_t n;
};

/* WQ_E_SIGNATURE unless the key of this id is among them and signed it. */
wq_err wq_seal_keys_verify(const struct wq_seal_keys *keys, wq_digest key_id, wq_str message, const wq_sm2_sig *sig);

extern const struct wq_link_protocol wq_seal_protocol;

struct wq_seal_request {
	wq_str statement, event; /* canonical; the event is the decision that completed the approvals */
	struct wq_signed_decision decisions[WQ_DECISIONS_MAX];
	size_t decisions_n;
};
/* Payload of SEAL and back; slices of what was decoded point into `payload`. Errors: WQ_E_FORMAT, WQ_E_LIMIT. */
wq_err wq_seal_request_encode(const struct wq_seal_request *request, struct wq_buf *out);
wq_err wq_seal_request_decode(wq_str payload, struct wq_seal_request *ret_request);

/* ---- the client's side: connects, asks once, waits at most WQ_SEAL_WAIT_MSEC ----
 * Who answers must be root, ourselves, or the owner of the folder in which the socket is when nobody else may write there;
 * otherwise WQ_E_DENIED. */
/* The canonical head (appended to `out`) and its signature. Errors: what weique-sign refused with, WQ_E_PEER. */
wq_err wq_seal_ask(const char *socket_path, const struct wq_seal_request *request, int body_fd, struct wq_buf *out,
	wq_sm2_sig *ret_sig);
/* A signed head for the events `first` to `first + count - 1`, which `events_fd` holds one after the other, each with its
 * length as u32 before it. With a count of 0: the last head again (WQ_E_NOT_FOUND: there is none). */
wq_err wq_seal_ask_head(
	const char *socket_path, uint64_t first, uint64_t count, int events_fd, struct wq_head *ret_head);
/* The public key that seals and signs heads, and those before it: what an older one signed may be given again. */
wq_err wq_seal_ask_keys(const char *socket_path, struct wq_seal_keys *ret_keys);

#endif
