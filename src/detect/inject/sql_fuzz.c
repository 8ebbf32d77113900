#include "detect/inject/sql_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Tokens move on and lie inside the value, in order; the verdict does not depend on whether the reason is wanted. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wq_str s = wq_str_of(data, size);
	struct wq_inject_reason reason = {""};
	bool found;

	for (int backslash = 0; backslash < 2; backslash++) {
		struct wq_sql_lex lex = {.begin = data, .p = data, .end = data + size, .backslash = backslash};
		const unsigned char *before = data;
		struct wq_sql_token t;

		for (wq_sql_next(&lex, &t); t.kind != WQ_SQL_END; wq_sql_next(&lex, &t)) {
			if (lex.p <= before || lex.p > lex.end || t.text.n == 0)
				abort();
			before = lex.p;
		}
	}
	found = wq_inject_sql(s, &reason);
	if (found != wq_inject_sql(s, NULL) || found != (reason.text[0] != '\0'))
		abort();
	return 0;
}
