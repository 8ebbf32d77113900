/* Rules up to the first NUL, then a host: the parser of the rules, and what must hold of every host they match. */
#include "text/host.h"
#include "text/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool claim, const char *what)
{
	if (claim)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	wq_str host = wq_str_of(data, n);
	wq_str text = wq_str_cut(&host, '\0');
	struct wq_suffix_rules *rules = NULL;
	const struct wq_suffix_rule *rule = NULL;
	struct wq_addr addr;
	char name[WQ_HOST_MAX + 1];
	size_t name_n;
	wq_err e = wq_suffix_rules_parse(text, "fuzz", &rules);

	if (wq_failed(e)) {
		check(wq_is(e, WQ_E_CONFIG) || wq_is(e, WQ_E_LIMIT), "an expected error");
		return 0;
	}
	if (wq_host_government(rules, host, 20240701, &rule)) {
		check(wq_key_host(host, name, &name_n) == WQ_KEY_FINE, "only a host is a government site");
		check(wq_host_under(host, rule->suffix), "and lies under the suffix");
		check(rule->reserved && rule->from <= 20240701 && rule->until >= 20240701, "by a rule in force");
		check(!wq_host_address(host, &addr), "and is no address");
	}
	wq_suffix_rules_close(&rules);
	return 0;
}
