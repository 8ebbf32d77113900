#include "flow/decide.h"

#include <errno.h>
#include <fcntl.h>

#include "flow/opening.h"
#include "flow/sealed.h"
#include "flow/verify.h"
#include "seal/protocol.h"
#include "vault/shelf.h"

enum { FINDINGS_MEMORY = 1024 * 1024 * 1024 };

/* ---- findings ---- */

wq_err wq_findings_serious(struct wq_workspace *workspace, wq_str release, struct wq_arena *arena,
	struct wq_finding **ret_findings, size_t *ret_n)
{
	struct wq_finding *findings;
	wq_str *texts;
	size_t all, n = 0;

	WQ_TRY(wq_release_findings(workspace->ledger, release, WQ_FINDINGS_MAX, arena, &texts, &all));
	findings = WQ_NEW_ARRAY(arena, struct wq_finding, all + 1);
	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < all; i++) {
		WQ_TRY(wq_finding_from_json(arena, texts[i], &findings[n]));
		n += findings[n].severity >= WQ_SEVERITY_HIGH;
	}
	*ret_findings = findings;
	*ret_n = n;
	return WQ_OK;
}

static int id_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct wq_finding_id));
}

static wq_err ids_digest(struct wq_arena *arena, const struct wq_finding *findings, size_t n, wq_digest *ret)
{
	struct wq_finding_id *ids = WQ_NEW_ARRAY(arena, struct wq_finding_id, n);

	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < n; i++)
		ids[i] = wq_finding_identity(&findings[i]);
	qsort(ids, n, sizeof *ids, id_order);
	*ret = wq_sm3(wq_str_of(ids, n * sizeof *ids));
	return WQ_OK;
}

/* The comment as it is signed. */
static wq_err comment_of(struct wq_workspace *w, const struct wq_decide_options *options, wq_str *ret_comment)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_finding *findings;
	char hex[WQ_DIGEST_HEX];
	wq_digest digest;
	size_t n;

	wq_arena_init(&arena, FINDINGS_MEMORY);
	*ret_comment = options->comment;
	if (options->verdict != WQ_VERDICT_APPROVE)
		return WQ_OK;
	WQ_TRY(wq_findings_serious(w, options->release, &arena, &findings, &n));
	if (n == 0)
		return WQ_OK;
	if (!options->accept_findings || wq_str_trim(options->comment).n == 0)
		return wq_error(WQ_E_DENIED,
			"%zu findings of severity high or critical, such as %.*s at %.*s: read them (release show), then "
			"--accept-findings with a --comment",
			n, WQ_S_ARG(findings[0].rule), WQ_S_ARG(findings[0].place.key));
	WQ_TRY(ids_digest(&arena, findings, n, &digest));
	*ret_comment = wq_arena_printf(w->arena, "%.*s [accepts %zu findings, SM3 %s]", WQ_S_ARG(options->comment), n,
		wq_digest_hex(digest, hex));
	return wq_arena_err(w->arena);
}

/* ---- decide ---- */

wq_err wq_decide(struct wq_workspace *workspace, const struct wq_decide_options *options, const struct wq_sm2_key *key)
{
	WQ_BUF(canonical, WQ_DECISION_BYTES_MAX);
	struct wq_signed_decision proof;
	struct wq_release_row release;
	struct wq_person_row person;
	struct wq_decision said;
	wq_str comment;
	wq_sm2_public public_key = wq_sm2_key_public(key);

	WQ_TRY(wq_release_find(workspace->ledger, options->release, workspace->arena, &release));
	if (release.state != WQ_RELEASE_OPEN)
		return wq_error(WQ_E_DENIED, "release %.*s is %s: nothing is left to decide", WQ_S_ARG(release.id),
			wq_release_state_name(release.state));
	WQ_TRY(wq_person_find(workspace->ledger, options->person, workspace->arena, &person));
	if (memcmp(public_key.point, person.key.point, sizeof public_key.point) != 0)
		return wq_error(WQ_E_KEY, "it is not the key that %.*s is registered with", WQ_S_ARG(options->person));
	WQ_TRY(comment_of(workspace, options, &comment));
	if (options->verdict == WQ_VERDICT_APPROVE)
		WQ_TRY(wq_release_verify(workspace, &release, NULL));
	said = (struct wq_decision){
		.statement = wq_sm3(release.statement),
		.release = options->release,
		.person = options->person,
		.stage = options->stage,
		.comment = comment,
		.verdict = options->verdict,
		.time = wq_now(workspace->clock),
		.demonstration = options->demonstration,
	};
	WQ_TRY(wq_decision_encode(&said, &canonical));
	proof.canonical = wq_buf_str(&canonical);
	WQ_TRY(wq_sm2_sign(key, proof.canonical, &proof.sig));
	return wq_release_decide(workspace->ledger, &proof, workspace->arena);
}

