#include "detect/match/literals_priv.h"

enum {
	WINDOWS_TRIED = 64, /* of one literal */
	CROWD = 3,          /* candidates of a word from which on another window is looked for */
	CROWD_COST = 12,
	SAMPLE_WEIGHT = 32
};

/* Letters by frequency, so that the low three bits spread; the digits in five; marks; the rest. */
const uint8_t wq_literals_class[256] = {
	['e'] = 1,
	['t'] = 2,
	['a'] = 3,
	['o'] = 4,
	['i'] = 5,
	['n'] = 6,
	['s'] = 7,
	['r'] = 8,
	['h'] = 9,
	['l'] = 10,
	['d'] = 11,
	['c'] = 12,
	['u'] = 13,
	['m'] = 14,
	['f'] = 15,
	['p'] = 16,
	['g'] = 17,
	['w'] = 18,
	['y'] = 19,
	['b'] = 20,
	['v'] = 21,
	['k'] = 22,
	['x'] = 23,
	['j'] = 24,
	['q'] = 25,
	['z'] = 26,
	['E'] = 1,
	['T'] = 2,
	['A'] = 3,
	['O'] = 4,
	['I'] = 5,
	['N'] = 6,
	['S'] = 7,
	['R'] = 8,
	['H'] = 9,
	['L'] = 10,
	['D'] = 11,
	['C'] = 12,
	['U'] = 13,
	['M'] = 14,
	['F'] = 15,
	['P'] = 16,
	['G'] = 17,
	['W'] = 18,
	['Y'] = 19,
	['B'] = 20,
	['V'] = 21,
	['K'] = 22,
	['X'] = 23,
	['J'] = 24,
	['Q'] = 25,
	['Z'] = 26,
	['0'] = 27,
	['1'] = 27,
	['2'] = 28,
	['3'] = 28,
	['4'] = 29,
	['5'] = 29,
	['6'] = 30,
	['7'] = 30,
	['8'] = 31,
	['9'] = 31,
	[' '] = 32,
	['\t'] = 32,
	['\n'] = 32,
	['\r'] = 32,
	['.'] = 33,
	['-'] = 34,
	['_'] = 35,
	['/'] = 36,
	['='] = 37,
	['&'] = 38,
	['%'] = 39,
	['+'] = 40,
	[':'] = 41,
	[';'] = 42,
	[','] = 43,
	['('] = 44,
	[')'] = 45,
	['\''] = 46,
	['"'] = 47,
	['<'] = 48,
	['>'] = 49,
	['?'] = 50,
	['!'] = 51,
	['@'] = 52,
	['#'] = 53,
	['$'] = 54,
	['*'] = 55,
	['\\'] = 56,
	['|'] = 57,
	['['] = 58,
	[']'] = 59,
	['{'] = 60,
	['}'] = 61,
	['^'] = 62,
	['`'] = 62,
	['~'] = 62,
	[0x80 ... 0xff] = 63,
};

/* Words that ordinary values are full of: beside the literals themselves a sample of what is not rare. */
static const char sample[] =
	" the of and to in is you that it he for was on are as with his they at be this from have or by one had not but "
	"what all were when we there can an your which their said if do will each about how up out them then she many some "
	"so these would other into has more her two like him see time could no make than first been its who now people my "
	"made over did down only way find use may long little very after called just where most know through back much "
	"before also around another came come work three word must because does part even place well such here take why "
	"things help put years different away again off went old number great tell men say small every found still between "
	"name should home give water room write read list file line page user password login search query title content "
	"message comment subject email address phone city date start end time type value text data id key code token "
	"action submit save update delete create new edit view show index main test example version package http https www "
	"com org net html php json xml api true false null none yes error file string option config default application "
	"information government service public national people online shanghai beijing guangdong zhang wang chen huang "
	"xiang sheng jiang bang ing tion ation ment able ness ated ding ting ring king sing ally ence ance ious ible "
	"accept language encoding gzip deflate mozilla windows linux chrome safari applewebkit gecko image keep alive "
	"session cookie csrf utm source medium campaign filter sort order limit offset callback format size width height ";

static void count(struct wq_literals_model *model, const char *text, size_t n, uint32_t weight)
{
	for (size_t i = 1; i < n; i++) {
		model->pairs[wq_literals_class[(uint8_t)text[i - 1]]][wq_literals_class[(uint8_t)text[i]]] += weight;
		model->all[wq_literals_class[(uint8_t)text[i - 1]]] += weight;
	}
}

/* Eight times the binary logarithm, roughly. */
static int log_of(uint32_t n)
{
	int whole = 31 - __builtin_clz(n | 1);

	return whole * 8 + (whole >= 3 ? (int)(n >> (whole - 3) & 7) : 0);
}

static int score_of(const struct wq_literals_model *model, const char *window, size_t n, uint32_t crowd)
{
	uint8_t last = wq_literals_class[(uint8_t)window[0]];
	int score = -log_of(model->all[last] + 1);

	for (size_t i = 1; i < n; i++) {
		uint8_t class = wq_literals_class[(uint8_t)window[i]];

		score += log_of(model->all[last] + WQ_LITERALS_CLASSES) - log_of(model->pairs[last][class] + 1);
		last = class;
	}
	return crowd < CROWD ? score : score - CROWD_COST * (int)(crowd - CROWD + 1);
}

void wq_literals_learn(struct wq_literals_model *model, wq_str text)
{
	count(model, sample, sizeof sample - 1, SAMPLE_WEIGHT);
	count(model, text.p, text.n, 1);
}

size_t wq_literals_best_window(const struct wq_literals_model *model, enum wq_literals_kind kind, wq_str text,
	size_t at, size_t step, const uint32_t *crowd)
{
	size_t bytes = wq_literals_window_bytes[kind], best = at;
	int most = -1000000;

	for (size_t last = WQ_MIN(text.n - bytes, (size_t)WINDOWS_TRIED - 1); at <= last; at += step) {
		size_t word = kind == WQ_LITERALS_SHORT
			? wq_literals_pair_of(text.p + at)
			: wq_literals_word_of(wq_literals_hash_of(wq_literals_window(text.p, at, bytes), bytes));
		int score = score_of(model, text.p + at, bytes, crowd[word]);

		if (score > most) {
			most = score;
			best = at;
		}
	}
	return best;
}
