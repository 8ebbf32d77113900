/* One layout of decisions, signed under the domain of what is decided on. For this folder only. */
#ifndef WQ_LEDGER_STATEMENT_PRIV_H
#define WQ_LEDGER_STATEMENT_PRIV_H

#include "ledger/statement.h"

/* wq_decision_encode() and wq_decision_decode() under another domain tag, which lives as long as the program. */
wq_err wq_decision_encode_in(const char *domain, const struct wq_decision *decision, struct wq_buf *out);
wq_err wq_decision_decode_in(const char *domain, wq_str canonical, struct wq_decision *ret_decision);

#endif
