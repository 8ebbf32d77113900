/* Makes vaults for end-to-end tests, and plays a broker that breaks the rules of the handover.
 *
 *   mkvault make --vault DIR --key FILE --pub FILE --app NAME --serial N --host H ... [--policy FILE | --profile FILE]
 *           [--link ADDRESS ...] --spec FILE
 *       Packs and publishes a sealed snapshot. The key is made when the file is absent. The specification has one entry a
 *       line, fields separated by tabs: key, status, type, headers ("Name: value|Name: value"), file of the identity
 *       form, file of the gzip form or "-". A policy is a block, whatever it holds; a profile is the text of one
 *       (policy/profile.h), with gov.cn as the suffix of who is inside. Links have the ids of policy/leave.h.
 *   mkvault rogue --socket PATH --snapshot FILE --packs DIR --mode MODE --uid N
 *       Waits for one gate, hands over in MODE, prints "ack" or "nack <reason>", and ends when the gate does or at SIGTERM.
 *       good | unsealed | half (not sealed against writing) | file (no memory at all) | size | order | early | garbage
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "crypto/canon.h"
#include "link/handover.h"
#include "policy/leave.h"
#include "policy/profile.h"
#include "vault/pack.h"
#include "vault/sealed.h"
#include "vault/shelf.h"

enum { HOSTS_MAX = 64, LINKS_MAX = 16, ENTRIES_MAX = 100000, FILE_MAX = 256 * 1024 * 1024, WAIT_MSEC = 10000 };

struct options {
	const char *vault, *key, *pub, *app, *spec, *policy, *profile, *socket, *snapshot, *packs, *mode;
	uint64_t serial, uid;
	wq_str hosts[HOSTS_MAX];
	size_t hosts_n;
	struct wq_link_new links[LINKS_MAX];
	size_t links_n;
};

static wq_err read_file(struct wq_arena *arena, const char *path, wq_str *ret_bytes)
{
	WQ_BUF(buf, FILE_MAX);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &buf));
	*ret_bytes = wq_arena_str(arena, wq_buf_str(&buf));
	return wq_arena_err(arena);
}

/* ---- make ---- */

static wq_err add_object(
	struct wq_pack_writer *writer, struct wq_arena *arena, wq_str path, struct wq_object_ref *ret_ref)
{
	struct wq_pack_object object;
	wq_str bytes;

	WQ_TRY(read_file(arena, wq_arena_cstr(arena, path), &bytes));
	WQ_TRY(wq_pack_writer_add(writer, bytes, &object));
	*ret_ref = (struct wq_object_ref){.pack = object.pack,
		.number = object.number,
		.length_bytes = object.length_bytes,
		.digest = object.digest};
	return WQ_OK;
}

/* "A: b|C: d" becomes lines that end in CR LF. */
static wq_str header_lines(struct wq_arena *arena, wq_str text)
{
	WQ_BUF(lines, 64 * 1024);

	while (text.n > 0) {
		wq_buf_add(&lines, wq_str_cut(&text, '|'));
		wq_buf_add(&lines, WQ_S("\r\n"));
	}
	return wq_arena_str(arena, wq_buf_str(&lines));
}

static wq_err read_entry(
	struct wq_pack_writer *writer, struct wq_arena *arena, wq_str line, struct wq_entry_new *ret_entry)
{
	struct wq_entry_new e = {0};
	uint64_t status;
	wq_str gzip;

	e.key = wq_str_cut(&line, '\t');
	if (!wq_str_to_u64(wq_str_cut(&line, '\t'), 999, &status))
		return wq_error(WQ_E_INPUT, "no status");
	e.status = (uint16_t)status;
	e.type = wq_str_cut(&line, '\t');
	e.headers = header_lines(arena, wq_str_cut(&line, '\t'));
	WQ_TRY(add_object(writer, arena, wq_str_cut(&line, '\t'), &e.identity));
	gzip = wq_str_cut(&line, '\t');
	if (gzip.n > 0 && !wq_str_eq(gzip, WQ_S("-"))) {
		WQ_TRY(add_object(writer, arena, gzip, &e.gzip));
		e.has_gzip = true;
	}
	*ret_entry = e;
	return WQ_OK;
}

