#include "gate/nginx/packs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* linux/memfd seals; the names come with _GNU_SOURCE's fcntl.h */
enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static const enum wq_handover_reason fine = (enum wq_handover_reason)0;

enum wq_handover_reason wq_gate_map_sealed(struct wq_gate_packs *packs, int fd, uint64_t bytes, wq_str *ret_map)
{
	struct stat st;
	void *p;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return WQ_REFUSED_NOT_SEALED;
	if (fstat(fd, &st) < 0)
		return WQ_REFUSED_SYSTEM;
	if (st.st_size <= 0 || (uint64_t)st.st_size != bytes)
		return WQ_REFUSED_SIZE;
	if (bytes > packs->max_bytes || packs->mapped_bytes > packs->max_bytes - bytes)
		return WQ_REFUSED_LIMIT;
	p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return WQ_REFUSED_SYSTEM;
	packs->mapped_bytes += bytes;
	*ret_map = wq_str_of(p, bytes);
	return fine;
}

void wq_gate_unmap(struct wq_gate_packs *packs, wq_str map)
{
	munmap((void *)(uintptr_t)map.p, map.n);
	packs->mapped_bytes -= map.n;
}

void wq_gate_pack_unref(struct wq_gate_packs *packs, struct wq_gate_pack *pack)
{
	struct wq_gate_pack **at = &packs->first;

	if (!pack || --pack->refs > 0)
		return;
	while (*at != pack)
		at = &(*at)->next;
	*at = pack->next;
	packs->n--;
	packs->cold_n -= pack->is_cold;
	wq_gate_unmap(packs, pack->map);
	if (pack->fd >= 0)
		close(pack->fd);
	free(pack);
}

static struct wq_gate_pack *add(struct wq_gate_packs *packs, const struct wq_handover *m, wq_str map)
{
	struct wq_gate_pack *pack = calloc(1, sizeof *pack);

	if (!pack)
		return NULL;
	memcpy(pack->name, m->digest, sizeof pack->name);
	pack->file_bytes = m->bytes;
	pack->map = map;
	pack->fd = -1;
	pack->refs = 1;
	pack->next = packs->first;
	packs->first = pack;
	packs->n++;
	return pack;
}

/* ---- in memory ---- */

static struct wq_gate_pack *find(const struct wq_gate_packs *packs, const struct wq_handover *m)
{
	for (struct wq_gate_pack *p = packs->first; p; p = p->next)
		if (!p->is_cold && p->file_bytes == m->bytes && memcmp(p->name, m->digest, sizeof p->name) == 0)
			return p;
	return NULL;
}

enum wq_handover_reason wq_gate_pack_take(
	struct wq_gate_packs *packs, const struct wq_handover *m, int fd, struct wq_gate_pack **ret_pack)
{
	struct wq_gate_pack *pack = find(packs, m);
	enum wq_handover_reason reason;
	struct wq_pack view;
	wq_str map;

	if (pack) {
		pack->refs++;
		*ret_pack = pack;
		return fine;
	}
	reason = wq_gate_map_sealed(packs, fd, m->bytes, &map);
	if (reason)
		return reason;
	if (wq_failed(wq_pack_open(map, &view))) {
		wq_gate_unmap(packs, map);
		return WQ_REFUSED_FORMAT;
	}
	pack = add(packs, m, map);
	if (!pack) {
		wq_gate_unmap(packs, map);
		return WQ_REFUSED_SYSTEM;
	}
	pack->pack = view;
	*ret_pack = pack;
	return fine;
}

/* ---- cold ---- */

enum wq_handover_reason wq_gate_pack_take_cold(
	struct wq_gate_packs *packs, const struct wq_handover *m, int fd, struct wq_gate_pack **ret_pack)
{
	enum wq_handover_reason reason;
	struct wq_gate_pack *pack;
	struct wq_cold view;
	wq_str map;

