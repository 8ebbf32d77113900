/* The covering letter of a package of evidence: one HTML file in Chinese without scripts, for print. Private to inspect/fake. */
#ifndef WQ_INSPECT_FAKE_LETTER_H
#define WQ_INSPECT_FAKE_LETTER_H

#include "inspect/fake/evidence.h"

/* Errors: those of `out`. */
wq_err wq_fake_letter(const struct wq_fake_evidence *evidence, wq_digest body, struct wq_buf *out);

#endif
