#include "detect/likeness/image.h"

#include "detect/likeness/rules_priv.h"

enum { SMALL = 32, LOW = 8 };

struct grey {
	const uint8_t *pixels;
	uint32_t stride, left, top, width, height;
};

static uint8_t at(const struct grey *g, uint32_t x, uint32_t y)
{
	return g->pixels[(size_t)(g->top + y) * g->stride + g->left + x];
}

static bool plain(const struct grey *g, bool row, uint32_t n, uint8_t colour, uint32_t tolerance)
{
	uint32_t length = row ? g->width : g->height;

	for (uint32_t i = 0; i < length; i++) {
		int d = (int)(row ? at(g, i, n) : at(g, n, i)) - colour;
		if ((uint32_t)(d < 0 ? -d : d) > tolerance)
			return false;
	}
	return true;
}

static void trim(struct grey *g, uint32_t tolerance)
{
	uint8_t colour = at(g, 0, 0);

	while (g->height > 1 && plain(g, true, 0, colour, tolerance)) {
		g->top++;
		g->height--;
	}
	while (g->height > 1 && plain(g, true, g->height - 1, colour, tolerance))
		g->height--;
	while (g->width > 1 && plain(g, false, 0, colour, tolerance)) {
		g->left++;
		g->width--;
	}
	while (g->width > 1 && plain(g, false, g->width - 1, colour, tolerance))
		g->width--;
}

/* Means of areas. */
static void shrink(const struct grey *g, uint32_t w, uint32_t h, float *out)
{
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			uint32_t x0 = (uint32_t)((uint64_t)x * g->width / w),
				 y0 = (uint32_t)((uint64_t)y * g->height / h);
			uint32_t x1 = (uint32_t)((uint64_t)(x + 1) * g->width / w),
				 y1 = (uint32_t)((uint64_t)(y + 1) * g->height / h);
			uint64_t sum = 0;
			x1 = WQ_MAX(x1, x0 + 1);
			y1 = WQ_MAX(y1, y0 + 1);
			for (uint32_t j = y0; j < y1; j++)
				for (uint32_t i = x0; i < x1; i++)
					sum += at(g, i, j);
			out[y * w + x] = (float)sum / (float)((uint64_t)(x1 - x0) * (y1 - y0));
		}
}

static uint64_t difference_hash(const struct grey *g)
{
	float small[(LOW + 1) * LOW];
	uint64_t hash = 0;

	shrink(g, LOW + 1, LOW, small);
	for (int y = 0; y < LOW; y++)
		for (int x = 0; x < LOW; x++)
			hash = hash << 1 | (small[y * (LOW + 1) + x] < small[y * (LOW + 1) + x + 1]);
	return hash;
}

/* cos(pi (2x + 1) u / 64), by turning a vector: no library of mathematics. */
static void cosines(float out[LOW + 1][SMALL])
{
	double step_c = 0.99879545620517239271, step_s = 0.04906767432741801426; /* of pi / 64 */
	double c[2 * SMALL * 2], s[2 * SMALL * 2];

	c[0] = 1;
	s[0] = 0;
	for (int i = 1; i < 2 * SMALL * 2; i++) {
		c[i] = c[i - 1] * step_c - s[i - 1] * step_s;
		s[i] = s[i - 1] * step_c + c[i - 1] * step_s;
	}
	for (int u = 0; u <= LOW; u++)
		for (int x = 0; x < SMALL; x++)
			out[u][x] = (float)c[(2 * x + 1) * u % (2 * SMALL * 2)];
}

static int ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return x < y ? -1 : x > y;
}

/* The 64 lowest frequencies but the mean, each above or below their median. */
static uint64_t frequency_hash(const struct grey *g)
{
	float small[SMALL * SMALL], rows[SMALL][LOW + 1], low[LOW * LOW], sorted[LOW * LOW], cosine[LOW + 1][SMALL];
	uint64_t hash = 0;

	shrink(g, SMALL, SMALL, small);
	cosines(cosine);
	for (int y = 0; y < SMALL; y++)
		for (int u = 1; u <= LOW; u++) {
			float sum = 0;
			for (int x = 0; x < SMALL; x++)
				sum += small[y * SMALL + x] * cosine[u][x];
			rows[y][u] = sum;
		}
	for (int v = 0; v < LOW; v++)
		for (int u = 1; u <= LOW; u++) {
			float sum = 0;
			for (int y = 0; y < SMALL; y++)
				sum += rows[y][u] * cosine[v][y];
			low[v * LOW + u - 1] = sum;
		}
	memcpy(sorted, low, sizeof sorted);
	qsort(sorted, LOW * LOW, sizeof *sorted, ascending);
	float median = (sorted[LOW * LOW / 2 - 1] + sorted[LOW * LOW / 2]) / 2;
	for (int i = 0; i < LOW * LOW; i++)
		hash = hash << 1 | (low[i] > median);
	return hash;
}

static bool has_contrast(const struct grey *g, uint32_t least)
{
	float small[LOW * LOW], lowest = 255, highest = 0;

	shrink(g, LOW, LOW, small);
	for (int i = 0; i < LOW * LOW; i++) {
		lowest = WQ_MIN(lowest, small[i]);
		highest = WQ_MAX(highest, small[i]);
	}
	return highest - lowest >= (float)least;
}

bool wq_likeness_image_hash(const struct wq_likeness_rules *rules, const uint8_t *grey, uint32_t width, uint32_t height,
	struct wq_likeness_image *ret_image)
{
	const struct wq_likeness_limits *limits = &rules->limits;
	struct grey g = {.pixels = grey, .stride = width, .width = width, .height = height};

	if (width == 0 || height == 0 || width > WQ_LIKENESS_SIDE_MAX || height > WQ_LIKENESS_SIDE_MAX)
		return false;
	trim(&g, limits->trim);
	if (g.width < limits->side_least || g.height < limits->side_least || !has_contrast(&g, limits->contrast_least))
		return false;
	*ret_image = (struct wq_likeness_image){difference_hash(&g), frequency_hash(&g)};
	return true;
}

bool wq_likeness_image_alike(const struct wq_likeness_rules *rules, const struct wq_likeness_image *a,
	const struct wq_likeness_image *b, uint32_t *ret_bits)
{
	uint32_t d = (uint32_t)__builtin_popcountll(a->dhash ^ b->dhash),
		 p = (uint32_t)__builtin_popcountll(a->phash ^ b->phash);

	*ret_bits = d + p;
	return d <= rules->limits.dhash_bits && p <= rules->limits.phash_bits;
}
