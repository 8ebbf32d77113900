/* The syntax of PCRE2's patterns (pcre2pattern(3)) as far as rules use it. What is not read makes the whole tree NULL. */
#include "detect/match/need_priv.h"

enum { CASELESS = 1, MULTILINE = 2, EXTENDED = 4 };

struct parser {
	struct wq_arena *arena;
	const char *p, *end;
	unsigned options;
	unsigned depth;
	bool quoted; /* between \Q and \E */
	bool failed;
};

static struct wq_need_node *either_of(struct parser *parser);

static struct wq_need_node *give_up(struct parser *parser)
{
	parser->failed = true;
	return NULL;
}

static struct wq_need_node *new_node(struct parser *parser, enum wq_need_kind kind)
{
	struct wq_need_node *node = WQ_NEW(parser->arena, struct wq_need_node);

	if (!node)
		return give_up(parser);
	node->kind = kind;
	return node;
}

static void adopt(struct wq_need_node *parent, struct wq_need_node *child)
{
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static bool more(const struct parser *parser)
{
	return !parser->failed && parser->p < parser->end;
}

/* The byte `ahead` of the place, or 0 behind the end. */
static char peek(const struct parser *parser, size_t ahead)
{
	return (size_t)(parser->end - parser->p) > ahead ? parser->p[ahead] : 0;
}

static bool take(struct parser *parser, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(parser->end - parser->p) < n || memcmp(parser->p, text, n) != 0)
		return false;
	parser->p += n;
	return true;
}

/* ---- sets of bytes */

static void put_range(uint64_t set[4], unsigned from, unsigned to)
{
	for (unsigned byte = from; byte <= to; byte++)
		wq_need_put(set, (uint8_t)byte);
}

static void put_all_but(uint64_t set[4], const uint64_t but[4])
{
	for (size_t i = 0; i < 4; i++)
		set[i] |= ~but[i];
}

static void put_other_case(uint64_t set[4])
{
	for (unsigned byte = 'a'; byte <= 'z'; byte++)
		if (wq_need_has(set, (uint8_t)byte) || wq_need_has(set, (uint8_t)(byte & 0xdf))) {
			wq_need_put(set, (uint8_t)byte);
			wq_need_put(set, (uint8_t)(byte & 0xdf));
		}
}

/* \d \w \s \h \v and their opposites; false: no such letter. */
static bool put_kind(uint64_t set[4], char letter)
{
	uint64_t kind[4] = {0};

	switch (letter | 0x20) {
	case 'd': put_range(kind, '0', '9'); break;
	case 's':
		put_range(kind, '\t', '\r');
		wq_need_put(kind, ' ');
		break;
	case 'v':
		put_range(kind, '\n', '\r');
		wq_need_put(kind, 0x85);
		break;
	case 'h':
		wq_need_put(kind, '\t');
		wq_need_put(kind, ' ');
		wq_need_put(kind, 0xa0);
		break;
	case 'w':
		put_range(kind, '0', '9');
		put_range(kind, 'A', 'Z');
		put_range(kind, 'a', 'z');
		wq_need_put(kind, '_');
		break;
	default: return false;
	}
	if (letter & 0x20)
		for (size_t i = 0; i < 4; i++)
			set[i] |= kind[i];
	else
		put_all_but(set, kind);
	return true;
}

static const struct {
	const char *name;
	uint8_t ranges[8]; /* pairs */
} posix_classes[] = {
	{"alnum", {'0', '9', 'A', 'Z', 'a', 'z'}},
	{"alpha", {'A', 'Z', 'a', 'z'}},
	{"ascii", {0, 127}},
	{"blank", {'\t', '\t', ' ', ' '}},
	{"cntrl", {0, 31, 127, 127}},
	{"digit", {'0', '9'}},
	{"graph", {33, 126}},
	{"lower", {'a', 'z'}},
	{"print", {32, 126}},
	{"punct", {33, 47, 58, 64, 91, 96, 123, 126}},
	{"space", {'\t', '\r', ' ', ' '}},
	{"upper", {'A', 'Z'}},
	{"word", {'0', '9', 'A', 'Z', 'a', 'z', '_', '_'}},
	{"xdigit", {'0', '9', 'A', 'F', 'a', 'f'}},
};