static wq_err get_key(const struct options *o, struct wq_sm2_key **ret_key)
{
	struct wq_secret none = {0};
	WQ_BUF(line, 1024);
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	wq_sm2_public public_key;
	struct wq_sm2_key *key;

	if (access(o->key, F_OK) < 0) {
		WQ_TRY(wq_sm2_generate(&key));
		WQ_TRY(wq_sm2_save(key, o->key, &none));
		wq_sm2_key_free(&key);
	}
	WQ_TRY(wq_sm2_load(o->key, &none, &key));
	*ret_key = key;
	public_key = wq_sm2_key_public(key);
	wq_buf_printf(&line, "%s # sealing key\n", wq_hex(public_key.point, sizeof public_key.point, hex));
	return o->pub ? wq_file_replace(&wq_fs_system, o->pub, wq_buf_str(&line), 0644) : WQ_OK;
}

static wq_err seal(const struct options *o, const struct wq_shelf *shelf, wq_str body)
{
	struct wq_snapshot_head head = {.serial = o->serial,
		.body_root = wq_tree_root(body),
		.body_bytes = body.n,
		.sealed_at = 1700000000 * WQ_SECOND};
	WQ_BUF(canonical, 4096);
	WQ_BUF(file, FILE_MAX);
	struct wq_sm2_key *key;
	wq_sm2_public public_key;
	wq_sm2_sig sig;
	wq_err e;

	snprintf(head.app, sizeof head.app, "%s", o->app);
	head.event = head.statement = wq_sm3(WQ_S("test"));
	if (o->serial > 1)
		head.previous = wq_sm3(WQ_S("previous"));
	WQ_TRY(get_key(o, &key));
	public_key = wq_sm2_key_public(key);
	head.key_id = wq_sm2_key_id(&public_key);
	e = wq_snapshot_head_encode(&head, &canonical);
	if (!wq_failed(e))
		e = wq_sm2_sign(key, wq_buf_str(&canonical), &sig);
	wq_sm2_key_free(&key);
	WQ_TRY(e);
	WQ_TRY(wq_snapshot_header(&head, &sig, &file));
	wq_buf_add(&file, body);
	WQ_TRY(wq_buf_err(&file));
	return wq_shelf_publish(shelf, wq_buf_str(&file));
}

static wq_err finish_packs(
	const struct wq_shelf *shelf, struct wq_pack_writer *writer, struct wq_arena *arena, struct wq_body_new *body)
{
	char path[PATH_MAX];
	const wq_digest *names;
	uint64_t *bytes;
	size_t n;

	WQ_TRY(wq_pack_writer_finish(writer, &names, &n));
	bytes = wq_arena_zalloc(arena, n, sizeof *bytes);
	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < n; i++)
		WQ_TRY(wq_sealed_size(wq_shelf_pack_path(shelf, names[i], path), &bytes[i]));
	body->packs = names;
	body->pack_bytes = bytes;
	body->packs_n = n;
	return WQ_OK;
}

static wq_err encode_profile(struct wq_arena *arena, const char *path, wq_str *ret_block)
{
	static const wq_str suffixes[] = {WQ_S_INIT("gov.cn")};
	struct wq_profile profile;
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
	wq_str text;

	WQ_TRY(read_file(arena, path, &text));
	WQ_TRY(wq_profile_parse(text, path, arena, &profile));
	profile.policy.suffixes = suffixes;
	profile.policy.suffixes_n = WQ_COUNT(suffixes);
	WQ_TRY(wq_policy_encode(&profile.policy, &block));
	*ret_block = wq_arena_str(arena, wq_buf_str(&block));
	return wq_arena_err(arena);
}

static wq_err make(const struct options *o, struct wq_arena *arena)
{
	struct wq_entry_new *entries = wq_arena_zalloc(arena, ENTRIES_MAX, sizeof *entries);
	struct wq_body_new body = {
		.hosts = o->hosts, .hosts_n = o->hosts_n, .links = o->links, .links_n = o->links_n, .entries = entries};
	struct wq_pack_writer *writer;
	struct wq_shelf shelf;
	char dir[PATH_MAX];
	WQ_BUF(bytes, FILE_MAX);
	wq_str spec;

	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_shelf_open(NULL, o->vault, true, &shelf));
	WQ_TRY(read_file(arena, o->spec, &spec));
	if (o->policy)
		WQ_TRY(read_file(arena, o->policy, &body.policy));
	if (o->profile)
		WQ_TRY(encode_profile(arena, o->profile, &body.policy));
	WQ_TRY(wq_pack_writer_open(wq_shelf_packs_path(&shelf, dir), &writer));
	while (spec.p) {
		wq_str line = wq_str_cut(&spec, '\n');

		if (line.n == 0)
			continue;
		if (body.entries_n == ENTRIES_MAX)
			return wq_error_id(WQ_E_LIMIT);
		WQ_TRY(read_entry(writer, arena, line, &entries[body.entries_n++]));
	}
	WQ_TRY(finish_packs(&shelf, writer, arena, &body));
	WQ_TRY(wq_snapshot_build(&body, &bytes));
	WQ_TRY(seal(o, &shelf, wq_buf_str(&bytes)));
	wq_pack_writer_free(&writer);
	return WQ_OK;
}

