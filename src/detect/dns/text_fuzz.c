/* Any bytes as each of the texts of a domain. */
#include "detect/dns/mail_text.h"
#include "detect/dns/rules.h"
#include "detect/dns/spf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
	if (!held)
		abort();
}

static void try_spf(wq_str text)
{
	struct wq_spf_record record;
	struct wq_spf_walked walked;
	struct wq_arena arena;
	const struct wq_spf_seen itself = {WQ_S("a.cn"), WQ_SPF_ASK_TXT, false, false, &text, 1};
	const char *fault = NULL;

	must(wq_spf_parse(text, &record, &fault) == !fault);
	wq_arena_init(&arena, 16 * WQ_MIB);
	if (!wq_failed(wq_spf_walk(&arena, WQ_S("b.cn"), &text, 1, &itself, 1, &walked)))
		must(walked.voids <= walked.lookups && walked.lookups <= WQ_SPF_TERMS * WQ_SPF_NAMES * 2);
	wq_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wq_str text = wq_str_of(data, size), id;
	const char *fault = NULL;
	struct wq_dmarc dmarc;
	struct wq_dkim_key key;
	struct wq_sts_policy policy;
	struct wq_dns_rules rules;
	struct wq_caa caa;
	struct wq_arena arena;

	try_spf(text);
	must(wq_dmarc_parse(text, &dmarc, &fault) == !fault);
	must(wq_dkim_parse(text, &key, &fault) == !fault);
	must(wq_sts_parse(text, &id, &fault) == !fault);
	if (wq_sts_policy_parse(text, &policy, &fault))
		(void)wq_sts_policy_covers(&policy, WQ_S("mail.example.cn"));
	if (wq_caa_parse(text, &caa))
		must(caa.tag.n > 0);
	wq_arena_init(&arena, WQ_MIB);
	WQ_IGNORE(wq_dns_rules_parse(&arena, WQ_S("fuzz"), text, &rules));
	WQ_IGNORE(wq_dns_subnets_parse(&arena, WQ_S("fuzz"), text, &rules));
	wq_arena_done(&arena);
	return 0;
}
