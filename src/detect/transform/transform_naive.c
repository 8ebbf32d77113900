#include "detect/transform/transform_naive.h"

#include <ctype.h>

/* Code point and ASCII value, hexadecimal: code page 20127, and what was added to it. */
static const char naive_fits
	[] = "00a0:20 00a1:21 00a2:63 00a4:24 00a5:59 00a6:7c 00a9:43 00aa:61 00ab:3c 00ad:2d 00ae:52 00b2:32 00b3:33 "
	     "00b7:2e 00b8:2c 00b9:31 00ba:6f 00bb:3e 00c0:41 00c1:41 00c2:41 00c3:41 00c4:41 00c5:41 00c6:41 00c7:43 "
	     "00c8:45 00c9:45 00ca:45 00cb:45 00cc:49 00cd:49 00ce:49 00cf:49 00d0:44 00d1:4e 00d2:4f 00d3:4f 00d4:4f "
	     "00d5:4f 00d6:4f 00d8:4f 00d9:55 00da:55 00db:55 00dc:55 00dd:59 00e0:61 00e1:61 00e2:61 00e3:61 00e4:61 "
	     "00e5:61 00e6:61 00e7:63 00e8:65 00e9:65 00ea:65 00eb:65 00ec:69 00ed:69 00ee:69 00ef:69 00f1:6e 00f2:6f "
	     "00f3:6f 00f4:6f 00f5:6f 00f6:6f 00f8:6f 00f9:75 00fa:75 00fb:75 00fc:75 00fd:79 00ff:79 0100:41 0101:61 "
	     "0102:41 0103:61 0104:41 0105:61 0106:43 0107:63 0108:43 0109:63 010a:43 010b:63 010c:43 010d:63 010e:44 "
	     "010f:64 0110:44 0111:64 0112:45 0113:65 0114:45 0115:65 0116:45 0117:65 0118:45 0119:65 011a:45 011b:65 "
	     "011c:47 011d:67 011e:47 011f:67 0120:47 0121:67 0122:47 0123:67 0124:48 0125:68 0126:48 0127:68 0128:49 "
	     "0129:69 012a:49 012b:69 012c:49 012d:69 012e:49 012f:69 0130:49 0131:69 0134:4a 0135:6a 0136:4b 0137:6b "
	     "0139:4c 013a:6c 013b:4c 013c:6c 013d:4c 013e:6c 0141:4c 0142:6c 0143:4e 0144:6e 0145:4e 0146:6e 0147:4e "
	     "0148:6e 014c:4f 014d:6f 014e:4f 014f:6f 0150:4f 0151:6f 0152:4f 0153:6f 0154:52 0155:72 0156:52 0157:72 "
	     "0158:52 0159:72 015a:53 015b:73 015c:53 015d:73 015e:53 015f:73 0160:53 0161:73 0162:54 0163:74 0164:54 "
	     "0165:74 0166:54 0167:74 0168:55 0169:75 016a:55 016b:75 016c:55 016d:75 016e:55 016f:75 0170:55 0171:75 "
	     "0172:55 0173:75 0174:57 0175:77 0176:59 0177:79 0178:59 0179:5a 017b:5a 017c:7a 017d:5a 017e:7a 0180:62 "
	     "0189:44 0191:46 0192:66 0197:49 019a:6c 019f:4f 01a0:4f 01a1:6f 01ab:74 01ae:54 01af:55 01b0:75 01b6:7a "
	     "01cd:41 01ce:61 01cf:49 01d0:69 01d1:4f 01d2:6f 01d3:55 01d4:75 01d5:55 01d6:75 01d7:55 01d8:75 01d9:55 "
	     "01da:75 01db:55 01dc:75 01de:41 01df:61 01e4:47 01e5:67 01e6:47 01e7:67 01e8:4b 01e9:6b 01ea:4f 01eb:6f "
	     "01ec:4f 01ed:6f 01f0:6a 0261:67 02b9:27 02ba:22 02bc:27 02c4:5e 02c6:5e 02c8:27 02cb:60 02cd:5f 02dc:7e "
	     "0300:60 0302:5e 0303:7e 030e:22 0331:5f 0332:5f 2000:20 2001:20 2002:20 2003:20 2004:20 2005:20 2006:20 "
	     "2010:2d 2011:2d 2013:2d 2014:2d 2018:27 2019:27 201a:2c 201c:22 201d:22 201e:22 2022:2e 2026:2e 2032:27 "
	     "2035:60 2039:3c 203a:3e 2122:54 "
	     "2044:2f 2212:2d 2215:2f 2216:5c 2217:2a 2223:7c 2236:3a 223c:7e 2329:3c 232a:3e fe60:26 fe64:3c fe65:3e "
	     "fe68:5c ";

