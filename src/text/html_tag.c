#include "text/html_tag.h"

/* eight letters in one number, the first in the lowest byte; a shorter name ends in zeros, which no name here contains */
#define PACK8(a, b, c, d, e, f, g, h, ...) \
	((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 | (uint64_t)(e) << 32 | \
		(uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)
#define PACK(...) PACK8(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0)

enum { SHORT_NAME = 8 };

static enum wq_html_tag long_tag(wq_str name)
{
	static const struct {
		wq_str name;
		enum wq_html_tag tag;
	} rows[] = {
#define ROW(id, text) {WQ_S_INIT(text), WQ_TAG_##id},
		WQ_HTML_LONG_TAGS(ROW)
#undef ROW
	};

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (wq_str_eq_nocase(name, rows[i].name))
			return rows[i].tag;
	return WQ_TAG_OTHER;
}

enum wq_html_tag wq_html_tag_of(wq_str name)
{
	uint64_t packed = 0;

	if (name.n == 0)
		return WQ_TAG_NONE;
	if (name.n > SHORT_NAME)
		return long_tag(name);
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c == 0)
			return WQ_TAG_OTHER;
		packed |= (uint64_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c) << 8 * i;
	}
	switch (packed) {
#define CASE(id, ...) \
	case PACK(__VA_ARGS__): return WQ_TAG_##id;
		WQ_HTML_TAGS(CASE)
#undef CASE
	default: return WQ_TAG_OTHER;
	}
}

const char *wq_html_tag_name(enum wq_html_tag tag, char out[16])
{
	static const uint64_t packed[WQ_TAG_COUNT] = {
#define ROW(id, ...) [WQ_TAG_##id] = PACK(__VA_ARGS__),
		WQ_HTML_TAGS(ROW)
#undef ROW
	};
	static const char *const names[WQ_TAG_COUNT] = {
#define ROW(id, text) [WQ_TAG_##id] = text,
		WQ_HTML_LONG_TAGS(ROW)
#undef ROW
	};

	memset(out, 0, 16);
	if ((unsigned int)tag >= WQ_TAG_COUNT)
		return out;
	if (names[tag])
		memcpy(out, names[tag], strlen(names[tag]));
	else
		for (size_t i = 0; i < SHORT_NAME; i++)
			out[i] = (char)(packed[tag] >> 8 * i);
	return out;
}