static bool put_posix(uint64_t set[4], wq_str name, bool caseless)
{
	uint64_t class[4] = {0};
	bool opposite = wq_str_starts(name, WQ_S("^"));

	name = wq_str_from(name, opposite ? 1 : 0);
	for (size_t i = 0; i < WQ_COUNT(posix_classes); i++) {
		const uint8_t *range = posix_classes[i].ranges;

		if (!wq_str_eq(name, wq_str_c(posix_classes[i].name)))
			continue;
		for (size_t k = 0; k < 8 && (k == 0 || range[k + 1] != 0); k += 2)
			put_range(class, range[k], range[k + 1]);
		if (caseless)
			put_other_case(class);
		for (size_t k = 0; k < 4; k++)
			set[k] |= opposite ? ~class[k] : class[k];
		return true;
	}
	return false;
}

/* ---- escapes for one byte */

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* Digits of a base up to the brace; -1: something else. */
static int braced(struct parser *parser, int base)
{
	int value = 0;

	for (; more(parser) && *parser->p != '}'; parser->p++) {
		int digit = hex_of(*parser->p);
		if (digit < 0 || digit >= base || value > 0xff)
			return -1;
		value = value * base + digit;
	}
	return take(parser, "}") && value <= 0xff ? value : -1;
}

static int hex_escape(struct parser *parser)
{
	int value = 0;

	if (take(parser, "{"))
		return braced(parser, 16);
	for (int i = 0; i < 2 && more(parser) && hex_of(*parser->p) >= 0; i++)
		value = value * 16 + hex_of(*parser->p++);
	return value;
}

static int octal_escape(struct parser *parser)
{
	int value = 0;

	for (int i = 0; i < 2 && more(parser) && *parser->p >= '0' && *parser->p <= '7'; i++)
		value = value * 8 + (*parser->p++ - '0');
	return value;
}

/* The byte of an escape, whose letter has been taken; -1: it is not one byte. */
static int escaped_byte(struct parser *parser, char letter)
{
	bool is_alnum = hex_of(letter) >= 0 || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');

	if (!is_alnum)
		return (uint8_t)letter;
	switch (letter) {
	case 'a': return 7;
	case 'e': return 27;
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'x': return hex_escape(parser);
	case '0': return octal_escape(parser);
	case 'o': return take(parser, "{") ? braced(parser, 8) : -1;
	case 'c': {
		char c = peek(parser, 0);
		if (c < ' ' || c > '~')
			return -1;
		parser->p++;
		return (c >= 'a' && c <= 'z' ? c & 0xdf : c) ^ 0x40;
	}
	default: return -1;
	}
}

/* ---- classes */

/* One member of a class: a byte (returned), or a set that is put in (-1). */
static int member(struct parser *parser, uint64_t set[4])
{
	char c = *parser->p++;

	if (parser->quoted || (c != '\\' && c != '['))
		return (uint8_t)c;
	if (c == '[') {
		const char *end = peek(parser, 0) == ':'
			? memchr(parser->p + 1, ']', (size_t)(parser->end - parser->p - 1))
			: NULL;
		wq_str name = end && end > parser->p + 1 && end[-1] == ':'
			? wq_str_of(parser->p + 1, (size_t)(end - 1 - (parser->p + 1)))
			: WQ_S_NONE;

		if (!name.p || !put_posix(set, name, parser->options & CASELESS))
			return '[';
		parser->p = end + 1;
		return -1;
	}
	c = peek(parser, 0);
	if (parser->p >= parser->end) {
		parser->failed = true;
		return -1;
	}
	parser->p++;
	if (c == 'b')
		return '\b';
	if (put_kind(set, c))
		return -1;
	int byte = escaped_byte(parser, c);
	if (byte < 0)
		parser->failed = true;
	return byte;
}