struct naive {
	wq_str in;
	size_t at;
	struct wq_buf *out;
};

static bool naive_has(const struct naive *n, size_t ahead)
{
	return n->at + ahead < n->in.n;
}

/* The byte so many places ahead, -1 after the end. */
static int naive_peek(const struct naive *n, size_t ahead)
{
	return naive_has(n, ahead) ? (uint8_t)n->in.p[n->at + ahead] : -1;
}

static bool naive_is(const struct naive *n, const char *word)
{
	return wq_str_starts(wq_str_from(n->in, n->at), wq_str_c(word));
}

static void naive_out(struct naive *n, int byte)
{
	wq_buf_byte(n->out, (uint8_t)byte);
}

static void naive_copy(struct naive *n)
{
	naive_out(n, naive_peek(n, 0));
	n->at++;
}

static int naive_digit(int c, int base)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

	for (int i = 0; i < base; i++)
		if (c == lower[i] || c == upper[i])
			return i;
	return -1;
}

/* Digits from `ahead` on, at most `most`; returns how many. */
static size_t naive_digits(const struct naive *n, size_t ahead, size_t most, int base, uint64_t *ret_value)
{
	size_t count = 0;

	for (*ret_value = 0; count < most && naive_digit(naive_peek(n, ahead + count), base) >= 0; count++) {
		*ret_value = *ret_value * (unsigned)base + (unsigned)naive_digit(naive_peek(n, ahead + count), base);
		if (*ret_value > 0x1000000)
			*ret_value = 0x1000000;
	}
	return count;
}

static void naive_put_code(struct naive *n, uint64_t code)
{
	char key[16];
	const char *fit;

	snprintf(key, sizeof key, "%04x:", (unsigned)code);
	fit = strstr(naive_fits, key);
	if (code < 0x80)
		naive_out(n, (int)code);
	else if (code >= 0xff01 && code <= 0xff5e)
		naive_out(n, (int)(code - 0xff01 + '!'));
	else if (fit && strlen(key) == 5)
		naive_out(n, naive_digit(fit[5], 16) * 16 + naive_digit(fit[6], 16));
	else if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		naive_put_code(n, 0xfffd);
	else if (code < 0x800)
		wq_buf_printf(n->out, "%c%c", (int)(0xc0 + code / 64), (int)(0x80 + code % 64));
	else if (code < 0x10000)
		wq_buf_printf(n->out, "%c%c%c", (int)(0xe0 + code / 4096), (int)(0x80 + code / 64 % 64),
			(int)(0x80 + code % 64));
	else
		wq_buf_printf(n->out, "%c%c%c%c", (int)(0xf0 + code / 262144), (int)(0x80 + code / 4096 % 64),
			(int)(0x80 + code / 64 % 64), (int)(0x80 + code % 64));
}

/* ---- decoders: each handles what stands at n->at ---- */

