/* Replays a corpus through a fuzz target without libFuzzer: every file below the folders or of the names given, and for
 * each also its halves, so that a corpus of whole inputs covers truncated ones. TAP on standard output. */
#include "base/base.h"

#include <ftw.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_FILE = 16 * 1024 * 1024 };

static size_t inputs;

static void replay(const uint8_t *data, size_t n)
{
	/* an exact heap copy, so that a sanitizer sees one byte too many */
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	inputs++;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	uint8_t *data;
	size_t n;
	FILE *f;

	(void)ftw;
	if (type != FTW_F || st->st_size > MAX_FILE)
		return 0;
	f = fopen(path, "rb");
	data = malloc((size_t)st->st_size + 1);
	if (!f || !data) {
		printf("not ok - cannot read %s\n", path);
		exit(1);
	}
	n = fread(data, 1, (size_t)st->st_size, f);
	fclose(f);
	replay(data, n);
	replay(data, n / 2);
	replay(data + n / 2, n - n / 2);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	printf("1..1\n");
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], visit, 16, FTW_PHYS) != 0) {
			printf("not ok 1 - no corpus at %s\n", argv[i]);
			return 1;
		}
	if (inputs == 0) {
		printf("not ok 1 - the corpus is empty\n");
		return 1;
	}
	printf("ok 1 - %zu inputs replayed\n", inputs);
	return 0;
}
