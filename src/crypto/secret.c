#include "crypto/sm2.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/file.h"

enum { SECRET_FILE_MAX = 4096 };

wq_err wq_secret_room(size_t n, struct wq_secret *ret_secret)
{
	uint8_t *room;

	if (n > WQ_SECRET_MAX)
		return wq_error(WQ_E_LIMIT, "a secret of %zu bytes", n);
	/* at least one byte, so that an empty secret is one as well; the NUL behind it is for passphrase interfaces */
	room = calloc(1, n + 1);
	if (!room)
		return wq_error_id(WQ_E_NO_MEMORY);
	/* best effort: a small lock limit must not keep a passphrase from being read */
	(void)mlock(room, n + 1);
	*ret_secret = (struct wq_secret){room, n};
	return WQ_OK;
}

wq_err wq_secret_copy(wq_str bytes, struct wq_secret *ret_secret)
{
	WQ_TRY(wq_secret_room(bytes.n, ret_secret));
	if (bytes.n > 0)
		memcpy(ret_secret->bytes, bytes.p, bytes.n);
	return WQ_OK;
}

void wq_secret_done(struct wq_secret *secret)
{
	if (secret->bytes) {
		OPENSSL_cleanse(secret->bytes, secret->n);
		(void)munlock(secret->bytes, secret->n + 1);
		free(secret->bytes);
	}
	*secret = (struct wq_secret){NULL, 0};
}

wq_err wq_secret_read(const char *path, struct wq_secret *ret_secret)
{
	WQ_BUF(text, SECRET_FILE_MAX);
	wq_str line;
	wq_err e;

	if (!path)
		return wq_secret_copy(WQ_S_NONE, ret_secret);
	e = wq_file_read(&wq_fs_system, path, &text);
	line = wq_buf_str(&text);
	if (!wq_failed(e))
		e = wq_secret_copy(wq_str_cut(&line, '\n'), ret_secret);
	if (text.data)
		OPENSSL_cleanse(text.data, text.cap);
	return e;
}
