#include "detect/front/match_priv.h"

static bool in_set(const uint64_t set[4], unsigned char c)
{
	return set[c / 64] >> c % 64 & 1;
}

static void add_range(uint64_t set[4], unsigned char from, unsigned char to)
{
	for (unsigned c = from; c <= to; c++)
		set[c / 64] |= (uint64_t)1 << c % 64;
}

/* ---- reading ---- */

struct reader {
	wq_str rest;
	struct front_item items[FRONT_ITEMS_MAX];
	size_t n;
	struct wq_arena *arena;
	char *literal; /* of the item that is being collected */
	size_t literal_n;
};

static wq_err add_item(struct reader *r, const struct front_item *item)
{
	if (r->n == FRONT_ITEMS_MAX)
		return wq_error(WQ_E_INPUT, "more than %d parts", FRONT_ITEMS_MAX);
	r->items[r->n++] = *item;
	return WQ_OK;
}

static wq_err end_literal(struct reader *r)
{
	struct front_item item = {.op = FRONT_LITERAL, .literal = wq_str_of(r->literal, r->literal_n)};

	if (r->literal_n == 0)
		return WQ_OK;
	r->literal += r->literal_n;
	r->literal_n = 0;
	return add_item(r, &item);
}

static bool escape_of(char c, char *ret)
{
	*ret = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
	return c == 'n' || c == 't' || c == 'r' || c == ']' || c == '\\' || c == '-' || c == '^';
}

/* One character of a set; false where it ends. */
static bool set_char(struct reader *r, char *ret, bool *bad)
{
	if (r->rest.n == 0 || r->rest.p[0] == ']')
		return false;
	*ret = r->rest.p[0];
	r->rest = wq_str_from(r->rest, 1);
	if (*ret == '\\') {
		*bad |= r->rest.n == 0 || !escape_of(r->rest.p[0], ret);
		r->rest = wq_str_from(r->rest, 1);
	}
	return true;
}

static wq_err read_number(struct reader *r, uint16_t *ret_number)
{
	size_t n = 0;
	uint64_t value;

	while (n < r->rest.n && r->rest.p[n] >= '0' && r->rest.p[n] <= '9')
		n++;
	if (!wq_str_to_u64(wq_str_head(r->rest, n), FRONT_GAP_MAX, &value))
		return wq_error(WQ_E_INPUT, "a set is %%[…]2-9; with at most %d", FRONT_GAP_MAX);
	*ret_number = (uint16_t)value;
	r->rest = wq_str_from(r->rest, n);
	return WQ_OK;
}

static wq_err read_set(struct reader *r)
{
	struct front_item item = {.op = FRONT_SET};
	bool negated = false, bad = false;
	char c, to;

	if (r->rest.n && r->rest.p[0] == '^') {
		negated = true;
		r->rest = wq_str_from(r->rest, 1);
	}
	while (set_char(r, &c, &bad)) {
		to = c;
		if (r->rest.n > 1 && r->rest.p[0] == '-' && r->rest.p[1] != ']') {
			r->rest = wq_str_from(r->rest, 1);
			set_char(r, &to, &bad);
		}
		add_range(item.set, (unsigned char)c, (unsigned char)to);
	}
	for (size_t i = 0; negated && i < 4; i++)
		item.set[i] = ~item.set[i];
	r->rest = wq_str_from(r->rest, 1);
	WQ_TRY(read_number(r, &item.min));
	if (r->rest.n == 0 || r->rest.p[0] != '-')
		bad = true;
	r->rest = wq_str_from(r->rest, 1);
	WQ_TRY(read_number(r, &item.max));
	if (bad || r->rest.n == 0 || r->rest.p[0] != ';' || item.max < item.min)
		return wq_error(WQ_E_INPUT, "a set is %%[…]2-9;");
	r->rest = wq_str_from(r->rest, 1);
	return add_item(r, &item);
}

static wq_err read_special(struct reader *r)
{
	char c = r->rest.n ? r->rest.p[0] : 0;

	r->rest = wq_str_from(r->rest, 1);
	switch (c) {
	case 'n': r->literal[r->literal_n++] = '\n'; return WQ_OK;
	case 't': r->literal[r->literal_n++] = '\t'; return WQ_OK;
	case 'r': r->literal[r->literal_n++] = '\r'; return WQ_OK;
	case '%': r->literal[r->literal_n++] = '%'; return WQ_OK;
	case 'v': WQ_TRY(end_literal(r)); return add_item(r, &(struct front_item){.op = FRONT_VERSION});
	case '[': WQ_TRY(end_literal(r)); return read_set(r);
	default: return wq_error(WQ_E_INPUT, "%% is followed by v, n, t, r, %% or [");
	}
}

