/* The body, for phase 2: from memory, or from nginx's temporary file, which is mapped a window at a time, so that an upload takes no
 * memory of ours and values that rules look at stay where they are. */
#include "gate/nginx/waf_priv.h"

#include <sys/mman.h>

enum { STEP = 256 * 1024 };

void wq_gate_waf_body_done(struct wq_gate_waf *w)
{
	if (w->map)
		munmap(w->map, w->map_bytes);
	w->map = NULL;
}

static bool map_file(struct wq_gate_waf *w, const ngx_buf_t *b, struct wq_gate_piece *ret_piece)
{
	void *map;

	if (w->map || b->file_last <= 0)
		return false;
	map = mmap(NULL, (size_t)b->file_last, PROT_READ, MAP_PRIVATE, b->file->fd, 0);
	if (map == MAP_FAILED)
		return false;
	w->map = map;
	w->map_bytes = (size_t)b->file_last;
	*ret_piece = (struct wq_gate_piece){
		wq_str_of((const char *)map + b->file_pos, (size_t)(b->file_last - b->file_pos)), true};
	return true;
}

bool wq_gate_waf_body_take(struct wq_gate_waf *w)
{
	ngx_http_request_body_t *body = w->r->request_body;
	size_t n = 0;

	w->body_here = 1;
	if (!body)
		return true;
	for (ngx_chain_t *cl = body->bufs; cl; cl = cl->next)
		n++;
	w->pieces = ngx_pcalloc(w->r->pool, (n + 1) * sizeof *w->pieces);
	if (!w->pieces)
		return false;
	for (ngx_chain_t *cl = body->bufs; cl; cl = cl->next) {
		struct wq_gate_piece *piece = &w->pieces[w->pieces_n];
		ngx_buf_t *b = cl->buf;

		if (ngx_buf_in_memory(b))
			*piece = (struct wq_gate_piece){wq_str_of(b->pos, (size_t)(b->last - b->pos)), false};
		else if (b->in_file && b->file_last > b->file_pos && !map_file(w, b, piece))
			return false;
		w->pieces_n += piece->bytes.n > 0;
	}
	return true;
}

/* What was read of the mapping need not stay in memory: it is there again when it is looked at. */
static void let_go(wq_str piece, size_t from, size_t to)
{
	uintptr_t page = (uintptr_t)ngx_pagesize, start = ((uintptr_t)piece.p + from) / page * page;
	uintptr_t end = ((uintptr_t)piece.p + to) / page * page;

	if (end > start)
		(void)madvise((void *)start, end - start, MADV_DONTNEED);
}

bool wq_gate_waf_body_feed(struct wq_gate_waf *w)
{
	uint64_t end = wq_gate_nsec() + (uint64_t)WQ_GATE_WAF_SLICE_USEC * 1000;

	while (w->piece_at < w->pieces_n) {
		const struct wq_gate_piece *piece = &w->pieces[w->piece_at];
		size_t from = w->piece_from, n = WQ_MIN(piece->bytes.n - from, (size_t)STEP);

		wq_waf_body_add(w->tx, wq_str_of(piece->bytes.p + from, n));
		if (piece->mapped)
			let_go(piece->bytes, from, from + n);
		w->piece_from += n;
		if (w->piece_from == piece->bytes.n) {
			w->piece_at++;
			w->piece_from = 0;
		}
		if (w->piece_at < w->pieces_n && wq_gate_nsec() > end)
			return false;
	}
	wq_waf_body_end(w->tx);
	return true;
}
