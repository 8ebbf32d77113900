#include "flow/sealed.h"

#define FILE_MAX ((size_t)4 << 30)

void wq_sealed_close(struct wq_sealed_view *view)
{
	wq_buf_done(&view->bytes);
}

/* The ledger knows what it was: whatever is wrong with it now was done to it. */
static wq_err read_serial(
	struct wq_workspace *w, wq_str app, uint64_t serial, wq_digest digest, struct wq_sealed_view *view)
{
	const char *path = wq_workspace_path(
		w, "vault/apps/%.*s/%020llu.snapshot", WQ_S_ARG(app), (unsigned long long)serial);

	WQ_TRY(wq_file_read(w->fs, path, &view->bytes));
	if (wq_failed(wq_snapshot_open(wq_buf_str(&view->bytes), &view->snapshot)) ||
		wq_failed(wq_snapshot_digest(&view->snapshot, &view->digest)) || !wq_digest_eq(view->digest, digest) ||
		!wq_digest_eq(wq_tree_root(view->snapshot.body), view->snapshot.head.body_root))
		return wq_error(WQ_E_ALTERED, "snapshot %s is not the one that was sealed", path);
	return WQ_OK;
}

static wq_err read_snapshot(struct wq_workspace *w, const struct wq_release_row *release, struct wq_sealed_view *view)
{
	WQ_TRY(read_serial(w, release->said.app, release->serial, release->snapshot, view));
	return wq_digest_eq(view->snapshot.head.body_root, release->said.body_root)
		? WQ_OK
		: wq_error(WQ_E_ALTERED, "snapshot %llu is not the one that release %.*s sealed",
			  (unsigned long long)release->serial, WQ_S_ARG(release->id));
}

wq_err wq_sealed_open(struct wq_workspace *workspace, wq_str app, struct wq_sealed_view *ret_view)
{
	struct wq_sealed_view view = {.bytes = WQ_BUF_INIT(FILE_MAX)};
	struct wq_release_row *release;
	size_t n;
	wq_err e;

	WQ_TRY(wq_release_last_sealed(workspace->ledger, app, workspace->arena, &release, &n));
	if (n == 0)
		return wq_error(WQ_E_NOT_FOUND, "nothing is sealed for %.*s yet", WQ_S_ARG(app));
	e = read_snapshot(workspace, release, &view);
	if (wq_failed(e)) {
		wq_sealed_close(&view);
		return e;
	}
	*ret_view = view;
	return WQ_OK;
}

static wq_err read_body(struct wq_workspace *w, const struct wq_release_row *release, struct wq_sealed_view *view)
{
	const char *path = wq_workspace_path(w, "releases/%.*s.body", WQ_S_ARG(release->id));

	WQ_TRY(wq_file_read(w->fs, path, &view->bytes));
	if (!wq_digest_eq(wq_tree_root(wq_buf_str(&view->bytes)), release->said.body_root))
		return wq_error(WQ_E_ALTERED, "%s is not what release %.*s says", path, WQ_S_ARG(release->id));
	return wq_snapshot_open_body(wq_buf_str(&view->bytes), &view->snapshot);
}

wq_err wq_sealed_open_body(
	struct wq_workspace *workspace, const struct wq_release_row *release, struct wq_sealed_view *ret_view)
{
	struct wq_sealed_view view = {.bytes = WQ_BUF_INIT(FILE_MAX)};
	wq_err e = read_body(workspace, release, &view);

	if (wq_failed(e)) {
		wq_sealed_close(&view);
		return e;
	}
	*ret_view = view;
	return WQ_OK;
}

wq_err wq_sealed_open_base(
	struct wq_workspace *workspace, const struct wq_release_row *release, struct wq_sealed_view *ret_view)
{
	struct wq_sealed_view view = {.bytes = WQ_BUF_INIT(FILE_MAX)};
	const struct wq_statement *said = &release->said;
	wq_err e = read_serial(workspace, said->app, said->base_serial, said->base, &view);

	if (wq_failed(e)) {
		wq_sealed_close(&view);
		return e;
	}
	*ret_view = view;
	return WQ_OK;
}

wq_err wq_sealed_open_release(
	struct wq_workspace *workspace, const struct wq_release_row *release, struct wq_sealed_view *ret_view)
{
	struct wq_sealed_view view = {.bytes = WQ_BUF_INIT(FILE_MAX)};
	wq_err e = wq_sealed_open_body(workspace, release, ret_view);

	if (!wq_is(e, WQ_E_NOT_FOUND) || release->state != WQ_RELEASE_SEALED)
		return e;
	e = read_snapshot(workspace, release, &view);
	if (wq_failed(e)) {
		wq_sealed_close(&view);
		return e;
	}
	*ret_view = view;
	return WQ_OK;
}
