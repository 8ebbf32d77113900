#include "inspect/fake/evidence.h"

#include "crypto/canon.h"
#include "inspect/fake/letter.h"

#define HEAD "weique-fake-evidence 1\n"

enum { MANIFEST_BYTES = 64 * 1024, FILE_BYTES = 64 * 1024 * 1024, FILES_MAX = 64, REPORT_BYTES = 32 * 1024 * 1024 };

static const char *const files[] = {"page.bin", "headers.txt", "addresses.txt", "report.json", "letter.html"};

static const char *path_of(struct wq_arena *arena, const char *dir, const char *name)
{
	return wq_arena_printf(arena, "%s/%s", dir, name).p;
}

static wq_err to_sign(wq_digest manifest, wq_str person, wq_time time, struct wq_buf *out)
{
	wq_canon_begin(out, WQ_DOMAIN_FAKE_EVIDENCE, 1, WQ_ALG_SM2_SM3);
	wq_canon_digest(out, manifest);
	wq_canon_text(out, person);
	wq_canon_time(out, time);
	return wq_buf_err(out);
}

/* ---- writing ---- */

static wq_err report(const struct wq_fake_evidence *e, struct wq_buf *out)
{
	struct wq_json json;

	wq_json_init(&json, out);
	json.pretty = true;
	wq_json_object(&json);
	wq_json_put_str(&json, "url", e->url);
	wq_json_put_time(&json, "time", e->time);
	wq_json_put_u64(&json, "status", (uint64_t)e->status);
	wq_json_put_str(&json, "person", e->person);
	wq_json_put_str(&json, "unit", e->unit);
	wq_json_put_str(&json, "complaint", e->complaint);
	wq_json_key(&json, WQ_S("likeness"));
	wq_findings_put_json(e->findings, &json);
	wq_json_object_end(&json);
	return wq_json_end(&json);
}

static wq_err headers(const struct wq_fake_evidence *e, struct wq_buf *out)
{
	wq_buf_printf(out, "status %d\n", e->status);
	wq_buf_add(out, e->headers);
	return wq_buf_err(out);
}

static wq_err put(const struct wq_fs *fs, struct wq_arena *arena, const char *dir, const char *name, wq_str content,
	struct wq_buf *manifest)
{
	const char *path = path_of(arena, dir, name);
	char hex[WQ_DIGEST_HEX];

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_file_create(fs, path, content, 0644));
	wq_buf_printf(manifest, "file: %s %zu %s\n", wq_digest_hex(wq_sm3(content), hex), content.n, name);
	return wq_buf_err(manifest);
}

static wq_err put_all(const struct wq_fs *fs, struct wq_arena *arena, const char *dir, const struct wq_fake_evidence *e,
	struct wq_buf *manifest)
{
	WQ_BUF(lines, FILE_BYTES);
	WQ_BUF(json, REPORT_BYTES);
	WQ_BUF(letter, REPORT_BYTES);

	WQ_TRY(headers(e, &lines));
	WQ_TRY(report(e, &json));
	WQ_TRY(wq_fake_letter(e, wq_sm3(e->body), &letter));
	const wq_str contents[] = {e->body, wq_buf_str(&lines), e->addresses, wq_buf_str(&json), wq_buf_str(&letter)};
	for (size_t i = 0; i < WQ_COUNT(files); i++)
		WQ_TRY(put(fs, arena, dir, files[i], contents[i], manifest));
	return WQ_OK;
}

static wq_err signature(
	const struct wq_fake_evidence *e, const struct wq_sm2_key *key, wq_digest manifest, struct wq_buf *out)
{
	WQ_BUF(message, 4096);
	wq_sm2_public public_key = wq_sm2_key_public(key);
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	wq_sm2_sig sig;

	WQ_TRY(to_sign(manifest, e->person, e->time, &message));
	WQ_TRY(wq_sm2_sign(key, wq_buf_str(&message), &sig));
	wq_buf_printf(out, "key: %s\n", wq_hex(public_key.point, sizeof public_key.point, hex));
	wq_buf_printf(out, "signature: %s\n", wq_hex(sig.rs, sizeof sig.rs, hex));
	return wq_buf_err(out);
}

