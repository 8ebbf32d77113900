/* Makes a shelf for measurements: many applications with many small pages, each page different.
 *
 *   bench-shelf --vault DIR --key FILE --pub FILE --apps N --pages N --bytes N [--first N] [--serial N]
 *
 * Application n (from --first on) is "app<n>" and answers for app<n>.example.gov.cn; its pages are /p/<i>.html. With a
 * serial above 1 every page says so: a new version of all of them. Prints what it made as JSON.
 */
#include <getopt.h>

#include "base/arena.h"
#include "vault/pack.h"
#include "vault/sealed.h"
#include "vault/shelf.h"

enum { BODY_MAX = 1024 * 1024 * 1024, ARENA_MAX = 1024 * 1024 * 1024 };

struct options {
	const char *vault, *key, *pub;
	uint64_t apps, pages, bytes, first, serial;
};

struct made {
	uint64_t entries, snapshot_bytes, pack_bytes;
};

static wq_err open_key(const struct options *o, struct wq_sm2_key **ret_key)
{
	struct wq_secret none = {0};
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	WQ_BUF(line, 1024);
	wq_sm2_public public_key;

	if (access(o->key, F_OK) < 0) {
		WQ_TRY(wq_sm2_generate(ret_key));
		WQ_TRY(wq_sm2_save(*ret_key, o->key, &none));
	} else {
		WQ_TRY(wq_sm2_load(o->key, &none, ret_key));
	}
	public_key = wq_sm2_key_public(*ret_key);
	wq_buf_printf(&line, "%s\n", wq_hex(public_key.point, sizeof public_key.point, hex));
	return wq_file_replace(&wq_fs_system, o->pub, wq_buf_str(&line), 0644);
}

/* Text that does not repeat: what is left of a page after the heading comes from a small generator. */
static void make_page(const struct options *o, uint64_t app, uint64_t page, struct wq_buf *out)
{
	uint64_t state = (app << 32) + page + o->serial * 7919;

	wq_buf_clear(out);
	wq_buf_printf(out, "<!DOCTYPE html><title>app%llu page %llu serial %llu</title><p>", (unsigned long long)app,
		(unsigned long long)page, (unsigned long long)o->serial);
	while (out->len < o->bytes) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		wq_buf_printf(out, "%08llx ", (unsigned long long)(state >> 32));
	}
	out->len = o->bytes;
}

static wq_err make_entries(const struct options *o, uint64_t app, wq_str host, struct wq_pack_writer *writer,
	struct wq_arena *arena, struct wq_entry_new *entries)
{
	WQ_BUF(page, 64 * 1024 * 1024);

	for (uint64_t i = 0; i < o->pages; i++) {
		struct wq_pack_object object;

		make_page(o, app, i, &page);
		WQ_TRY(wq_buf_err(&page));
		WQ_TRY(wq_pack_writer_add(writer, wq_buf_str(&page), &object));
		entries[i] = (struct wq_entry_new){
			.key = wq_arena_printf(arena, "%.*s/p/%llu.html", WQ_S_ARG(host), (unsigned long long)i),
			.status = 200,
			.type = WQ_S("text/html; charset=utf-8"),
			.identity = {.pack = object.pack,
				.number = object.number,
				.length_bytes = object.length_bytes,
				.digest = object.digest}};
	}
	return wq_arena_err(arena);
}

static wq_err seal(const struct options *o, const struct wq_shelf *shelf, const struct wq_sm2_key *key, uint64_t app,
	wq_str body, struct made *made)
{
	wq_sm2_public public_key = wq_sm2_key_public(key);
	struct wq_snapshot_head head = {.serial = o->serial,
		.body_root = wq_tree_root(body),
		.body_bytes = body.n,
		.event = wq_sm3(WQ_S("bench")),
		.statement = wq_sm3(WQ_S("bench")),
		.sealed_at = 1700000000 * WQ_SECOND,
		.key_id = wq_sm2_key_id(&public_key)};
	WQ_BUF(canonical, 4096);
	WQ_BUF(file, BODY_MAX);
	wq_sm2_sig sig;

	snprintf(head.app, sizeof head.app, "app%llu", (unsigned long long)app);
	if (o->serial > 1)
		head.previous = wq_sm3(WQ_S("before"));
	WQ_TRY(wq_snapshot_head_encode(&head, &canonical));
	WQ_TRY(wq_sm2_sign(key, wq_buf_str(&canonical), &sig));
	WQ_TRY(wq_snapshot_header(&head, &sig, &file));
	wq_buf_add(&file, body);
	WQ_TRY(wq_buf_err(&file));
	made->entries += o->pages;
	made->snapshot_bytes += file.len;
	return wq_shelf_publish(shelf, wq_buf_str(&file));
}

