/* The export's format and its checker, record by record. For this folder only.
 *
 * The checker's struct holds no pointer into what was read: a copy of it is a checkpoint from which checking can go on.
 */
#ifndef WQ_LEDGER_EXPORT_PRIV_H
#define WQ_LEDGER_EXPORT_PRIV_H

#include "base/buf.h"
#include "ledger/chain_priv.h"

#define WQ_EXPORT_MAGIC WQ_S("WQLX\0\1")
#define WQ_DOMAIN_EXPORT "weique.ledger.export"

enum { WQ_EXPORT_HEADER = 5 }; /* of a record: type and length */

/* Where bytes come from: a file, or memory. */
struct wq_export_source {
	FILE *file; /* NULL: memory */
	wq_str memory;
	uint64_t at;
	struct wq_buf buf;
	int errnum;
};

struct wq_export_check {
	struct wq_chain chain;
	const struct wq_head_keys *keys;
	wq_digest heads; /* digest over all heads so far: SM3(before || payload) */
	bool closed;
};

/* SM3(before || SM3(payload)): what the closing record says of the heads. */
wq_digest wq_export_heads_digest(wq_digest before, wq_str payload);
wq_err wq_export_close_encode(const struct wq_tip *tip, wq_digest heads, struct wq_buf *out);

/* The first six bytes. WQ_E_FORMAT when they are others. */
wq_err wq_export_check_magic(struct wq_export_source *source, struct wq_verify_result *result);
/* Reads and checks the next record; check->closed after the closing one, which nothing may follow. */
wq_err wq_export_check_next(
	struct wq_export_check *check, struct wq_export_source *source, struct wq_verify_result *result);
/* From the beginning to the end; closes nothing. */
wq_err wq_export_check_all(struct wq_export_source *source, const struct wq_head_keys *keys,
	const struct wq_head *witness, size_t witness_n, struct wq_verify_result *ret_result);

#endif