static bool one_line(wq_str s)
{
	return wq_str_chr(s, '\n') < 0 && wq_str_chr(s, '\r') < 0;
}

static wq_err make_dir(const struct wq_fs *fs, struct wq_arena *arena, const char *dir)
{
	struct wq_dir_entry *entries;
	size_t n;

	WQ_TRY(wq_dir_make(fs, dir, 0755));
	WQ_TRY(wq_dir_list(arena, dir, FILES_MAX, &entries, &n));
	return n == 0 ? WQ_OK : wq_error(WQ_E_EXISTS, "%s is not empty", dir);
}

wq_err wq_fake_evidence_write(const struct wq_fs *fs, const char *dir, const struct wq_fake_evidence *evidence,
	const struct wq_sm2_key *key, wq_digest *ret_manifest)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	WQ_BUF(manifest, MANIFEST_BYTES);
	WQ_BUF(signed_by, 4096);
	char when[WQ_TIME_TEXT];

	wq_arena_init(&arena, WQ_MIB);
	if (!one_line(evidence->url) || !one_line(evidence->person) || evidence->person.n == 0)
		return wq_error(WQ_E_INPUT, "the address or the person has a line end, or there is none");
	WQ_TRY(make_dir(fs, &arena, dir));
	wq_buf_add(&manifest, WQ_S(HEAD));
	wq_buf_printf(&manifest, "url: %.*s\ntime: %s\nperson: %.*s\n", WQ_S_ARG(evidence->url),
		wq_time_text(evidence->time, when), WQ_S_ARG(evidence->person));
	WQ_TRY(put_all(fs, &arena, dir, evidence, &manifest));
	WQ_TRY(wq_buf_err(&manifest));
	*ret_manifest = wq_sm3(wq_buf_str(&manifest));
	WQ_TRY(signature(evidence, key, *ret_manifest, &signed_by));
	WQ_TRY(wq_file_create(fs, path_of(&arena, dir, "manifest.sig"), wq_buf_str(&signed_by), 0644));
	return wq_file_create(fs, path_of(&arena, dir, "manifest"), wq_buf_str(&manifest), 0644);
}

/* ---- checking ---- */

static bool member(wq_str line, const char *name, wq_str *ret_value)
{
	wq_str key = wq_str_c(name);

	if (!wq_str_starts(line, key))
		return false;
	*ret_value = wq_str_from(line, key.n);
	return true;
}

static bool copy(wq_str value, char *out, size_t cap)
{
	if (value.n >= cap || memchr(value.p, 0, value.n))
		return false;
	memcpy(out, value.p, value.n);
	out[value.n] = '\0';
	return true;
}

static bool file_line(wq_str value, wq_str *ret_name, wq_digest *ret_digest, uint64_t *ret_bytes)
{
	wq_str hex = wq_str_cut(&value, ' '), bytes = wq_str_cut(&value, ' ');

	*ret_name = value;
	return !wq_failed(wq_digest_parse(hex, ret_digest)) && wq_str_to_u64(bytes, FILE_BYTES, ret_bytes) &&
		value.n > 0 && value.n < 256 && wq_str_chr(value, '/') < 0 && value.p[0] != '.' &&
		!memchr(value.p, 0, value.n);
}