/* ---- rogue ---- */

/* A descriptor with the bytes of `path` as the mode wants it. */
static wq_err descriptor(const char *path, const char *mode, wq_str bytes, int *ret_fd)
{
	int fd, seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;

	if (strcmp(mode, "file") == 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		*ret_fd = fd;
		return fd < 0 ? wq_error_sys(WQ_E_IO, errno, "%s", path) : WQ_OK;
	}
	fd = memfd_create("rogue", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
		return wq_error_sys(WQ_E_IO, errno, "memfd");
	if (strcmp(mode, "garbage") == 0 && pwrite(fd, "WQSNAP??", 8, 0) != 8)
		return wq_error_sys(WQ_E_IO, errno, "memfd");
	if (strcmp(mode, "half") != 0)
		seals |= F_SEAL_WRITE;
	if (strcmp(mode, "unsealed") != 0 && fcntl(fd, F_ADD_SEALS, seals) < 0)
		return wq_error_sys(WQ_E_IO, errno, "seals");
	*ret_fd = fd;
	return WQ_OK;
}

static wq_err send_packs(const struct options *o, struct wq_link *link, const struct wq_snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->packs_n; i++) {
		struct wq_handover m = {.type = WQ_HANDOVER_PACK, .generation = 1, .number = i};
		char path[PATH_MAX], hex[WQ_DIGEST_HEX];
		struct wq_sealed sealed;
		wq_digest name;
		wq_err e;

		if (!wq_snapshot_pack(snapshot, i, &name, &m.bytes))
			return wq_error_id(WQ_E_FORMAT);
		memcpy(m.digest, name.b, sizeof m.digest);
		snprintf(path, sizeof path, "%s/%s.pack", o->packs, wq_digest_hex(name, hex));
		WQ_TRY(wq_sealed_copy(path, "pack", m.bytes, &sealed));
		e = wq_handover_send(link, &m, sealed.fd);
		wq_sealed_done(&sealed);
		WQ_TRY(e);
	}
	return WQ_OK;
}

static wq_err hand_over(const struct options *o, struct wq_link *link, wq_str bytes)
{
	struct wq_handover m = {.type = WQ_HANDOVER_BEGIN, .generation = 1, .bytes = bytes.n};
	struct wq_snapshot snapshot;
	wq_digest digest;
	int fd = -1;

	WQ_TRY(wq_snapshot_open(bytes, &snapshot));
	WQ_TRY(wq_snapshot_digest(&snapshot, &digest));
	m.serial = snapshot.head.serial;
	m.app = wq_str_c(snapshot.head.app);
	m.number = snapshot.packs_n;
	m.bytes += strcmp(o->mode, "size") == 0;
	memcpy(m.digest, digest.b, sizeof m.digest);
	WQ_TRY(wq_handover_send(link, &m, -1));
	if (strcmp(o->mode, "order") == 0)
		return send_packs(o, link, &snapshot);
	m.type = WQ_HANDOVER_SNAPSHOT;
	WQ_TRY(descriptor(o->snapshot, o->mode, bytes, &fd));
	WQ_TRY(wq_handover_send(link, &m, fd));
	close(fd);
	if (strcmp(o->mode, "early") != 0)
		WQ_TRY(send_packs(o, link, &snapshot));
	m.type = WQ_HANDOVER_COMMIT;
	return wq_handover_send(link, &m, -1);
}

