/* The canonical encoding: any bytes that a reader accepts are written again exactly so. The fields are read in the order
 * of their own type bytes, at most MAX_FIELDS. */
#include "crypto/canon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_FIELDS = 1000, MAX_BYTES = 1 << 20 };

/* Reads one field and writes it again. */
static void copy_field(struct wq_cursor *c, struct wq_buf *out)
{
	switch (c->bytes.p[c->at]) {
	case 'u': wq_canon_u64(out, wq_canon_read_u64(c)); return;
	case 't': wq_canon_time(out, wq_canon_read_time(c)); return;
	case 'd': wq_canon_digest(out, wq_canon_read_digest(c)); return;
	case 'b': wq_canon_bytes(out, wq_canon_read_bytes(c, MAX_BYTES)); return;
	case 's': wq_canon_text(out, wq_canon_read_text(c, MAX_BYTES)); return;
	case 'l': wq_canon_list(out, wq_canon_read_list(c, MAX_FIELDS)); return;
	default: wq_cursor_fail(c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const domains[] = {WQ_DOMAIN_EVENT, WQ_DOMAIN_HEAD, WQ_DOMAIN_COMMITMENT, WQ_DOMAIN_SNAPSHOT,
		WQ_DOMAIN_PACK, WQ_DOMAIN_RELEASE, WQ_DOMAIN_DECISION, WQ_DOMAIN_POLICY, WQ_DOMAIN_KEY,
		WQ_DOMAIN_WRAPPED_KEY, WQ_DOMAIN_SECRET, WQ_DOMAIN_LEAVE_ID, WQ_DOMAIN_LEAVE_KEY};

	for (size_t i = 0; i < WQ_COUNT(domains); i++)
		for (uint16_t algorithm = WQ_ALG_SM3; algorithm <= WQ_ALG_SM4_GCM; algorithm++) {
			struct wq_cursor c = wq_cursor_of(wq_str_of(data, n));
			WQ_BUF(again, 2 * MAX_BYTES);
			uint16_t version = wq_canon_read_begin(&c, domains[i], algorithm);

			if (version == 0)
				continue;
			wq_canon_begin(&again, domains[i], version, algorithm);
			for (unsigned fields = 0; fields < MAX_FIELDS && !c.bad && wq_cursor_left(&c) > 0; fields++)
				copy_field(&c, &again);
			if (!c.bad &&
				(wq_failed(wq_buf_err(&again)) ||
					!wq_str_eq(wq_buf_str(&again), wq_str_of(data, c.at))))
				abort();
		}
	return 0;
}
