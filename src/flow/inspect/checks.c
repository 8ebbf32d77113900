/* The names of the checks. */
#include "flow/inspect/inspection.h"

static const struct {
	wq_str name;
	unsigned bits;
} names[] = {
	{WQ_S_INIT("links"), WQ_INSPECT_LINKS},
	{WQ_S_INIT("content"), WQ_INSPECT_CONTENT},
	{WQ_S_INIT("page"), WQ_INSPECT_PAGE},
	{WQ_S_INIT("portal"), WQ_INSPECT_PORTAL},
	{WQ_S_INIT("quality"), WQ_INSPECT_QUALITY},
	{WQ_S_INIT("front"), WQ_INSPECT_FRONT},
	{WQ_S_INIT("dns"), WQ_INSPECT_DNS},
	{WQ_S_INIT("tls"), WQ_INSPECT_TLS},
	{WQ_S_INIT("render"), WQ_INSPECT_RENDER},
	{WQ_S_INIT("leftovers"), WQ_INSPECT_LEFTOVERS},
	{WQ_S_INIT("standard"), WQ_INSPECT_STANDARD},
	{WQ_S_INIT("all"), WQ_INSPECT_ALL},
};

static bool bits_of(wq_str name, unsigned *ret_bits)
{
	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (wq_str_eq(names[i].name, name)) {
			*ret_bits = names[i].bits;
			return true;
		}
	return false;
}

wq_err wq_inspect_checks_parse(wq_str text, unsigned *ret_checks)
{
	unsigned checks = 0, bits;

	if (wq_str_starts(text, WQ_S("-")))
		checks = WQ_INSPECT_STANDARD;
	for (wq_str rest = text; rest.p;) {
		wq_str word = wq_str_trim(wq_str_cut(&rest, ','));
		bool off = wq_str_starts(word, WQ_S("-"));

		if (!bits_of(wq_str_from(word, off), &bits))
			return wq_error(WQ_E_USAGE, "no check '%.*s'", WQ_S_ARG(wq_str_head(word, 64)));
		checks = off ? checks & ~bits : checks | bits;
	}
	if (checks == 0)
		return wq_error(WQ_E_USAGE, "no check is left");
	*ret_checks = checks;
	return WQ_OK;
}

void wq_inspect_checks_text(unsigned checks, struct wq_buf *out)
{
	bool any = false;

	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		if ((names[i].bits & (names[i].bits - 1)) != 0 || !(checks & names[i].bits))
			continue;
		if (any)
			wq_buf_byte(out, ',');
		wq_buf_add(out, names[i].name);
		any = true;
	}
}