/* \Q and \E, which stand for nothing. */
static void skip_quotes(struct parser *parser)
{
	for (;;) {
		if (take(parser, "\\E"))
			parser->quoted = false;
		else if (!parser->quoted && take(parser, "\\Q"))
			parser->quoted = true;
		else
			return;
	}
}

static void put_members(struct parser *parser, uint64_t set[4])
{
	bool is_first = true;

	for (;; is_first = false) {
		skip_quotes(parser);
		if (!more(parser)) {
			parser->failed = true;
			return;
		}
		if (!parser->quoted && *parser->p == ']' && !is_first) {
			parser->p++;
			return;
		}
		int from = member(parser, set), to = from;
		if (from < 0)
			continue;
		skip_quotes(parser);
		if (!parser->quoted && peek(parser, 0) == '-' && peek(parser, 1) != ']') {
			parser->p++;
			skip_quotes(parser);
			if (!more(parser))
				continue;
			if (*parser->p == ']' && !parser->quoted) { /* it ended a quote */
				wq_need_put(set, '-');
				wq_need_put(set, (uint8_t)from);
				continue;
			}
			to = member(parser, set);
			if (to < from) { /* a set behind a hyphen: the hyphen is one */
				wq_need_put(set, '-');
				to = from;
			}
		}
		put_range(set, (unsigned)from, (unsigned)to);
	}
}

static struct wq_need_node *class_of(struct parser *parser)
{
	struct wq_need_node *node = new_node(parser, WQ_NEED_BYTE);
	uint64_t set[4] = {0}, none[4] = {0};
	bool opposite;

	if (!node)
		return NULL;
	skip_quotes(parser);
	opposite = !parser->quoted && take(parser, "^");
	put_members(parser, set);
	if (parser->options & CASELESS)
		put_other_case(set);
	if (opposite)
		put_all_but(none, set);
	memcpy(node->set, opposite ? none : set, sizeof node->set);
	return parser->failed ? NULL : node;
}

/* ---- items */

static struct wq_need_node *byte_node(struct parser *parser, uint8_t byte)
{
	struct wq_need_node *node = new_node(parser, WQ_NEED_BYTE);

	if (!node)
		return NULL;
	wq_need_put(node->set, byte);
	if (parser->options & CASELESS)
		put_other_case(node->set);
	return node;
}

static struct wq_need_node *any_byte(struct parser *parser)
{
	struct wq_need_node *node = new_node(parser, WQ_NEED_BYTE);

	if (node)
		memset(node->set, 0xff, sizeof node->set);
	return node;
}

/* \R: \r\n or one byte of line ends. */
static struct wq_need_node *line_end(struct parser *parser)
{
	struct wq_need_node *both = new_node(parser, WQ_NEED_ALL), *one = new_node(parser, WQ_NEED_BYTE);
	struct wq_need_node *more_of = new_node(parser, WQ_NEED_REPEAT), *feed = byte_node(parser, '\n');

	if (parser->failed)
		return NULL;
	(void)put_kind(one->set, 'v');
	more_of->most = 1;
	adopt(more_of, feed);
	adopt(both, one);
	adopt(both, more_of);
	return both;
}

static struct wq_need_node *escape(struct parser *parser)
{
	struct wq_need_node *node;
	uint64_t set[4] = {0};
	char c = peek(parser, 0);

	if (!more(parser))
		return give_up(parser);
	parser->p++;
	if (put_kind(set, c)) {
		node = new_node(parser, WQ_NEED_BYTE);
		if (node)
			memcpy(node->set, set, sizeof set);
		return node;
	}
	switch (c) {
	case 'A': return new_node(parser, WQ_NEED_BEGIN);
	case 'z': return new_node(parser, WQ_NEED_END);
	case 'b':
	case 'B':
	case 'Z':
	case 'G':
	case 'K': return new_node(parser, WQ_NEED_NOTHING);
	case 'N': return peek(parser, 0) == '{' ? give_up(parser) : any_byte(parser);
	case 'C': return any_byte(parser);
	case 'R': return line_end(parser);
	default: break;
	}
	if (c >= '1' && c <= '9') { /* a group again; several digits may be a byte */
		bool is_long = peek(parser, 0) >= '0' && peek(parser, 0) <= '9';
		return is_long ? give_up(parser) : new_node(parser, WQ_NEED_ANYTHING);
	}
	int byte = escaped_byte(parser, c);
	return byte < 0 ? give_up(parser) : byte_node(parser, (uint8_t)byte);
}