static wq_err rogue(const struct options *o, struct wq_arena *arena)
{
	struct wq_handover ready = {.type = WQ_HANDOVER_READY}, m;
	struct wq_link_message message;
	struct wq_link_peer peer;
	struct wq_link *link;
	uid_t gate = (uid_t)o->uid;
	wq_str bytes;
	int listener, fd = -1;
	wq_err e = WQ_OK;

	WQ_TRY(wq_crypto_init());
	WQ_TRY(read_file(arena, o->snapshot, &bytes));
	WQ_TRY(wq_link_listen(o->socket, 0666, &listener));
	printf("listening\n");
	fflush(stdout);
	for (int i = 0; i < WAIT_MSEC; i++) {
		e = wq_link_accept(listener, &gate, 1, &fd, &peer);
		if (!wq_is(e, WQ_E_BUSY))
			break;
		usleep(1000);
	}
	WQ_TRY(e);
	WQ_TRY(wq_link_open(fd, &wq_handover_protocol, WQ_LINK_SERVER, &link));
	WQ_TRY(wq_link_receive_wait(link, WAIT_MSEC, &message)); /* HELLO */
	WQ_TRY(hand_over(o, link, bytes));
	WQ_TRY(wq_handover_send(link, &ready, -1));
	WQ_TRY(wq_link_receive_wait(link, WAIT_MSEC, &message));
	WQ_TRY(wq_handover_decode(message.type->type, message.payload, &m));
	if (m.type == WQ_HANDOVER_ACK)
		printf("ack\n");
	else
		printf("nack %s\n", wq_handover_reason_text(m.reason));
	fflush(stdout);
	while (wq_is(wq_link_receive_wait(link, WAIT_MSEC, &message), WQ_E_TIMEOUT))
		;
	wq_link_close(&link);
	return WQ_OK;
}

/* ---- command line ---- */

static wq_err add_link(struct options *o, const char *address)
{
	struct wq_link_new *link = &o->links[o->links_n];
	struct wq_leave_id id = wq_leave_id(wq_str_c(address));

	if (o->links_n == LINKS_MAX)
		return wq_error(WQ_E_USAGE, "--link ADDRESS");
	memcpy(link->id, id.b, sizeof link->id);
	link->address = wq_str_c(address);
	o->links_n++;
	return WQ_OK;
}

static wq_err read_options(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {{"vault", 1, NULL, 'v'}, {"key", 1, NULL, 'k'}, {"pub", 1, NULL, 'p'},
		{"app", 1, NULL, 'a'}, {"serial", 1, NULL, 'n'}, {"host", 1, NULL, 'h'}, {"link", 1, NULL, 'l'},
		{"policy", 1, NULL, 'o'}, {"profile", 1, NULL, 'r'}, {"spec", 1, NULL, 's'}, {"socket", 1, NULL, 'S'},
		{"snapshot", 1, NULL, 'f'}, {"packs", 1, NULL, 'P'}, {"mode", 1, NULL, 'm'}, {"uid", 1, NULL, 'u'},
		{0}};
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1)
		switch (c) {
		case 'v': o->vault = optarg; break;
		case 'k': o->key = optarg; break;
		case 'p': o->pub = optarg; break;
		case 'a': o->app = optarg; break;
		case 's': o->spec = optarg; break;
		case 'S': o->socket = optarg; break;
		case 'f': o->snapshot = optarg; break;
		case 'P': o->packs = optarg; break;
		case 'm': o->mode = optarg; break;
		case 'n':
			if (!wq_str_to_u64(wq_str_c(optarg), UINT64_MAX, &o->serial))
				return wq_error(WQ_E_USAGE, "--serial");
			break;
		case 'u':
			if (!wq_str_to_u64(wq_str_c(optarg), UINT32_MAX, &o->uid))
				return wq_error(WQ_E_USAGE, "--uid");
			break;
		case 'h':
			if (o->hosts_n == HOSTS_MAX)
				return wq_error(WQ_E_USAGE, "--host");
			o->hosts[o->hosts_n++] = wq_str_c(optarg);
			break;
		case 'l': WQ_TRY(add_link(o, optarg)); break;
		case 'o': o->policy = optarg; break;
		case 'r': o->profile = optarg; break;
		default: return wq_error(WQ_E_USAGE, "see the head of mkvault.c");
		}
	return WQ_OK;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct wq_arena arena;
	wq_err e = argc > 1 ? read_options(argc - 1, argv + 1, &o) : wq_error(WQ_E_USAGE, "make or rogue");

	wq_arena_init(&arena, (size_t)FILE_MAX * 2);
	if (!wq_failed(e) && strcmp(argv[1], "make") == 0 && o.vault && o.key && o.app && o.spec)
		e = make(&o, &arena);
	else if (!wq_failed(e) && strcmp(argv[1], "rogue") == 0 && o.socket && o.snapshot && o.packs && o.mode)
		e = rogue(&o, &arena);
	else if (!wq_failed(e))
		e = wq_error(WQ_E_USAGE, "see the head of mkvault.c");
	wq_arena_done(&arena);
	if (wq_failed(e))
		fprintf(stderr, "mkvault: %s: %s\n", wq_err_name(e), wq_err_note(e));
	return wq_err_exit(e);
}