wq_err front_pattern_parse(struct wq_arena *arena, wq_str text, struct front_pattern *ret_pattern)
{
	struct reader r = {.rest = text, .arena = arena, .literal = wq_arena_alloc(arena, text.n + 1)};
	size_t versions = 0, longest = 0;

	WQ_TRY(wq_arena_err(arena));
	while (r.rest.n) {
		char c = r.rest.p[0];
		r.rest = wq_str_from(r.rest, 1);
		if (c == '%')
			WQ_TRY(read_special(&r));
		else
			r.literal[r.literal_n++] = c;
	}
	WQ_TRY(end_literal(&r));
	for (size_t i = 0; i < r.n; i++) {
		versions += r.items[i].op == FRONT_VERSION;
		if (r.items[i].op == FRONT_LITERAL && r.items[i].literal.n > longest) {
			longest = r.items[i].literal.n;
			ret_pattern->anchor = i;
		}
	}
	if (versions != 1 || longest < FRONT_GRAM)
		return wq_error(WQ_E_INPUT, "a pattern has one %%v and a literal of %d bytes", FRONT_GRAM);
	ret_pattern->items = WQ_NEW_ARRAY(arena, struct front_item, r.n);
	WQ_TRY(wq_arena_err(arena));
	memcpy(ret_pattern->items, r.items, r.n * sizeof *r.items);
	ret_pattern->n = r.n;
	return WQ_OK;
}

/* ---- matching ---- */

struct match {
	const struct front_pattern *pattern;
	wq_str text;
	uint32_t *steps;
	wq_str version;
	size_t end; /* where the last item ended */
};

static bool is_version(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
}

static bool after(struct match *m, size_t i, size_t at);
static bool before(struct match *m, size_t i, size_t at);

static bool step(struct match *m)
{
	if (*m->steps == 0)
		return false;
	--*m->steps;
	return true;
}

static bool version_after(struct match *m, size_t i, size_t at)
{
	size_t n = 0;

	while (n < FRONT_VERSION_BYTES && at + n < m->text.n && is_version(m->text.p[at + n]))
		n++;
	if (n < 2 || m->text.p[at] < '0' || m->text.p[at] > '9')
		return false;
	for (; n >= 2; n--) {
		if (after(m, i + 1, at + n)) {
			m->version = wq_str_of(m->text.p + at, n);
			return true;
		}
	}
	return false;
}

static bool version_before(struct match *m, size_t i, size_t at)
{
	size_t n = 0;

	while (n < FRONT_VERSION_BYTES && n < at && is_version(m->text.p[at - n - 1]))
		n++;
	for (; n >= 2; n--) {
		wq_str version = wq_str_of(m->text.p + at - n, n);
		if (version.p[0] >= '0' && version.p[0] <= '9' && before(m, i, at - n)) {
			m->version = version;
			return true;
		}
	}
	return false;
}

/* Items i and on, from `at` on. */
static bool after(struct match *m, size_t i, size_t at)
{
	const struct front_item *item = &m->pattern->items[i];

	if (!step(m))
		return false;
	if (i == m->pattern->n) {
		m->end = at;
		return true;
	}
	switch (item->op) {
	case FRONT_LITERAL:
		return wq_str_starts(wq_str_from(m->text, at), item->literal) && after(m, i + 1, at + item->literal.n);
	case FRONT_VERSION: return version_after(m, i, at);
	case FRONT_SET: break;
	}
	for (size_t n = 0; n <= item->max; n++) {
		if (n >= item->min && after(m, i + 1, at + n))
			return true;
		if (at + n >= m->text.n || !in_set(item->set, (unsigned char)m->text.p[at + n]))
			return false;
	}
	return false;
}

/* The i items before `at`. */
static bool before(struct match *m, size_t i, size_t at)
{
	const struct front_item *item;

	if (!step(m))
		return false;
	if (i == 0) {
		m->text.n -= at;
		m->text.p += at;
		m->end -= at;
		return true;
	}
	item = &m->pattern->items[i - 1];
	switch (item->op) {
	case FRONT_LITERAL:
		return at >= item->literal.n &&
			wq_str_starts(wq_str_from(m->text, at - item->literal.n), item->literal) &&
			before(m, i - 1, at - item->literal.n);
	case FRONT_VERSION: return version_before(m, i - 1, at);
	case FRONT_SET: break;
	}
	for (size_t n = 0; n <= item->max; n++) {
		if (n >= item->min && before(m, i - 1, at - n))
			return true;
		if (n >= at || !in_set(item->set, (unsigned char)m->text.p[at - n - 1]))
			return false;
	}
	return false;
}

bool front_pattern_match(const struct front_pattern *pattern, wq_str text, size_t at, uint32_t *steps,
	wq_str *ret_whole, wq_str *ret_version)
{
	struct match m = {.pattern = pattern, .text = text, .steps = steps};

	if (!after(&m, pattern->anchor, at) || !before(&m, pattern->anchor, at))
		return false;
	*ret_whole = wq_str_head(m.text, m.end);
	*ret_version = front_version_trim(m.version);
	return ret_version->n > 0;
}