/* %uHHHH or \uHHHH, two of them for a pair of surrogates. */
static bool naive_unit(struct naive *n, int mark, bool any_case)
{
	uint64_t first, second;
	int u = naive_peek(n, 1);

	if (naive_peek(n, 0) != mark || !(u == 'u' || (any_case && u == 'U')) || naive_digits(n, 2, 4, 16, &first) < 4)
		return false;
	u = naive_peek(n, 7);
	if (first >= 0xd800 && first <= 0xdbff && naive_peek(n, 6) == mark && (u == 'u' || u == 'U') &&
		naive_digits(n, 8, 4, 16, &second) == 4 && second >= 0xdc00 && second <= 0xdfff) {
		naive_put_code(n, 0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00));
		n->at += 12;
	} else {
		naive_put_code(n, first);
		n->at += 6;
	}
	return true;
}

static void naive_url(struct naive *n)
{
	uint64_t value;

	if (naive_peek(n, 0) == '%' && naive_digits(n, 1, 2, 16, &value) == 2) {
		naive_out(n, (int)value);
		n->at += 3;
	} else if (naive_peek(n, 0) == '+') {
		naive_out(n, ' ');
		n->at++;
	} else {
		naive_copy(n);
	}
}

static void naive_url_uni(struct naive *n)
{
	if (!naive_unit(n, '%', true))
		naive_url(n);
}

static int naive_control(int c)
{
	return c == 'a'    ? 7
		: c == 'b' ? 8
		: c == 't' ? 9
		: c == 'n' ? 10
		: c == 'v' ? 11
		: c == 'f' ? 12
		: c == 'r' ? 13
			   : -1;
}

static void naive_escape(struct naive *n, bool js)
{
	uint64_t value;
	size_t digits;
	int next = naive_peek(n, 1);

	if (naive_peek(n, 0) != '\\' || next < 0) {
		naive_copy(n);
		return;
	}
	if (js && naive_unit(n, '\\', false))
		return;
	if ((next == 'x' || (!js && next == 'X')) && naive_digits(n, 2, 2, 16, &value) == 2) {
		naive_out(n, (int)value);
		n->at += 4;
		return;
	}
	digits = naive_digits(n, 1, 3, 8, &value);
	if (js && value > 255)
		digits = naive_digits(n, 1, 2, 8, &value);
	naive_out(n, digits > 0 ? (int)(value % 256) : naive_control(next) >= 0 ? naive_control(next) : next);
	n->at += digits > 0 ? 1 + digits : 2;
}

static void naive_css(struct naive *n)
{
	uint64_t value;
	size_t digits = naive_digits(n, 1, 6, 16, &value);

	if (naive_peek(n, 0) != '\\') {
		naive_copy(n);
		return;
	}
	n->at++;
	if (digits > 0) {
		naive_put_code(n, value);
		n->at += digits;
		if (naive_has(n, 0) && isspace(naive_peek(n, 0)))
			n->at++;
	} else if (naive_peek(n, 0) == '\n') {
		n->at++;
	} else if (naive_has(n, 0)) {
		naive_copy(n);
	}
}

/* "name;" or "name" of those that may do without the semicolon, in any case of letters. */
static bool naive_name(struct naive *n)
{
	static const struct {
		const char *name;
		int as;
	} loose[] = {{"quot", '"'}, {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"nbsp", ' '}},
	  strict[] = {{"Tab;", 9}, {"NewLine;", 10}, {"excl;", '!'}, {"num;", '#'}, {"dollar;", '$'}, {"percnt;", '%'},
		  {"apos;", 39}, {"lpar;", '('}, {"rpar;", ')'}, {"ast;", '*'}, {"midast;", '*'}, {"plus;", '+'},
		  {"comma;", ','}, {"period;", '.'}, {"sol;", '/'}, {"colon;", ':'}, {"semi;", ';'}, {"equals;", '='},
		  {"quest;", '?'}, {"commat;", '@'}, {"lsqb;", '['}, {"lbrack;", '['}, {"bsol;", 92}, {"rsqb;", ']'},
		  {"rbrack;", ']'}, {"Hat;", '^'}, {"lowbar;", '_'}, {"UnderBar;", '_'}, {"grave;", '`'},
		  {"DiacriticalGrave;", '`'}, {"lcub;", '{'}, {"lbrace;", '{'}, {"verbar;", '|'}, {"vert;", '|'},
		  {"VerticalLine;", '|'}, {"rcub;", '}'}, {"rbrace;", '}'}};
	wq_str rest = wq_str_from(n->in, n->at + 1);

	for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
		size_t length = strlen(loose[i].name);
		if (!wq_str_starts_nocase(rest, wq_str_c(loose[i].name)) ||
			(rest.n > length && isalnum((uint8_t)rest.p[length])))
			continue;
		naive_out(n, loose[i].as);
		n->at += 1 + length + (rest.n > length && rest.p[length] == ';');
		return true;
	}
	for (size_t i = 0; i < sizeof strict / sizeof strict[0]; i++)
		if (wq_str_starts(rest, wq_str_c(strict[i].name))) {
			naive_out(n, strict[i].as);
			n->at += 1 + strlen(strict[i].name);
			return true;
		}
	return false;
}

