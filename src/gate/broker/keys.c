#include "gate/broker/broker.h"

enum { KEY_FILE_MAX = 64 * 1024 };

static wq_err keys_parse(const char *path, wq_str text, wq_sm2_public keys[WQ_BROKER_KEYS_MAX], size_t *n)
{
	for (int number = 1; text.p; number++) {
		wq_str line = wq_str_cut(&text, '\n');

		line = wq_str_trim(wq_str_cut(&line, '#'));
		if (line.n == 0)
			continue;
		if (*n == WQ_BROKER_KEYS_MAX)
			return wq_error(WQ_E_LIMIT, "at most %d keys", WQ_BROKER_KEYS_MAX);
		if (!wq_str_unhex(line, keys[*n].point, sizeof keys[*n].point) || keys[*n].point[0] != 4)
			return wq_error(WQ_E_KEY, "%s:%d: no public key", path, number);
		(*n)++;
	}
	return WQ_OK;
}

wq_err wq_broker_keys_read(const struct wq_fs *fs, const char *path, wq_sm2_public keys[WQ_BROKER_KEYS_MAX], size_t *n)
{
	WQ_BUF(text, KEY_FILE_MAX);

	WQ_TRY(wq_file_read(fs, path, &text));
	return keys_parse(path, wq_buf_str(&text), keys, n);
}
