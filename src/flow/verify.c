#include "flow/verify.h"

#include "flow/diff.h"
#include "flow/sealed.h"
#include "policy/rewrite.h"
#include "vault/encode.h"
#include "vault/pack.h"

/* Packs have a target of 16 MiB; one that holds a single large object is larger (vault/pack.h). */
#define PACK_FILE_MAX ((size_t)WQ_PACK_OBJECT_MAX + (size_t)WQ_PACK_OBJECTS_MAX * WQ_PACK_ROW + WQ_MIB)

enum { NO_PACK = UINT32_MAX, POLICY_MEMORY = 64 * 1024 * 1024 };

/* A pack that was read and verified. */
struct held {
	uint32_t number; /* NO_PACK: none */
	struct wq_buf bytes;
	struct wq_pack pack;
};

struct verify {
	struct wq_workspace *w;
	const struct wq_snapshot *proposed;
	struct held identity, gzip, brotli;
	struct wq_verified result;
};

/* Where an entry's identity and gzip forms lie, for sorting: the brotli form lies beside the latter. */
struct place {
	uint32_t identity, gzip /* NO_PACK: none */, entry;
};

static wq_err hold(struct verify *v, struct held *held, uint32_t number)
{
	char hex[WQ_DIGEST_HEX];
	wq_digest name;
	uint64_t bytes;

	if (held->number == number)
		return WQ_OK;
	held->number = NO_PACK;
	if (!wq_snapshot_pack(v->proposed, number, &name, &bytes))
		return wq_error(WQ_E_FORMAT, "pack %u of the body", number);
	wq_buf_clear(&held->bytes);
	WQ_TRY(wq_file_read(
		v->w->fs, wq_workspace_path(v->w, "vault/packs/%s.pack", wq_digest_hex(name, hex)), &held->bytes));
	if (held->bytes.len != bytes)
		return wq_error(WQ_E_ALTERED, "pack %s has %zu bytes, the body says %llu", hex, held->bytes.len,
			(unsigned long long)bytes);
	WQ_TRY(wq_pack_open(wq_buf_str(&held->bytes), &held->pack));
	WQ_TRY(wq_pack_verify(&held->pack, name));
	held->number = number;
	v->result.bytes += bytes;
	return WQ_OK;
}

static bool names_object(const struct wq_object_ref *ref, const struct wq_pack *pack)
{
	return ref->number < pack->objects && wq_pack_bytes(pack, ref->number).n == ref->length_bytes;
}

/* One encoded form of an entry: which object, and what it has to be. */
struct form {
	const struct wq_object_ref *ref;
	struct held *held; /* its pack, when that is not the identity form's */
	const char *name;
	wq_err (*is)(wq_str form, wq_str bytes);
};

static wq_err check_form(struct verify *v, const struct wq_entry *entry, const struct form *form, wq_str shown)
{
	const struct wq_pack *pack = &v->identity.pack;
	wq_err e;

	if (form->ref->pack != entry->identity.pack) {
		WQ_TRY(hold(v, form->held, form->ref->pack));
		pack = &form->held->pack;
	}
	if (!names_object(form->ref, pack))
		return wq_error(WQ_E_ALTERED, "%.*s: its %s form is no object", WQ_S_ARG(entry->key), form->name);
	e = form->is(wq_pack_bytes(pack, form->ref->number), shown);
	if (wq_is(e, WQ_E_ALTERED))
		return wq_error(
			WQ_E_ALTERED, "%.*s: what is sent compressed is not what is shown", WQ_S_ARG(entry->key));
	return e;
}

static wq_err check_forms(struct verify *v, const struct wq_entry *entry, wq_str shown)
{
	const struct form gzip = {&entry->gzip, &v->gzip, "gzip", wq_encode_gunzip_is},
			  brotli = {&entry->brotli, &v->brotli, "brotli", wq_encode_unbrotli_is};

	if (entry->has_gzip)
		WQ_TRY(check_form(v, entry, &gzip, shown));
	if (entry->has_brotli)
		WQ_TRY(check_form(v, entry, &brotli, shown));
	v->result.gzip_forms += entry->has_gzip;
	v->result.brotli_forms += entry->has_brotli;
	return WQ_OK;
}

