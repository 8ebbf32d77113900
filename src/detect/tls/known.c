#include "detect/tls/tls.h"

bool wq_tls_known_of(const struct wq_tls_observation *observation, struct wq_tls_known *ret_known)
{
	const struct wq_tls_chain *chain = observation->chain.n ? &observation->chain : &observation->tlcp;
	const struct wq_tls_cert *leaf = &chain->certs[0];

	if (chain->n == 0)
		return false;
	*ret_known = (struct wq_tls_known){.not_after = leaf->not_after, .issuer = leaf->issuer};
	memcpy(ret_known->fingerprint, leaf->fingerprint, sizeof ret_known->fingerprint);
	return true;
}

void wq_tls_known_put(const struct wq_tls_known *known, struct wq_buf *out)
{
	char hex[2 * WQ_TLS_DIGEST_BYTES + 1], time[WQ_TIME_TEXT];

	wq_buf_printf(out, "%s %s ", wq_hex(known->fingerprint, WQ_TLS_DIGEST_BYTES, hex),
		wq_time_text(known->not_after, time));
	wq_buf_add(out, known->issuer);
}

wq_err wq_tls_known_read(wq_str line, struct wq_tls_known *ret_known)
{
	struct wq_tls_known known;
	wq_str issuer = line, hex = wq_str_cut(&issuer, ' '), time = wq_str_cut(&issuer, ' ');

	if (!wq_str_unhex(hex, known.fingerprint, sizeof known.fingerprint) || !issuer.p ||
		wq_failed(wq_time_parse(time, &known.not_after)))
		return wq_error(WQ_E_INPUT, "a certificate seen before is: fingerprint, time, issuer");
	known.issuer = issuer;
	*ret_known = known;
	return WQ_OK;
}