static void naive_html(struct naive *n)
{
	uint64_t value = 0;
	bool hex = naive_is(n, "&#x") || naive_is(n, "&#X");
	size_t digits = naive_is(n, "&#") ? naive_digits(n, hex ? 3 : 2, SIZE_MAX, hex ? 16 : 10, &value) : 0;

	if (digits > 0) {
		naive_put_code(n, value);
		n->at += (hex ? 3 : 2) + digits;
		if (naive_peek(n, 0) == ';')
			n->at++;
	} else if (naive_peek(n, 0) != '&' || !naive_name(n)) {
		naive_copy(n);
	}
}

static void naive_sql_hex(struct naive *n)
{
	uint64_t value;

	if (!(naive_is(n, "0x") || naive_is(n, "0X")) || naive_digits(n, 2, 2, 16, &value) < 2) {
		naive_copy(n);
		return;
	}
	for (n->at += 2; naive_digits(n, 0, 2, 16, &value) == 2; n->at += 2)
		naive_out(n, (int)value);
}

/* ---- utf8toUnicode ---- */

/* Length of the character of more than one byte that stands so far ahead, 0: none. */
static size_t naive_utf8(const struct naive *n, size_t ahead, uint64_t *ret_code)
{
	static const uint64_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int first = naive_peek(n, ahead);
	size_t length = first >= 0xf8 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;

	if (length == 0)
		return 0;
	*ret_code = (uint64_t)first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		int next = naive_peek(n, ahead + i);
		if (next < 0x80 || next > 0xbf)
			return 0;
		*ret_code = *ret_code * 64 + (unsigned)next % 64;
	}
	return *ret_code >= least[length] && *ret_code <= 0x10ffff && *ret_code / 0x800 != 0xd800 / 0x800 ? length : 0;
}

static bool naive_between(int c, int low, int high)
{
	return c >= low && c <= high;
}

static size_t naive_gb(const struct naive *n, size_t ahead)
{
	int b1 = naive_peek(n, ahead), b2 = naive_peek(n, ahead + 1), b3 = naive_peek(n, ahead + 2),
	    b4 = naive_peek(n, ahead + 3);

	if (!naive_between(b1, 0x81, 0xfe))
		return 0;
	if (naive_between(b2, 0x40, 0x7e) || naive_between(b2, 0x80, 0xfe))
		return 2;
	return naive_between(b2, '0', '9') && naive_between(b3, 0x81, 0xfe) && naive_between(b4, '0', '9') ? 4 : 0;
}