/* Requires: the pack of the identity form is held. Its objects have the digests of its index (wq_pack_verify). */
static wq_err check_entry(struct verify *v, uint32_t number)
{
	struct wq_entry entry;

	if (!wq_snapshot_entry(v->proposed, number, &entry))
		return wq_error(WQ_E_FORMAT, "entry %u", number);
	if (!names_object(&entry.identity, &v->identity.pack) ||
		!wq_digest_eq(entry.identity.digest, wq_pack_digest(&v->identity.pack, entry.identity.number)))
		return wq_error(WQ_E_ALTERED, "%.*s: what it names is no object of its digest", WQ_S_ARG(entry.key));
	v->result.entries++;
	return check_forms(v, &entry, wq_pack_bytes(&v->identity.pack, entry.identity.number));
}

static int place_order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->identity != y->identity)
		return x->identity < y->identity ? -1 : 1;
	return x->gzip != y->gzip ? (x->gzip < y->gzip ? -1 : 1) : x->entry < y->entry ? -1 : 1;
}

static wq_err find_places(struct verify *v, struct place *places)
{
	for (uint32_t i = 0; i < v->proposed->entries_n; i++) {
		struct wq_entry entry;

		if (!wq_snapshot_entry(v->proposed, i, &entry))
			return wq_error(WQ_E_FORMAT, "entry %u", i);
		places[i] = (struct place){entry.identity.pack, entry.has_gzip ? entry.gzip.pack : NO_PACK, i};
	}
	qsort(places, v->proposed->entries_n, sizeof *places, place_order);
	return WQ_OK;
}

static wq_err all_packs(struct verify *v, const struct place *places)
{
	size_t at = 0, n = v->proposed->entries_n;

	for (uint32_t p = 0; p < v->proposed->packs_n; p++) {
		WQ_TRY(hold(v, &v->identity, p));
		for (; at < n && places[at].identity == p; at++)
			WQ_TRY(check_entry(v, places[at].entry));
		v->result.packs++;
	}
	return at == n ? WQ_OK : wq_error(WQ_E_FORMAT, "entry %u is in no pack", places[at].entry);
}

static wq_err check_objects(struct verify *v)
{
	struct place *places = calloc((size_t)v->proposed->entries_n + 1, sizeof *places);
	wq_err e;

	if (!places)
		return wq_error_id(WQ_E_NO_MEMORY);
	e = find_places(v, places);
	if (!wq_failed(e))
		e = all_packs(v, places);
	free(places);
	return e;
}

/* A page says that it was transformed only in ways that the policy has, and names its source only when it was. */
static wq_err check_transforms(const struct wq_snapshot *proposed, const struct wq_policy *policy)
{
	unsigned can = (policy->leave ? WQ_TRANSFORM_LEAVE : 0) | (policy->footer.n ? WQ_TRANSFORM_FOOTER : 0) |
		(policy->volatiles_n ? WQ_TRANSFORM_CUT : 0);

	for (uint32_t i = 0; i < proposed->entries_n; i++) {
		struct wq_entry entry;

		if (!wq_snapshot_entry(proposed, i, &entry))
			return wq_error(WQ_E_FORMAT, "entry %u", i);
		if (entry.transforms & ~can)
			return wq_error(WQ_E_ALTERED,
				"%.*s: it says that it was transformed as the policy does not (%u)",
				WQ_S_ARG(entry.key), entry.transforms & ~can);
		if (entry.has_source && entry.transforms == 0 && policy->volatiles_n == 0)
			return wq_error(WQ_E_ALTERED, "%.*s: it names a source, but nothing transformed it",
				WQ_S_ARG(entry.key));
	}
	return WQ_OK;
}

/* Each address stands under the id that pages call it by: a prompt cannot lead to another place than it says. */
static wq_err check_links(const struct wq_snapshot *proposed)
{
	for (uint32_t i = 0; i < proposed->links_n; i++) {
		uint8_t id[WQ_SNAPSHOT_LINK_ID];
		wq_str address;

		if (!wq_snapshot_link_at(proposed, i, id, &address))
			return wq_error(WQ_E_FORMAT, "link %u", i);
		if (memcmp(wq_leave_id(address).b, id, sizeof id) != 0)
			return wq_error(WQ_E_ALTERED, "the link to %.*s stands under another id", WQ_S_ARG(address));
	}
	return WQ_OK;
}

static wq_err check_policy(struct verify *v)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_policy policy;

	wq_arena_init(&arena, POLICY_MEMORY);
	WQ_TRY(wq_policy_decode(wq_snapshot_policy(v->proposed), &arena, &policy));
	WQ_TRY(check_transforms(v->proposed, &policy));
	return check_links(v->proposed);
}

