#include "text/entity.h"

#include "text/html.h"

/* Narrows rows [*low, *high) whose first `i` bytes are equal to those whose byte `i` is `c`. Rows are sorted. */
static void narrow(size_t *low, size_t *high, size_t i, unsigned char c)
{
	size_t a = *low, b = *high, end;

	while (a < b) { /* the first row with a byte >= c */
		size_t middle = a + (b - a) / 2;

		if ((unsigned char)wq_entities[middle].name[i] < c)
			a = middle + 1;
		else
			b = middle;
	}
	end = *high;
	*low = a;
	while (a < end) { /* the first with a byte > c */
		size_t middle = a + (end - a) / 2;

		if ((unsigned char)wq_entities[middle].name[i] <= c)
			a = middle + 1;
		else
			end = middle;
	}
	*high = a;
}

/* The longest of these that `at` begins with is the longest of all: they end in `;`. */
static const struct wq_entity *find_usual(wq_str at)
{
	static const struct wq_entity usual[] = {
		{"lt;", {'<', 0}}, {"gt;", {'>', 0}}, {"amp;", {'&', 0}}, {"nbsp;", {0xa0, 0}}, {"quot;", {'"', 0}}};

	for (size_t i = 0; i < WQ_COUNT(usual); i++)
		if (wq_str_starts(at, wq_str_c(usual[i].name)))
			return &usual[i];
	return NULL;
}

const struct wq_entity *wq_entity_find(wq_str at)
{
	const struct wq_entity *found = NULL;
	size_t low = 0, high = WQ_ENTITY_COUNT;

	if ((found = find_usual(at)))
		return found;
	for (size_t i = 0; i < at.n && i < WQ_ENTITY_NAME_MAX && low < high; i++) {
		if (at.p[i] == 0)
			break;
		narrow(&low, &high, i, (unsigned char)at.p[i]);
		if (low < high && wq_entities[low].name[i + 1] == 0)
			found = &wq_entities[low];
	}
	return found;
}

/* §13.2.5.80: what 0x80–0x9f mean in windows-1252; 0 where it has nothing there. */
static const uint16_t windows_1252[32] = {0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030,
	0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122,
	0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178};

static int digit(unsigned char c, bool hex)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

static bool alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* `at` begins with "&#" */
static size_t numeric(wq_str at, uint32_t *ret_point)
{
	enum { PAST_UNICODE = 0x110000 };
	bool hex = at.n > 2 && (at.p[2] | 0x20) == 'x';
	size_t i = hex ? 3 : 2, first = i;
	uint32_t point = 0;

	for (; i < at.n && digit((unsigned char)at.p[i], hex) >= 0; i++)
		if (point < PAST_UNICODE) /* more digits alter nothing, and must not overflow */
			point = point * (hex ? 16 : 10) + (uint32_t)digit((unsigned char)at.p[i], hex);
	if (i == first)
		return 0;
	if (i < at.n && at.p[i] == ';')
		i++;
	if (point == 0 || point >= PAST_UNICODE || (point >= 0xd800 && point <= 0xdfff))
		point = 0xfffd;
	else if (point >= 0x80 && point <= 0x9f && windows_1252[point - 0x80])
		point = windows_1252[point - 0x80];
	*ret_point = point;
	return i;
}

size_t wq_html_reference(wq_str at, enum wq_html_where where, uint32_t ret_points[2], size_t *ret_n)
{
	const struct wq_entity *entity;
	uint32_t point;
	size_t n;

	if (at.n < 2 || at.p[0] != '&')
		return 0;
	if (at.p[1] == '#') {
		n = numeric(at, &point);
		if (n > 0) {
			ret_points[0] = point;
			*ret_n = 1;
		}
		return n;
	}
	entity = wq_entity_find(wq_str_from(at, 1));
	if (!entity)
		return 0;
	n = 1 + strlen(entity->name);
	if (where == WQ_HTML_IN_ATTRIBUTE && at.p[n - 1] != ';' && n < at.n &&
		(at.p[n] == '=' || alphanumeric(at.p[n])))
		return 0;
	ret_points[0] = entity->points[0];
	ret_points[1] = entity->points[1];
	*ret_n = entity->points[1] ? 2 : 1;
	return n;
}

static void add_utf8(struct wq_buf *out, uint32_t c)
{
	char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (char)(0x80 | (c & 0x3f));
	b[0] = (char)(lead[n] | c);
	wq_buf_add(out, wq_str_of(b, n));
}

wq_err wq_html_decode(wq_str raw, enum wq_html_where where, struct wq_buf *out)
{
	while (raw.n > 0) {
		const char *amp = memchr(raw.p, '&', raw.n);
		size_t before = amp ? (size_t)(amp - raw.p) : raw.n;
		uint32_t points[2];
		size_t n, taken;

		wq_buf_add(out, wq_str_head(raw, before));
		raw = wq_str_from(raw, before);
		if (raw.n == 0)
			break;
		taken = wq_html_reference(raw, where, points, &n);
		if (taken == 0) {
			wq_buf_byte(out, '&');
			taken = 1;
		} else
			for (size_t i = 0; i < n; i++)
				add_utf8(out, points[i]);
		raw = wq_str_from(raw, taken);
	}
	return wq_buf_err(out);
}