static void naive_unicode(struct naive *n)
{
	size_t utf8 = 0, gb = 0, length, to;
	uint64_t code;

	if (naive_peek(n, 0) < 0x80) {
		naive_copy(n);
		return;
	}
	while ((length = naive_utf8(n, utf8, &code)) > 0)
		utf8 += length;
	while ((length = naive_gb(n, gb)) > 0)
		gb += length;
	if (naive_peek(n, utf8) >= 0x80 && naive_peek(n, gb) < 0x80) {
		for (to = n->at + gb; n->at < to;)
			naive_copy(n);
		return;
	}
	to = n->at + (naive_peek(n, utf8) < 0x80 ? utf8 : 1 + (utf8 > gb ? utf8 : gb));
	while (n->at < to) {
		length = naive_utf8(n, 0, &code);
		if (length == 0) {
			naive_copy(n);
			continue;
		}
		if (code > 0xffff)
			wq_buf_printf(n->out, "%%u%04x%%u%04x", (unsigned)(0xd800 + (code - 0x10000) / 1024),
				(unsigned)(0xdc00 + (code - 0x10000) % 1024));
		else
			wq_buf_printf(n->out, "%%u%04x", (unsigned)code);
		n->at += length;
	}
}

/* ---- text ---- */

static bool naive_is_space(int c)
{
	return c >= 0 && c < 0x80 && isspace(c);
}

/* White space, U+00A0 in UTF-8, or the byte A0 between bytes of ASCII. */
static size_t naive_space(const struct naive *n)
{
	int c = naive_peek(n, 0), before = n->at > 0 ? (uint8_t)n->in.p[n->at - 1] : 0;

	if (naive_is(n, "\xc2\xa0"))
		return 2;
	return naive_is_space(c) || (c == 0xa0 && before < 0x80 && naive_peek(n, 1) < 0x80);
}

static void naive_remove_space(struct naive *n)
{
	if (naive_space(n) > 0)
		n->at += naive_space(n);
	else
		naive_copy(n);
}

static void naive_compress_space(struct naive *n)
{
	if (naive_space(n) == 0) {
		naive_copy(n);
		return;
	}
	while (naive_has(n, 0) && naive_space(n) > 0)
		n->at += naive_space(n);
	naive_out(n, ' ');
}

/* Characters that a shell drops; a run of separators (dropped ones inside it do not end it) is one space, which goes before / and (. */
static void naive_command(struct naive *n)
{
	static const char dropped[] = "\"'\\^", separators[] = " ,;\t\r\n";
	bool separated = false;

	for (; naive_has(n, 0); n->at++) {
		int c = naive_peek(n, 0);
		if (c > 0 && strchr(separators, c))
			separated = true;
		else if (!(c > 0 && strchr(dropped, c)))
			break;
	}
	if (separated && naive_peek(n, 0) != '/' && naive_peek(n, 0) != '(')
		naive_out(n, ' ');
	if (naive_has(n, 0))
		naive_out(n, naive_peek(n, 0) >= 0x80 ? naive_peek(n, 0) : tolower(naive_peek(n, 0)));
	n->at++;
}

/* To behind the next mark, or to the end: false. */
static bool naive_skip_past(struct naive *n, const char *mark, const char *other)
{
	for (; naive_has(n, 0); n->at++)
		if (naive_is(n, mark) || naive_is(n, other)) {
			n->at += naive_is(n, mark) ? strlen(mark) : strlen(other);
			return true;
		}
	return false;
}

static void naive_replace_comment(struct naive *n)
{
	if (!naive_is(n, "/*")) {
		naive_copy(n);
		return;
	}
	n->at += 2;
	naive_skip_past(n, "*/", "*/");
	naive_out(n, ' ');
}

static void naive_remove_comment(struct naive *n)
{
	if (naive_is(n, "/*") || naive_is(n, "<!--")) {
		n->at += naive_is(n, "/*") ? 2 : 4;
		if (!naive_skip_past(n, "*/", "-->"))
			naive_out(n, ' ');
	} else if (naive_is(n, "--") || naive_is(n, "#")) {
		n->at = n->in.n;
	} else {
		naive_copy(n);
	}
}

static void naive_remove_comment_mark(struct naive *n)
{
	static const char *const marks[] = {"<!--", "-->", "/*", "*/", "--", "#"};

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (naive_is(n, marks[i])) {
			n->at += strlen(marks[i]);
			return;
		}
	naive_copy(n);
}

