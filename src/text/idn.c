#include "text/idn.h"

#include <idn2.h>

bool wq_idn_to_ascii(wq_str host, char *out, size_t cap, size_t *ret_n)
{
	uint8_t name[WQ_IDN_MAX_RAW + 1];
	uint8_t *mapped = NULL;
	size_t n;

	if (host.n == 0 || host.n > WQ_IDN_MAX_RAW || memchr(host.p, 0, host.n))
		return false;
	/* "XN--" in capitals is not taken for an A-label by libidn2 */
	for (size_t i = 0; i < host.n; i++)
		name[i] = (uint8_t)(host.p[i] >= 'A' && host.p[i] <= 'Z' ? host.p[i] + 32 : host.p[i]);
	name[host.n] = 0;
	if (idn2_lookup_u8(name, &mapped, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	n = strlen((char *)mapped);
	if (n < cap) {
		memcpy(out, mapped, n + 1);
		*ret_n = n;
	}
	idn2_free(mapped);
	return n < cap;
}

bool wq_idn_to_unicode(wq_str host, char *out, size_t cap, size_t *ret_n)
{
	char name[WQ_IDN_MAX_RAW + 1];
	char *shown = NULL;

	if (host.n == 0 || host.n > WQ_IDN_MAX_RAW || memchr(host.p, 0, host.n))
		return false;
	memcpy(name, host.p, host.n);
	name[host.n] = 0;
	if (idn2_to_unicode_8z8z(name, &shown, 0) != IDN2_OK)
		return false;
	size_t n = strlen(shown);
	if (n < cap) {
		memcpy(out, shown, n + 1);
		*ret_n = n;
	}
	idn2_free(shown);
	return n < cap;
}
