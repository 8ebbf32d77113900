#include "detect/body/body_priv.h"

/* The state is the beginning of a pair that a piece cut. */
static bool open(struct wq_body *body, wq_str content_type)
{
	(void)content_type;
	body->state = WQ_NEW(body->arena, struct wq_hold);
	return body->state != NULL;
}

static void pair(struct wq_body *body, wq_str raw, bool lent)
{
	if (!wq_args_pair(&body->args, raw, lent))
		wq_body_over(body, "more than %u arguments, or no memory", body->args.max);
}

static void add(struct wq_body *body, wq_str piece)
{
	struct wq_hold *cut = body->state;
	while (piece.n && !body->report.failed) {
		const char *end = memchr(piece.p, '&', piece.n);
		wq_str raw = wq_str_head(piece, end ? (size_t)(end - piece.p) : piece.n);
		if ((cut->n || !end) && !wq_hold_add(cut, body->arena, raw)) {
			wq_body_over(body, "no memory");
			return;
		}
		if (!end)
			return;
		if (cut->n)
			pair(body, wq_hold_take(cut), true);
		else
			pair(body, raw, body->lent);
		piece = wq_str_from(piece, raw.n + 1);
	}
}

static void end(struct wq_body *body)
{
	struct wq_hold *cut = body->state;
	if (cut->n)
		pair(body, wq_hold_take(cut), true);
}

const struct wq_body_parser wq_body_urlencoded = {.open = open, .add = add, .end = end};