/* Behind "(?": option letters, then ")" or ":". False: not that. `ret_group` says which. */
static bool take_options(struct parser *parser, bool *ret_group)
{
	const char *p = parser->p;
	unsigned options = parser->options;
	bool on = true;

	if (p < parser->end && *p == '^') {
		options &= ~(unsigned)(CASELESS | MULTILINE | EXTENDED);
		p++;
	}
	for (; p < parser->end && *p != ')' && *p != ':'; p++) {
		unsigned option = *p == 'i' ? CASELESS : *p == 'm' ? MULTILINE : *p == 'x' ? EXTENDED : 0;

		if (!strchr("imsxnJU-", *p) || (*p == 'x' && p + 1 < parser->end && p[1] == 'x'))
			return false;
		on = *p == '-' ? false : on;
		options = on ? options | option : options & ~option;
	}
	if (p == parser->end)
		return false;
	*ret_group = *p == ':';
	parser->options = options;
	parser->p = p + 1;
	return true;
}

static bool take_name(struct parser *parser)
{
	char end = take(parser, "P<") || take(parser, "<") ? '>' : take(parser, "'") ? '\'' : 0;

	if (!end)
		return false;
	while (more(parser) && *parser->p != end)
		parser->p++;
	return take(parser, end == '>' ? ">" : "'");
}

static bool take_look(struct parser *parser)
{
	static const char *const looks[] = {"=", "!", "*", "<=", "<!", "<*"};

	for (size_t i = 0; i < WQ_COUNT(looks); i++)
		if (take(parser, looks[i]))
			return true;
	return false;
}

/* Behind "(". Options set inside end with the group. */
static struct wq_need_node *group(struct parser *parser)
{
	unsigned before = parser->options;
	bool is_look = false, is_group = true;
	struct wq_need_node *node;

	if (peek(parser, 0) == '*' || parser->depth >= WQ_NEED_DEPTH_MAX)
		return give_up(parser);
	if (take(parser, "?")) {
		is_look = take_look(parser);
		if (!is_look && !take(parser, ":") && !take(parser, "|") && !take(parser, ">") && !take_name(parser) &&
			!take_options(parser, &is_group))
			return give_up(parser);
		if (!is_group) /* for the rest of the group around it */
			return new_node(parser, WQ_NEED_NOTHING);
	}
	parser->depth++;
	node = either_of(parser);
	parser->depth--;
	parser->options = before;
	if (parser->failed || !take(parser, ")"))
		return give_up(parser);
	return is_look ? new_node(parser, WQ_NEED_NOTHING) : node;
}

/* ---- what stands between items */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\x85'; /* NEL, in 8-bit mode as well */
}

/* Comments, the ends of quotes and, in extended mode, white space: an item and its quantifier may stand on both sides. */
static void skip(struct parser *parser)
{
	for (;;) {
		const char *from = parser->p;

		skip_quotes(parser);
		if (parser->quoted)
			return;
		if (take(parser, "(?#"))
			while (more(parser) && *parser->p++ != ')')
				;
		if (parser->options & EXTENDED) {
			while (more(parser) && is_space(*parser->p))
				parser->p++;
			if (take(parser, "#"))
				while (more(parser) && *parser->p++ != '\n')
					;
		}
		if (parser->p == from)
			return;
	}
}