/* A stack of segments. */
static void naive_path(struct naive *n, bool win)
{
	enum { MOST = 32768 };
	static wq_str stack[MOST];
	size_t count = 0;
	wq_str in = n->in, segment;
	bool absolute = in.n > 0 && (in.p[0] == '/' || (win && in.p[0] == '\\'));
	bool trailing = in.n > 0 && (in.p[in.n - 1] == '/' || (win && in.p[in.n - 1] == '\\'));

	for (size_t i = 0; i <= in.n; i++) {
		size_t from = i;
		while (i < in.n && in.p[i] != '/' && !(win && in.p[i] == '\\'))
			i++;
		segment = wq_str_of(in.p + from, i - from);
		if (segment.n == 0 || wq_str_eq(segment, WQ_S(".")))
			continue;
		if (!wq_str_eq(segment, WQ_S("..")))
			stack[count++] = segment;
		else if (count > 0 && !wq_str_eq(stack[count - 1], WQ_S("..")))
			count--;
		else if (!absolute)
			stack[count++] = segment;
		if (count == MOST)
			abort();
	}
	if (absolute)
		naive_out(n, '/');
	for (size_t i = 0; i < count; i++) {
		wq_buf_add(n->out, stack[i]);
		if (i + 1 < count || trailing)
			naive_out(n, '/');
	}
	n->at = in.n;
}

/* ---- codes ---- */

static const char naive_base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* By bits, eight at a time. */
static void naive_base64_decode(struct naive *n, bool forgiving)
{
	int bits = 0, byte = 0;

	for (; naive_has(n, 0); n->at++) {
		int c = naive_peek(n, 0);
		const char *found = c > 0 ? strchr(naive_base64, c) : NULL;
		if (!found && !forgiving && c != '\r' && c != '\n')
			break;
		for (int i = 5; found && i >= 0; i--) {
			byte = byte * 2 + ((found - naive_base64) >> i & 1);
			if (++bits == 8) {
				naive_out(n, byte);
				bits = byte = 0;
			}
		}
	}
	n->at = n->in.n;
}

static void naive_base64_encode(struct naive *n)
{
	uint64_t bits = 0;
	int have = 0;

	for (; naive_has(n, 0); n->at++) {
		bits = bits * 256 + (unsigned)naive_peek(n, 0);
		for (have += 8; have >= 6; have -= 6)
			naive_out(n, naive_base64[bits >> (have - 6) & 63]);
		bits &= (1u << have) - 1;
	}
	if (have > 0)
		naive_out(n, naive_base64[bits << (6 - have) & 63]);
	while (n->out->len % 4 != 0)
		naive_out(n, '=');
}

static void naive_hex_pair(struct naive *n)
{
	int value = 0;

	for (size_t i = 0; i < 2 && naive_has(n, 1); i++) {
		int c = naive_peek(n, i);
		value = value * 16 + (c >= 'A' ? (c & ~0x20) - 'A' + 10 : c - '0');
	}
	if (naive_has(n, 1))
		naive_out(n, value & 255);
	n->at += 2;
}

static void naive_parity(struct naive *n, int want)
{
	int ones = 0, c = naive_peek(n, 0);

	for (int i = 0; i < 8; i++)
		ones += c >> i & 1;
	naive_out(n, ones % 2 == want ? c & 0x7f : c | 0x80);
	n->at++;
}

