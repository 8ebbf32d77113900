#include "detect/likeness/names.h"
#include "inspect/fake/evidence.h"
#include "inspect/fake/protected.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wq_err file(void *data, wq_str name, wq_digest digest, uint64_t bytes)
{
	(void)data;
	(void)digest;
	(void)bytes;
	if (name.n == 0 || wq_str_chr(name, '/') >= 0 || name.p[0] == '.')
		abort();
	return WQ_OK;
}

/* A manifest, and a list of protected units: names of files stay in their folder. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_fake_evidence_check check;
	struct wq_subject *subjects;
	struct wq_arena arena;
	size_t n;

	WQ_IGNORE(wq_fake_manifest_parse(wq_str_of(data, size), &check, file, NULL));
	wq_arena_init(&arena, 64 * WQ_MIB);
	if (!wq_failed(wq_fake_protected_parse(&arena, WQ_S("fuzz"), wq_str_of(data, size), &subjects, &n)) &&
		n > WQ_LIKENESS_UNITS)
		abort();
	wq_arena_done(&arena);
	return 0;
}
