/* The chain checker: takes events in order and says where the first fault is. For this folder only.
 *
 * It needs no database: rebuild, verify and the check of exports share it. What was taken so far is fully described by
 * the struct, which holds no pointer into an event: a copy of it is a checkpoint.
 *
 * A broken link between k and k+1 does not yet say which of them was altered: `suspect` holds the question until
 * something that speaks of the digest of k+1 (event k+2, a head, a closing record) answers it.
 */
#ifndef WQ_LEDGER_CHAIN_PRIV_H
#define WQ_LEDGER_CHAIN_PRIV_H

#include "ledger/ledger.h"

struct wq_chain {
	struct wq_tip tip;
	bool suspect;                         /* the tip's `previous` is not the digest of the event before it */
	const struct wq_head *const *witness; /* ascending by seq */
	size_t witness_n, witness_at;
	uint64_t agreed_to; /* the last witness head that was confirmed */
};

/* Records a fault and makes the error of it. */
wq_err wq_chain_fault(struct wq_verify_result *result, enum wq_err_id id, uint64_t seq, const char *format, ...)
	WQ_PRINTF(4, 5);

/* Witness heads sorted by seq in `arena`, their signatures checked with `keys` unless it is NULL. */
wq_err wq_chain_witness(struct wq_chain *chain, struct wq_arena *arena, const struct wq_head_keys *keys,
	const struct wq_head *witness, size_t witness_n, struct wq_verify_result *result);

/* Takes the next event. `ret_event` (may be NULL) points into `canonical`. */
wq_err wq_chain_add(
	struct wq_chain *chain, wq_str canonical, struct wq_event *ret_event, struct wq_verify_result *result);
/* Somebody says what the tip's digest is: confirms it or not. `who`: for the message. */
wq_err wq_chain_confirm(struct wq_chain *chain, wq_digest digest, const char *who, struct wq_verify_result *result);
/* After the last event: answers an open question, finds witness heads beyond the end, fills `result`. */
wq_err wq_chain_end(struct wq_chain *chain, struct wq_verify_result *result);

/* WQ_OK, or WQ_E_SIGNATURE for another key or a wrong signature. */
wq_err wq_head_verify(const struct wq_head *head, const struct wq_head_keys *keys);
wq_err wq_head_decode(wq_str canonical, const wq_sm2_sig *sig, struct wq_head *ret_head);

#endif
