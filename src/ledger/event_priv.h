/* Encoding of events and commitments: the only place that knows their fields. For this folder only. */
#ifndef WQ_LEDGER_EVENT_PRIV_H
#define WQ_LEDGER_EVENT_PRIV_H

#include "ledger/ledger.h"

enum { WQ_SALT_BYTES = 32 };

struct wq_event_commitments {
	wq_str names[WQ_EVENT_PRIVATE_MAX]; /* strictly ascending */
	wq_digest digests[WQ_EVENT_PRIVATE_MAX];
	size_t n;
};

/* What wq_event_new promises. */
wq_err wq_event_check(const struct wq_event_new *event);
/* Requires: a checked event. */
wq_err wq_event_encode(uint64_t seq, wq_time time, const struct wq_event_new *event,
	const struct wq_event_commitments *commitments, wq_digest previous, struct wq_buf *out);
/* weique.ledger.commitment: seq, salt, name, value. */
wq_err wq_event_commit(uint64_t seq, wq_str salt, wq_str name, wq_str value, wq_digest *ret_commitment);
/* Whether `name` may name a personal field. */
bool wq_event_is_field(wq_str name);

#endif
