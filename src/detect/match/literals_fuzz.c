#include "base/arena.h"
#include "detect/match/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LITERALS = 64, OWNERS = 7 };

/* Lines are literals up to an empty line; what is behind it is searched. Against the plain search. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_literal literals[LITERALS];
	struct wq_literals *set = NULL;
	wq_str rest = wq_str_of(data, WQ_MIN(size, (size_t)4096));
	size_t n = 0;

	while (rest.p && n < LITERALS) {
		wq_str line = wq_str_cut(&rest, '\n');
		if (line.n == 0)
			break;
		literals[n] = (struct wq_literal){line, (uint32_t)n % OWNERS};
		n++;
	}
	if (wq_failed(wq_literals_new(literals, n, OWNERS, &set)) || naive_differs(set, literals, n, OWNERS, rest))
		abort();
	/* what is searched ends where it ends */
	if (rest.n > 0 && naive_differs(set, literals, n, OWNERS, wq_str_head(rest, rest.n - 1)))
		abort();
	wq_literals_free(&set);
	return 0;
}