/* ---- seal ---- */

static wq_err ask(
	struct wq_workspace *w, const struct wq_release_row *release, struct wq_buf *head, wq_sm2_sig *ret_sig)
{
	struct wq_seal_request request = {.statement = release->statement, .event = release->deciding_event};
	const char *path = wq_workspace_path(w, "releases/%.*s.body", WQ_S_ARG(release->id));
	const char *socket = wq_arena_cstr(w->arena, w->sign_socket);
	struct wq_decision_row *decisions;
	int fd;
	wq_err e;

	WQ_TRY(wq_release_decisions(w->ledger, release->id, w->arena, &decisions, &request.decisions_n));
	if (request.decisions_n == 0)
		return wq_error(WQ_E_UNAPPROVED, "nobody has decided on %.*s yet", WQ_S_ARG(release->id));
	for (size_t i = 0; i < request.decisions_n; i++)
		request.decisions[i] = decisions[i].proof;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	e = wq_seal_ask(socket, &request, fd, head, ret_sig);
	wq_file_close(&fd);
	return e;
}

/* What came back has to be what was asked for: nothing else is published or recorded. */
static wq_err check_answer(
	struct wq_workspace *w, const struct wq_release_row *release, wq_str canonical, const wq_sm2_sig *sig)
{
	const struct wq_statement *said = &release->said;
	struct wq_snapshot_head head;
	struct wq_seal_keys keys;

	WQ_TRY(wq_seal_ask_keys(wq_arena_cstr(w->arena, w->sign_socket), &keys));
	WQ_TRY(wq_snapshot_head_decode(canonical, &head));
	WQ_TRY(wq_seal_keys_verify(&keys, head.key_id, canonical, sig));
	if (!wq_str_eq(wq_str_c(head.app), said->app) || head.serial != said->base_serial + 1 ||
		!wq_digest_eq(head.previous, said->base) || !wq_digest_eq(head.body_root, said->body_root) ||
		head.body_bytes != said->body_bytes || !wq_digest_eq(head.statement, wq_sm3(release->statement)))
		return wq_error(
			WQ_E_PEER, "weique-sign signed something else than release %.*s", WQ_S_ARG(release->id));
	return WQ_OK;
}

static wq_err publish(struct wq_workspace *w, const struct wq_release_row *release, wq_str head_canonical,
	const wq_sm2_sig *sig, struct wq_seal_result *ret)
{
	struct wq_buf file = WQ_BUF_INIT((size_t)4 << 30);
	struct wq_sealed_view body;
	struct wq_snapshot_head head;
	struct wq_shelf shelf;
	wq_err e;

	WQ_TRY(wq_shelf_open(w->fs, wq_workspace_path(w, "vault"), true, &shelf));
	WQ_TRY(wq_snapshot_head_decode(head_canonical, &head));
	WQ_TRY(wq_sealed_open_body(w, release, &body));
	e = wq_snapshot_header(&head, sig, &file);
	if (!wq_failed(e)) {
		wq_buf_add(&file, body.snapshot.body);
		e = wq_buf_err(&file);
	}
	wq_sealed_close(&body);
	if (!wq_failed(e))
		e = wq_shelf_publish(&shelf, wq_buf_str(&file));
	wq_buf_done(&file);
	WQ_TRY(e);
	ret->serial = head.serial;
	ret->snapshot = wq_sm3(head_canonical);
	return WQ_OK;
}

wq_err wq_seal(struct wq_workspace *workspace, wq_str id, wq_str actor, struct wq_seal_result *ret_result)
{
	WQ_BUF(head, WQ_SNAPSHOT_HEADER);
	struct wq_seal_result result = {0};
	struct wq_release_row release;
	struct wq_sealed sealed = {.release = id, .actor = actor};

	WQ_TRY(wq_release_find(workspace->ledger, id, workspace->arena, &release));
	if (release.state != WQ_RELEASE_OPEN && release.state != WQ_RELEASE_SEALED)
		return wq_error(WQ_E_UNAPPROVED, "release %.*s is %s; capture again and have that reviewed",
			WQ_S_ARG(id), wq_release_state_name(release.state));
	WQ_TRY(wq_opening_permits(workspace, release.said.app, release.said.entries));
	result.again = release.state == WQ_RELEASE_SEALED;
	WQ_TRY(ask(workspace, &release, &head, &sealed.sig));
	sealed.head = wq_buf_str(&head);
	WQ_TRY(check_answer(workspace, &release, sealed.head, &sealed.sig));
	WQ_TRY(publish(workspace, &release, sealed.head, &sealed.sig, &result));
	sealed.serial = result.serial;
	WQ_TRY(wq_release_record_sealed(workspace->ledger, &sealed, workspace->arena));
	*ret_result = result;
	return wq_workspace_sign_head(workspace);
}