	reason = wq_gate_map_sealed(packs, fd, m->index_bytes, &map);
	if (reason)
		return reason;
	if (wq_failed(wq_cold_open(map, &view)) || view.file_bytes != m->bytes ||
		memcmp(view.name.b, m->digest, sizeof view.name.b) != 0) {
		wq_gate_unmap(packs, map);
		return WQ_REFUSED_FORMAT;
	}
	pack = add(packs, m, map);
	if (!pack) {
		wq_gate_unmap(packs, map);
		return WQ_REFUSED_SYSTEM;
	}
	pack->is_cold = true;
	packs->cold_n++;
	pack->cold = view;
	*ret_pack = pack;
	return fine;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A cold pack with this name and this very file. A file that was mended under another inode is another one. */
static struct wq_gate_pack *find_cold(const struct wq_gate_packs *packs, const struct wq_gate_pack *pack, int fd)
{
	for (struct wq_gate_pack *p = packs->first; p; p = p->next)
		if (p->is_cold && p->fd >= 0 && memcmp(p->name, pack->name, sizeof p->name) == 0 &&
			same_file(p->fd, fd))
			return p;
	return NULL;
}

enum wq_handover_reason wq_gate_pack_take_file(struct wq_gate_packs *packs, struct wq_gate_pack **pack, int *fd)
{
	struct wq_gate_pack *there;
	struct stat st;
	int mode = fcntl(*fd, F_GETFL);
	enum wq_handover_reason reason = fine;

	if (mode < 0 || fstat(*fd, &st) < 0)
		reason = WQ_REFUSED_SYSTEM;
	else if ((mode & O_ACCMODE) != O_RDONLY || !S_ISREG(st.st_mode))
		reason = WQ_REFUSED_FORMAT;
	else if ((uint64_t)st.st_size != (*pack)->file_bytes)
		reason = WQ_REFUSED_SIZE;
	if (reason) {
		wq_gate_pack_unref(packs, *pack);
		return reason;
	}
	there = find_cold(packs, *pack, *fd);
	if (there) {
		there->refs++;
		wq_gate_pack_unref(packs, *pack);
		*pack = there;
		return fine;
	}
	(*pack)->fd = *fd;
	*fd = -1;
	return fine;
}

/* ---- objects ---- */

bool wq_gate_pack_object(struct wq_gate_object *object)
{
	const struct wq_gate_pack *pack = object->pack;
	uint64_t offset;
	uint32_t leaves;

	object->cold = pack->is_cold;
	if (pack->is_cold)
		return wq_cold_object(&pack->cold, object->number, &offset, &object->length_bytes, &leaves);
	if (object->number >= pack->pack.objects)
		return false;
	object->bytes = wq_pack_bytes(&pack->pack, object->number);
	object->length_bytes = object->bytes.n;
	return true;
}

const uint8_t *wq_gate_object_pack(const struct wq_gate_object *object)
{
	return object->pack->name;
}

static wq_err read_exactly(int fd, uint8_t *to, size_t n, uint64_t at)
{
	for (size_t got = 0; got < n;) {
		ssize_t r = pread(fd, to + got, n - got, (off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return wq_error_sys(WQ_E_IO, errno, "a cold pack cannot be read");
		if (r == 0)
			return wq_error(WQ_E_IO, "a cold pack was cut short");
		got += (size_t)r;
	}
	return WQ_OK;
}

/* Leaf by leaf, in lanes. */
static wq_err check_leaves(const struct wq_gate_object *object, uint32_t leaf, wq_str block, uint32_t *ret_leaf)
{
	wq_str leaves[WQ_GATE_BLOCK / WQ_TREE_LEAF] = {0};
	wq_digest found[WQ_COUNT(leaves)], expected;
	size_t n = 0;

	for (wq_str rest = block; rest.n > 0; rest = wq_str_from(rest, WQ_TREE_LEAF))
		leaves[n++] = wq_str_head(rest, WQ_TREE_LEAF);
	wq_tree_leaf_many(leaves, n, found);
	for (size_t i = 0; i < n; i++) {
		*ret_leaf = leaf + (uint32_t)i;
		if (!wq_cold_leaf(&object->pack->cold, object->number, *ret_leaf, &expected) ||
			memcmp(found[i].b, expected.b, sizeof expected.b) != 0)
			return wq_error(WQ_E_ALTERED, "leaf %u", *ret_leaf);
	}
	return WQ_OK;
}

wq_err wq_gate_object_read(
	const struct wq_gate_object *object, uint64_t from, uint8_t *block, size_t n, uint32_t *ret_leaf)
{
	const struct wq_gate_pack *pack = object->pack;
	uint64_t offset, length;
	uint32_t leaves;

	*ret_leaf = (uint32_t)(from / WQ_TREE_LEAF);
	if (!wq_cold_object(&pack->cold, object->number, &offset, &length, &leaves) || from > length ||
		n > length - from || n > WQ_GATE_BLOCK || from % WQ_TREE_LEAF != 0 ||
		(n % WQ_TREE_LEAF != 0 && from + n != length))
		return wq_error(WQ_E_BUG, "a block that is no run of leaves");
	WQ_TRY(read_exactly(pack->fd, block, n, offset + from));
	return check_leaves(object, *ret_leaf, wq_str_of(block, n), ret_leaf);
}