/* One step of a transformation at n->at. False: it is not here. */
static bool naive_step(struct naive *n, enum wq_transform transform)
{
	int c = naive_peek(n, 0);

	switch (transform) {
	case WQ_T_BASE64_DECODE: naive_base64_decode(n, false); break;
	case WQ_T_BASE64_DECODE_EXT: naive_base64_decode(n, true); break;
	case WQ_T_BASE64_ENCODE: naive_base64_encode(n); break;
	case WQ_T_CMD_LINE: naive_command(n); break;
	case WQ_T_COMPRESS_WHITESPACE: naive_compress_space(n); break;
	case WQ_T_CSS_DECODE: naive_css(n); break;
	case WQ_T_ESCAPE_SEQ_DECODE: naive_escape(n, false); break;
	case WQ_T_HEX_DECODE: naive_hex_pair(n); break;
	case WQ_T_HEX_ENCODE:
		wq_buf_printf(n->out, "%02x", (unsigned)c);
		n->at++;
		break;
	case WQ_T_HTML_ENTITY_DECODE: naive_html(n); break;
	case WQ_T_JS_DECODE: naive_escape(n, true); break;
	case WQ_T_LENGTH: n->at = n->in.n; break;
	case WQ_T_LOWERCASE:
		naive_out(n, c < 0x80 ? tolower(c) : c);
		n->at++;
		break;
	case WQ_T_NORMALISE_PATH:
	case WQ_T_NORMALIZE_PATH: naive_path(n, false); break;
	case WQ_T_NORMALISE_PATH_WIN:
	case WQ_T_NORMALIZE_PATH_WIN: naive_path(n, true); break;
	case WQ_T_PARITY_EVEN_7BIT: naive_parity(n, 0); break;
	case WQ_T_PARITY_ODD_7BIT: naive_parity(n, 1); break;
	case WQ_T_PARITY_ZERO_7BIT:
		naive_out(n, c % 128);
		n->at++;
		break;
	case WQ_T_REMOVE_COMMENTS: naive_remove_comment(n); break;
	case WQ_T_REMOVE_COMMENTS_CHAR: naive_remove_comment_mark(n); break;
	case WQ_T_REMOVE_NULLS:
	case WQ_T_REPLACE_NULLS:
		if (c != 0)
			naive_copy(n);
		else if (n->at++, transform == WQ_T_REPLACE_NULLS)
			naive_out(n, ' ');
		break;
	case WQ_T_REMOVE_WHITESPACE: naive_remove_space(n); break;
	case WQ_T_REPLACE_COMMENTS: naive_replace_comment(n); break;
	case WQ_T_SQL_HEX_DECODE: naive_sql_hex(n); break;
	case WQ_T_TRIM:
	case WQ_T_TRIM_LEFT:
	case WQ_T_TRIM_RIGHT: naive_copy(n); break;
	case WQ_T_UPPERCASE:
		naive_out(n, c < 0x80 ? toupper(c) : c);
		n->at++;
		break;
	case WQ_T_URL_DECODE: naive_url(n); break;
	case WQ_T_URL_DECODE_UNI: naive_url_uni(n); break;
	case WQ_T_URL_ENCODE:
		if ((c < 0x80 && isalnum(c)) || c == '*')
			naive_out(n, c);
		else
			wq_buf_printf(n->out, c == ' ' ? "+" : "%%%02x", (unsigned)c);
		n->at++;
		break;
	case WQ_T_UTF8_TO_UNICODE: naive_unicode(n); break;
	case WQ_T_SHA1:
	case WQ_T_MD5:
	case WQ_T_COUNT:
	default: return false;
	}
	return true;
}

bool wq_transform_naive(enum wq_transform transform, wq_str in, struct wq_buf *out)
{
	bool left = transform == WQ_T_TRIM || transform == WQ_T_TRIM_LEFT;
	bool right = transform == WQ_T_TRIM || transform == WQ_T_TRIM_RIGHT;
	struct naive n = {.in = in, .out = out};

	while (left && naive_has(&n, 0) && naive_is_space(naive_peek(&n, 0)))
		n.at++;
	while (right && n.in.n > n.at && naive_is_space((uint8_t)n.in.p[n.in.n - 1]))
		n.in.n--;
	while (naive_has(&n, 0))
		if (!naive_step(&n, transform))
			return false;
	if (transform == WQ_T_LENGTH)
		wq_buf_printf(out, "%zu", in.n);
	return transform != WQ_T_SHA1 && transform != WQ_T_MD5;
}