static bool number(struct parser *parser, uint32_t *ret_n)
{
	const char *from = parser->p;
	uint32_t n = 0;

	while (more(parser) && *parser->p >= '0' && *parser->p <= '9' && n <= 65535)
		n = n * 10 + (uint32_t)(*parser->p++ - '0');
	*ret_n = n;
	return parser->p > from && n <= 65535;
}

/* "{2}", "{2,}", "{2,3}"; anything else is an ordinary brace, but what newer versions read as a quantifier is given up. */
static bool braces(struct parser *parser, uint32_t *least, uint32_t *most)
{
	const char *from = parser->p;

	if (!take(parser, "{"))
		return false;
	if (number(parser, least)) {
		*most = *least;
		if (take(parser, ",") && !number(parser, most) && peek(parser, 0) == '}')
			*most = WQ_NEED_ENDLESS;
		if (take(parser, "}"))
			return true;
	}
	parser->p = from + 1;
	while (more(parser) && (is_space(*parser->p) || *parser->p == ',' || (*parser->p >= '0' && *parser->p <= '9')))
		parser->p++;
	if (peek(parser, 0) == '}' && parser->p > from + 1)
		parser->failed = true;
	parser->p = from;
	return false;
}

static bool quantifier(struct parser *parser, uint32_t *least, uint32_t *most)
{
	*least = 0;
	*most = WQ_NEED_ENDLESS;
	if (take(parser, "?"))
		*most = 1;
	else if (take(parser, "+"))
		*least = 1;
	else if (!take(parser, "*") && !braces(parser, least, most))
		return false;
	if (!take(parser, "+"))
		(void)take(parser, "?");
	return true;
}

static struct wq_need_node *item(struct parser *parser)
{
	char c = *parser->p++;

	if (parser->quoted)
		return byte_node(parser, (uint8_t)c);
	switch (c) {
	case '(': return group(parser);
	case '[':
		if (take(parser, "[:<:]]") || take(parser, "[:>:]]")) /* where a word begins or ends */
			return new_node(parser, WQ_NEED_NOTHING);
		return class_of(parser);
	case '\\': return escape(parser);
	case '.': return any_byte(parser);
	case '^': return new_node(parser, parser->options & MULTILINE ? WQ_NEED_NOTHING : WQ_NEED_BEGIN);
	case '$': return new_node(parser, parser->options & MULTILINE ? WQ_NEED_NOTHING : WQ_NEED_END);
	default: return byte_node(parser, (uint8_t)c);
	}
}

static struct wq_need_node *repeated(struct parser *parser, struct wq_need_node *node)
{
	uint32_t least, most;

	for (skip(parser); more(parser) && !parser->quoted && quantifier(parser, &least, &most); skip(parser)) {
		struct wq_need_node *repeat = new_node(parser, WQ_NEED_REPEAT);

		if (!repeat)
			return NULL;
		repeat->least = least;
		repeat->most = most;
		adopt(repeat, node);
		node = repeat;
	}
	return node;
}

static struct wq_need_node *all_of(struct parser *parser)
{
	struct wq_need_node *all = new_node(parser, WQ_NEED_ALL);

	for (skip(parser); more(parser) && (parser->quoted || (*parser->p != '|' && *parser->p != ')')); skip(parser)) {
		struct wq_need_node *node = item(parser);

		if (node)
			node = repeated(parser, node);
		if (!node)
			return give_up(parser);
		adopt(all, node);
	}
	return all;
}

static struct wq_need_node *either_of(struct parser *parser)
{
	struct wq_need_node *either = new_node(parser, WQ_NEED_EITHER);

	do {
		struct wq_need_node *all = all_of(parser);

		if (parser->failed)
			return NULL;
		adopt(either, all);
	} while (take(parser, "|"));
	return either;
}

struct wq_need_node *wq_need_parse(struct wq_arena *arena, wq_str pattern, bool caseless)
{
	struct parser parser = {
		.arena = arena, .p = pattern.p, .end = pattern.p + pattern.n, .options = caseless ? CASELESS : 0};
	struct wq_need_node *tree = either_of(&parser);

	return parser.failed || parser.p != parser.end ? NULL : tree;
}
