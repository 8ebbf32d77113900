#include "ledger/chain_priv.h"

#include <stdarg.h>

#define SEQ(n) ((unsigned long long)(n))

wq_err wq_chain_fault(struct wq_verify_result *result, enum wq_err_id id, uint64_t seq, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->fault, sizeof(result->fault), format, args);
	va_end(args);
	result->fault_seq = seq;
	return wq_error(id, "%s", result->fault);
}

static int by_seq(const void *a, const void *b)
{
	const struct wq_head *const *x = a, *const *y = b;

	return (*x)->tip.seq < (*y)->tip.seq ? -1 : (*x)->tip.seq > (*y)->tip.seq;
}

wq_err wq_chain_witness(struct wq_chain *chain, struct wq_arena *arena, const struct wq_head_keys *keys,
	const struct wq_head *witness, size_t witness_n, struct wq_verify_result *result)
{
	const struct wq_head **sorted = WQ_NEW_ARRAY(arena, const struct wq_head *, witness_n);

	if (!sorted)
		return wq_arena_err(arena);
	for (size_t i = 0; i < witness_n; i++) {
		sorted[i] = &witness[i];
		if (keys && wq_failed(wq_head_verify(&witness[i], keys)))
			return wq_chain_fault(result, WQ_E_SIGNATURE, WQ_MAX(witness[i].tip.seq, 1),
				"the witness head of event %llu is not signed by the key", SEQ(witness[i].tip.seq));
	}
	qsort(sorted, witness_n, sizeof(*sorted), by_seq); /* an array of pointers to const: sorted in place */
	chain->witness = sorted;
	chain->witness_n = witness_n;
	return WQ_OK;
}

/* The answer to an open question: whether the tip is what others say it is. */
static wq_err place(const struct wq_chain *chain, bool tip_confirmed, struct wq_verify_result *result)
{
	uint64_t seq = chain->tip.seq;

	if (tip_confirmed)
		return wq_chain_fault(result, WQ_E_CHAIN, seq - 1,
			"event %llu was altered: event %llu names another digest", SEQ(seq - 1), SEQ(seq));
	return wq_chain_fault(result, WQ_E_CHAIN, seq,
		"event %llu was altered: it does not name the digest of event %llu", SEQ(seq), SEQ(seq - 1));
}

wq_err wq_chain_confirm(struct wq_chain *chain, wq_digest digest, const char *who, struct wq_verify_result *result)
{
	bool same = wq_digest_eq(chain->tip.digest, digest);

	if (chain->suspect)
		return place(chain, same, result);
	if (!same)
		return wq_chain_fault(result, WQ_E_CHAIN, WQ_MAX(chain->tip.seq, 1),
			"event %llu is not what %s says: altered after event %llu", SEQ(chain->tip.seq), who,
			SEQ(chain->agreed_to));
	return WQ_OK;
}

static wq_err ask_witnesses(struct wq_chain *chain, struct wq_verify_result *result)
{
	for (; chain->witness_at < chain->witness_n; chain->witness_at++) {
		const struct wq_head *head = chain->witness[chain->witness_at];

		if (head->tip.seq > chain->tip.seq)
			break;
		if (head->tip.seq == chain->tip.seq)
			WQ_TRY(wq_chain_confirm(chain, head->tip.digest, "a witness head", result));
		chain->agreed_to = head->tip.seq;
	}
	return WQ_OK;
}

wq_err wq_chain_add(
	struct wq_chain *chain, wq_str canonical, struct wq_event *ret_event, struct wq_verify_result *result)
{
	uint64_t expected = chain->tip.seq + 1;
	struct wq_event event;
	wq_err e = wq_event_decode(canonical, &event);

	if (chain->suspect)
		return place(chain, !wq_failed(e) && wq_digest_eq(event.previous, chain->tip.digest), result);
	if (wq_failed(e))
		return wq_chain_fault(result, WQ_E_CHAIN, expected, "event %llu was altered: it is no event (%s)",
			SEQ(expected), wq_err_note(e));
	if (event.seq != expected)
		return wq_chain_fault(result, WQ_E_CHAIN, expected, "in the place of event %llu stands event %llu",
			SEQ(expected), SEQ(event.seq));
	if (!wq_digest_eq(event.previous, chain->tip.digest)) {
		if (expected == 1)
			return wq_chain_fault(
				result, WQ_E_CHAIN, 1, "event 1 was altered: it names an event before it");
		chain->suspect = true;
	}
	chain->tip = (struct wq_tip){.seq = event.seq, .digest = event.digest};
	result->events = event.seq;
	WQ_TRY(ask_witnesses(chain, result));
	if (ret_event)
		*ret_event = event;
	return WQ_OK;
}

wq_err wq_chain_end(struct wq_chain *chain, struct wq_verify_result *result)
{
	if (chain->suspect)
		return place(chain, false, result);
	WQ_TRY(ask_witnesses(chain, result));
	if (chain->witness_at < chain->witness_n)
		return wq_chain_fault(result, WQ_E_REPLAYED, chain->tip.seq + 1,
			"the ledger ends at event %llu, a witness has seen event %llu", SEQ(chain->tip.seq),
			SEQ(chain->witness[chain->witness_n - 1]->tip.seq));
	result->tip = chain->tip;
	result->events = chain->tip.seq;
	result->witnessed_to = chain->agreed_to;
	return WQ_OK;
}
