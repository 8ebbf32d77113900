#include "vault/snapshot.h"

#include "crypto/canon.h"

/* Apart from snapshot_head.c, because readers link no cryptographic library. */

bool wq_app_id_fine(wq_str app)
{
	for (size_t i = 0; i < app.n; i++)
		if (!(app.p[i] >= 'a' && app.p[i] <= 'z') && !(app.p[i] >= '0' && app.p[i] <= '9') && app.p[i] != '-')
			return false;
	return app.n > 0 && app.n <= WQ_APP_ID_MAX;
}

wq_err wq_snapshot_head_decode(wq_str canonical, struct wq_snapshot_head *ret_head)
{
	struct wq_cursor c = wq_cursor_of(canonical);
	struct wq_snapshot_head head = {.serial = 0};
	wq_str app;

	if (wq_canon_read_begin(&c, WQ_DOMAIN_SNAPSHOT, WQ_ALG_SM2_SM3) != 1)
		return wq_error(WQ_E_FORMAT, "snapshot: the head is of an unknown version");
	app = wq_canon_read_text(&c, WQ_APP_ID_MAX);
	head.serial = wq_canon_read_u64(&c);
	head.previous = wq_canon_read_digest(&c);
	head.event = wq_canon_read_digest(&c);
	head.statement = wq_canon_read_digest(&c);
	head.body_root = wq_canon_read_digest(&c);
	head.body_bytes = wq_canon_read_u64(&c);
	head.sealed_at = wq_canon_read_time(&c);
	head.key_id = wq_canon_read_digest(&c);
	WQ_TRY(wq_cursor_end(&c));
	if (!wq_app_id_fine(app) || head.serial == 0)
		return wq_error(WQ_E_FORMAT, "snapshot: the head names no application or serial");
	memcpy(head.app, app.p, app.n);
	*ret_head = head;
	return WQ_OK;
}
