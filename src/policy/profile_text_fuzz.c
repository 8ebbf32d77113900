/* The texts of an operator: a profile that is accepted has a policy that can be encoded; a rule that is accepted is written
 * and read again as it is. */
#include "policy/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the text that stands before a syntax error: some bytes of a command that ends. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void same_rule(wq_str text, struct wq_arena *arena)
{
	WQ_BUF(first, 64 * WQ_KIB);
	WQ_BUF(second, 64 * WQ_KIB);
	struct wq_volatile_rule rule;

	if (wq_failed(wq_volatile_rule_parse(text, arena, &rule)) || rule.prefix.n > WQ_KEY_MAX)
		return;
	if (wq_failed(wq_volatile_rule_text(&rule, &first)) ||
		wq_failed(wq_volatile_rule_parse(wq_buf_str(&first), arena, &rule)) ||
		wq_failed(wq_volatile_rule_text(&rule, &second)) || !wq_str_eq(wq_buf_str(&first), wq_buf_str(&second)))
		abort();
}

static wq_err count(void *data, char sign, wq_str text)
{
	(void)sign;
	*(size_t *)data += text.n;
	return WQ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
	struct wq_profile profile;
	size_t bytes = 0;

	wq_arena_init(&arena, 64 * WQ_MIB);
	same_rule(wq_str_of(data, n), &arena);
	if (wq_failed(wq_profile_parse(wq_str_of(data, n), "profile", &arena, &profile)))
		return 0;
	if (wq_failed(wq_policy_encode(&profile.policy, &block)) ||
		wq_failed(wq_policy_diff(NULL, &profile.policy, count, &bytes)) || (block.len > 0) != (bytes > 0))
		abort();
	return 0;
}