static wq_err make_app(const struct options *o, const struct wq_shelf *shelf, const struct wq_sm2_key *key,
	uint64_t app, struct wq_pack_writer *writer, struct wq_arena *arena, struct made *made)
{
	wq_str host = wq_arena_printf(arena, "app%llu.example.gov.cn", (unsigned long long)app);
	struct wq_entry_new *entries = WQ_NEW_ARRAY(arena, struct wq_entry_new, o->pages);
	struct wq_body_new body = {.hosts = &host, .hosts_n = 1, .entries = entries, .entries_n = o->pages};
	WQ_BUF(bytes, BODY_MAX);
	char path[PATH_MAX];
	uint64_t *sizes;

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(make_entries(o, app, host, writer, arena, entries));
	WQ_TRY(wq_pack_writer_finish(writer, &body.packs, &body.packs_n));
	sizes = WQ_NEW_ARRAY(arena, uint64_t, body.packs_n);
	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < body.packs_n; i++) {
		WQ_TRY(wq_sealed_size(wq_shelf_pack_path(shelf, body.packs[i], path), &sizes[i]));
		made->pack_bytes += sizes[i];
	}
	body.pack_bytes = sizes;
	WQ_TRY(wq_snapshot_build(&body, &bytes));
	return seal(o, shelf, key, app, wq_buf_str(&bytes), made);
}

static wq_err make_all(const struct options *o, struct made *made)
{
	struct wq_sm2_key *key = NULL;
	struct wq_shelf shelf;
	char dir[PATH_MAX];

	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_shelf_open(NULL, o->vault, true, &shelf));
	WQ_TRY(open_key(o, &key));
	for (uint64_t app = o->first; app < o->first + o->apps; app++) {
		struct wq_pack_writer *writer = NULL;
		struct wq_arena arena;
		wq_err e;

		wq_arena_init(&arena, ARENA_MAX);
		e = wq_pack_writer_open(wq_shelf_packs_path(&shelf, dir), &writer);
		if (!wq_failed(e))
			e = make_app(o, &shelf, key, app, writer, &arena, made);
		wq_pack_writer_free(&writer);
		wq_arena_done(&arena);
		WQ_TRY(e);
	}
	wq_sm2_key_free(&key);
	return WQ_OK;
}

static bool read_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {{"vault", 1, NULL, 'v'}, {"key", 1, NULL, 'k'}, {"pub", 1, NULL, 'p'},
		{"apps", 1, NULL, 'a'}, {"pages", 1, NULL, 'n'}, {"bytes", 1, NULL, 'b'}, {"first", 1, NULL, 'f'},
		{"serial", 1, NULL, 's'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		uint64_t *number = c == 'a' ? &o->apps
			: c == 'n'          ? &o->pages
			: c == 'b'          ? &o->bytes
			: c == 'f'          ? &o->first
			: c == 's'          ? &o->serial
					    : NULL;

		if (number ? !wq_str_to_u64(wq_str_c(optarg), 100000000, number) : !strchr("vkp", c))
			return false;
		if (c == 'v')
			o->vault = optarg;
		if (c == 'k')
			o->key = optarg;
		if (c == 'p')
			o->pub = optarg;
	}
	return o->vault && o->key && o->pub && o->apps && o->pages && o->bytes;
}

int main(int argc, char **argv)
{
	struct options o = {.serial = 1};
	struct made made = {0};
	wq_err e;

	if (!read_options(argc, argv, &o)) {
		fputs("bench-shelf --vault DIR --key FILE --pub FILE --apps N --pages N --bytes N [--first N] [--serial N]\n",
			stderr);
		return 2;
	}
	e = make_all(&o, &made);
	if (wq_failed(e)) {
		fprintf(stderr, "bench-shelf: %s\n", wq_err_message(e, WQ_LANG_EN));
		return 1;
	}
	printf("{\"entries\":%llu,\"snapshot_bytes\":%llu,\"pack_bytes\":%llu}\n", (unsigned long long)made.entries,
		(unsigned long long)made.snapshot_bytes, (unsigned long long)made.pack_bytes);
	return 0;
}