/* What the body says besides its entries: hosts as registered. The policy is shown to who decides. */
static wq_err check_rest(struct verify *v, const struct wq_release_row *release)
{
	struct wq_app_row app;

	WQ_TRY(wq_app_find(v->w->ledger, release->said.app, v->w->arena, &app));
	if (v->proposed->hosts_n != app.hosts_n)
		return wq_error(
			WQ_E_ALTERED, "the body has %u hosts, the application %zu", v->proposed->hosts_n, app.hosts_n);
	for (uint32_t i = 0; i < v->proposed->hosts_n; i++) {
		wq_str host = wq_snapshot_host(v->proposed, i);
		size_t j = 0;

		while (j < app.hosts_n && !wq_str_eq(app.hosts[j], host))
			j++;
		if (j == app.hosts_n)
			return wq_error(WQ_E_ALTERED, "the body has the host %.*s, which is not the application's",
				WQ_S_ARG(host));
	}
	return WQ_OK;
}

static wq_err count(void *data, const struct wq_change *change)
{
	uint64_t *counts = data;

	counts[change->kind]++;
	return WQ_OK;
}

static wq_err check_counts(const struct wq_statement *said, const struct wq_snapshot *base, wq_digest base_digest,
	const struct wq_snapshot *proposed)
{
	uint64_t counts[3] = {0};

	if (said->base_serial != (base ? base->head.serial : 0) || !wq_digest_eq(said->base, base_digest))
		return wq_error(WQ_E_STATE, "the release builds on serial %llu, sealed now is %llu",
			(unsigned long long)said->base_serial, (unsigned long long)(base ? base->head.serial : 0));
	WQ_TRY(wq_diff(base, proposed, count, counts));
	if (said->entries != proposed->entries_n || said->added != counts[WQ_CHANGE_ADDED] ||
		said->changed != counts[WQ_CHANGE_CHANGED] || said->gone != counts[WQ_CHANGE_GONE])
		return wq_error(WQ_E_ALTERED,
			"the statement says %llu entries, %llu added, %llu changed, %llu gone; found %u, %llu, %llu, "
			"%llu",
			(unsigned long long)said->entries, (unsigned long long)said->added,
			(unsigned long long)said->changed, (unsigned long long)said->gone, proposed->entries_n,
			(unsigned long long)counts[WQ_CHANGE_ADDED], (unsigned long long)counts[WQ_CHANGE_CHANGED],
			(unsigned long long)counts[WQ_CHANGE_GONE]);
	return WQ_OK;
}

static wq_err check_statement(struct verify *v, const struct wq_release_row *release)
{
	struct wq_sealed_view base;
	wq_err e = wq_sealed_open(v->w, release->said.app, &base);

	if (wq_is(e, WQ_E_NOT_FOUND))
		return check_counts(&release->said, NULL, (wq_digest){{0}}, v->proposed);
	WQ_TRY(e);
	e = check_counts(&release->said, &base.snapshot, base.digest, v->proposed);
	wq_sealed_close(&base);
	return e;
}

static wq_err check_body(struct verify *v, const struct wq_release_row *release)
{
	if (v->proposed->body.n != release->said.body_bytes)
		return wq_error(WQ_E_ALTERED, "the body has %zu bytes, the statement says %llu", v->proposed->body.n,
			(unsigned long long)release->said.body_bytes);
	WQ_TRY(wq_snapshot_check(v->proposed));
	WQ_TRY(check_rest(v, release));
	WQ_TRY(check_policy(v));
	WQ_TRY(check_statement(v, release));
	return check_objects(v);
}

wq_err wq_release_verify(
	struct wq_workspace *workspace, const struct wq_release_row *release, struct wq_verified *ret_verified)
{
	struct verify v = {.w = workspace,
		.identity = {.number = NO_PACK, .bytes = WQ_BUF_INIT(PACK_FILE_MAX)},
		.gzip = {.number = NO_PACK, .bytes = WQ_BUF_INIT(PACK_FILE_MAX)},
		.brotli = {.number = NO_PACK, .bytes = WQ_BUF_INIT(PACK_FILE_MAX)}};
	struct wq_sealed_view body;
	wq_err e;

	WQ_TRY(wq_sealed_open_body(workspace, release, &body)); /* its root is the statement's */
	v.proposed = &body.snapshot;
	e = check_body(&v, release);
	wq_buf_done(&v.identity.bytes);
	wq_buf_done(&v.gzip.bytes);
	wq_buf_done(&v.brotli.bytes);
	wq_sealed_close(&body);
	if (!wq_failed(e) && ret_verified)
		*ret_verified = v.result;
	return e;
}