wq_err wq_fake_manifest_parse(wq_str text, struct wq_fake_evidence_check *ret_check,
	wq_err (*file)(void *data, wq_str name, wq_digest digest, uint64_t bytes), void *data)
{
	wq_str rest = wq_str_from(text, sizeof HEAD - 1), value, name;
	uint64_t bytes;
	wq_digest digest;
	bool ok = wq_str_starts(text, WQ_S(HEAD)) && text.p[text.n - 1] == '\n';

	ok = ok && member(wq_str_cut(&rest, '\n'), "url: ", &value) &&
		copy(value, ret_check->url, sizeof ret_check->url);
	ok = ok && member(wq_str_cut(&rest, '\n'), "time: ", &value) &&
		!wq_failed(wq_time_parse(value, &ret_check->time));
	ok = ok && member(wq_str_cut(&rest, '\n'), "person: ", &value) &&
		copy(value, ret_check->person, sizeof ret_check->person);
	ret_check->files = 0;
	while (ok && rest.n > 0) {
		ok = member(wq_str_cut(&rest, '\n'), "file: ", &value) && file_line(value, &name, &digest, &bytes) &&
			ret_check->files < FILES_MAX;
		if (!ok)
			break;
		ret_check->files++;
		WQ_TRY(file(data, name, digest, bytes));
	}
	return ok && ret_check->files > 0 ? WQ_OK
					  : wq_error(WQ_E_FORMAT, "no manifest of evidence, or of another version");
}

struct checking {
	const struct wq_fs *fs;
	struct wq_arena *arena;
	const char *dir;
};

static wq_err check_file(void *data, wq_str name, wq_digest digest, uint64_t bytes)
{
	WQ_BUF(content, FILE_BYTES);
	struct checking *c = data;
	const char *path = wq_arena_printf(c->arena, "%s/%.*s", c->dir, WQ_S_ARG(name)).p;

	WQ_TRY(wq_arena_err(c->arena));
	wq_err e = wq_file_read(c->fs, path, &content);
	if (wq_is(e, WQ_E_NOT_FOUND))
		return wq_error(WQ_E_ALTERED, "%s is missing", path);
	WQ_TRY(e);
	if (content.len != bytes || !wq_digest_eq(wq_sm3(wq_buf_str(&content)), digest))
		return wq_error(WQ_E_ALTERED, "%s is not what the manifest names", path);
	return WQ_OK;
}

static wq_err check_signature(wq_str text, struct wq_fake_evidence_check *check)
{
	WQ_BUF(message, 4096);
	wq_str rest = text, key, sig;
	wq_sm2_sig rs;

	if (!member(wq_str_cut(&rest, '\n'), "key: ", &key) || !member(wq_str_cut(&rest, '\n'), "signature: ", &sig) ||
		!wq_str_unhex(key, check->key.point, sizeof check->key.point) ||
		!wq_str_unhex(sig, rs.rs, sizeof rs.rs))
		return wq_error(WQ_E_FORMAT, "manifest.sig is no signature");
	WQ_TRY(to_sign(check->manifest, wq_str_c(check->person), check->time, &message));
	return wq_sm2_verify(&check->key, wq_buf_str(&message), &rs);
}

wq_err wq_fake_evidence_verify(const struct wq_fs *fs, const char *dir, struct wq_fake_evidence_check *ret_check)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	WQ_BUF(manifest, MANIFEST_BYTES);
	WQ_BUF(sig, 4096);
	struct checking c = {fs, &arena, dir};
	struct wq_dir_entry *entries;
	size_t n;

	wq_arena_init(&arena, WQ_MIB);
	WQ_TRY(wq_file_read(fs, path_of(&arena, dir, "manifest"), &manifest));
	WQ_TRY(wq_file_read(fs, path_of(&arena, dir, "manifest.sig"), &sig));
	WQ_TRY(wq_fake_manifest_parse(wq_buf_str(&manifest), ret_check, check_file, &c));
	WQ_TRY(wq_dir_list(&arena, dir, (size_t)FILES_MAX * 2, &entries, &n));
	if (n != ret_check->files + 2)
		return wq_error(
			WQ_E_ALTERED, "%s holds %zu files, the manifest names %zu", dir, n, ret_check->files + 2);
	ret_check->manifest = wq_sm3(wq_buf_str(&manifest));
	return check_signature(wq_buf_str(&sig), ret_check);
}
