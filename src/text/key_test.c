#include "base/test.h"
#include "text/key.h"
#include "text/key_model.h"

#define HOST "www.example.gov.cn"
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const wq_str id_page[] = {WQ_S_INIT("id"), WQ_S_INIT("page")};
static const wq_str odd[] = {WQ_S_INIT("a b"), WQ_S_INIT("x[]")};
static const struct wq_key_policy refuse = {.query = WQ_KEY_QUERY_REFUSE};
static const struct wq_key_policy ignore = {.query = WQ_KEY_QUERY_IGNORE};
static const struct wq_key_policy keep = {.query = WQ_KEY_QUERY_KEEP};
static const struct wq_key_policy list = {.query = WQ_KEY_QUERY_LISTED, .listed = id_page, .listed_n = 2};
static const struct wq_key_policy list_odd = {.query = WQ_KEY_QUERY_LISTED, .listed = odd, .listed_n = 2};

/* Paths on HOST that are accepted, and what they become. */
static const struct {
	wq_str target;
	const char *path;
} paths[] = {
	{WQ_S_INIT("/"), "/"},
	{WQ_S_INIT("/a"), "/a"},
	{WQ_S_INIT("/a/"), "/a/"},
	{WQ_S_INIT("/A/b.HTML"), "/A/b.HTML"},
	{WQ_S_INIT("/a?"), "/a"},
	{WQ_S_INIT("/?"), "/"},
	/* dot segments */
	{WQ_S_INIT("/."), "/"},
	{WQ_S_INIT("/./"), "/"},
	{WQ_S_INIT("/a/."), "/a/"},
	{WQ_S_INIT("/a/./"), "/a/"},
	{WQ_S_INIT("/a/./b"), "/a/b"},
	{WQ_S_INIT("/./a/././b/."), "/a/b/"},
	{WQ_S_INIT("/a/.."), "/"},
	{WQ_S_INIT("/a/../"), "/"},
	{WQ_S_INIT("/a/../b"), "/b"},
	{WQ_S_INIT("/a/b/../c"), "/a/c"},
	{WQ_S_INIT("/a/b/.."), "/a/"},
	{WQ_S_INIT("/a/b/../.."), "/"},
	{WQ_S_INIT("/a/b/../../c/./d/.."), "/c/"},
	{WQ_S_INIT("/a/%2e"), "/a/"},
	{WQ_S_INIT("/a/%2e/b"), "/a/b"},
	{WQ_S_INIT("/a/%2e%2e/b"), "/b"},
	{WQ_S_INIT("/a/%2E%2e/b"), "/b"},
	{WQ_S_INIT("/a/.%2e/b"), "/b"},
	{WQ_S_INIT("/a/%2e./b"), "/b"},
	/* dots that are names */
	{WQ_S_INIT("/.a"), "/.a"},
	{WQ_S_INIT("/..a"), "/..a"},
	{WQ_S_INIT("/a."), "/a."},
	{WQ_S_INIT("/a.."), "/a.."},
	{WQ_S_INIT("/a./b"), "/a./b"},
	{WQ_S_INIT("/.well-known/x"), "/.well-known/x"},
	{WQ_S_INIT("/...a"), "/...a"},
	{WQ_S_INIT("/a.%20"), "/a.%20"},
	/* unreserved characters are never encoded */
	{WQ_S_INIT("/%61%62%63"), "/abc"},
	{WQ_S_INIT("/%41%5A%5a"), "/AZZ"},
	{WQ_S_INIT("/%30%39"), "/09"},
	{WQ_S_INIT("/%2D%2E%5F%7E"), "/-._~"},
	{WQ_S_INIT("/%7euser/"), "/~user/"},
	{WQ_S_INIT("/~user/"), "/~user/"},
	{WQ_S_INIT("/index%2ehtml"), "/index.html"},
	/* sub-delims, ":" and "@" */
	{WQ_S_INIT("/!$&'()*+,;=:@"), "/!$&'()*+,;=:@"},
	{WQ_S_INIT("/%21%24%26%27%28%29%2A%2B%2C%3D%3A%40"), "/!$&'()*+,=:@"},
	{WQ_S_INIT("/a+b"), "/a+b"},
	{WQ_S_INIT("/a%2bb"), "/a+b"},
	{WQ_S_INIT("/a%20b"), "/a%20b"},
	{WQ_S_INIT("/a:b"), "/a:b"},
	{WQ_S_INIT("/:80/a"), "/:80/a"},
	{WQ_S_INIT("/@a"), "/@a"},
	{WQ_S_INIT("/user@evil.com/"), "/user@evil.com/"},
	/* everything else is, in upper case */
	{WQ_S_INIT("/%3a%3F%5b%5d"), "/:%3F%5B%5D"},
	{WQ_S_INIT("/a%3fb"), "/a%3Fb"},
	{WQ_S_INIT("/a%23b"), "/a%23b"},
	{WQ_S_INIT("/[a]"), "/%5Ba%5D"},
	{WQ_S_INIT("/{a}|b^`"), "/%7Ba%7D%7Cb%5E%60"},
	{WQ_S_INIT("/<a>\""), "/%3Ca%3E%22"},
	{WQ_S_INIT("/%3ca%3e%22"), "/%3Ca%3E%22"},
	{WQ_S_INIT("/100%25"), "/100%25"},
	{WQ_S_INIT("/100%25/a"), "/100%25/a"},
	{WQ_S_INIT("/%25"), "/%25"},
	{WQ_S_INIT("/%25zz"), "/%25zz"},
	{WQ_S_INIT("/%252"), "/%252"},
	{WQ_S_INIT("/%252/5"), "/%252/5"},
	{WQ_S_INIT("/%25g5"), "/%25g5"},
	{WQ_S_INIT("/%25%25"), "/%25%25"},
	{WQ_S_INIT("/%25u00"), "/%25u00"},
	/* UTF-8 */
	{WQ_S_INIT("/%E6%94%BF%E5%8A%A1"), "/%E6%94%BF%E5%8A%A1"},
	{WQ_S_INIT("/%e6%94%bf%e5%8a%a1"), "/%E6%94%BF%E5%8A%A1"},
	{WQ_S_INIT("/政务"), "/%E6%94%BF%E5%8A%A1"},
	{WQ_S_INIT("/政%E5%8A%A1"), "/%E6%94%BF%E5%8A%A1"},
	{WQ_S_INIT("/\xe6%94\xbf"), "/%E6%94%BF"},
	{WQ_S_INIT("/%C3%A9"), "/%C3%A9"},
	{WQ_S_INIT("/%F0%A0%80%80"), "/%F0%A0%80%80"},
	{WQ_S_INIT("/%F4%8F%BF%BD"), "/%F4%8F%BF%BD"},
	{WQ_S_INIT("/%ED%9F%BF"), "/%ED%9F%BF"},
	{WQ_S_INIT("/%EE%80%80"), "/%EE%80%80"},
	{WQ_S_INIT("/%C2%A0"), "/%C2%A0"},
	{WQ_S_INIT("/%EF%BB%BF"), "/%EF%BB%BF"},
	/* parameters that are none of ours to judge */
	{WQ_S_INIT("/a;b"), "/a;b"},
	{WQ_S_INIT("/a;jsessionid=1F?"), "/a;jsessionid=1F"},
	{WQ_S_INIT("/a;x/../b"), "/b"},
	{WQ_S_INIT("/a;x/b"), "/a;x/b"},
	{WQ_S_INIT("/.a;b"), "/.a;b"},
	{WQ_S_INIT("/a..;b"), "/a..;b"},
	/* long, but not too long */
	{WQ_S_INIT("/" A50 A50 A50 A50 A50 A50 A50 A50 "/" A50), "/" A50 A50 A50 A50 A50 A50 A50 A50 "/" A50},
};

/* Targets on HOST that are refused without regard to the policy. */
static const struct {
	wq_str target;
	enum wq_key_reason reason;
} refused[] = {
	/* no path */
	{WQ_S_INIT(""), WQ_KEY_NO_PATH},
	{WQ_S_INIT("a"), WQ_KEY_NO_PATH},
	{WQ_S_INIT("*"), WQ_KEY_NO_PATH},
	{WQ_S_INIT("?a=1"), WQ_KEY_NO_PATH},
	{WQ_S_INIT("?"), WQ_KEY_NO_PATH},
	{WQ_S_INIT(".."), WQ_KEY_NO_PATH},
	{WQ_S_INIT("../a"), WQ_KEY_NO_PATH},
	{WQ_S_INIT("%2f"), WQ_KEY_NO_PATH},
	{WQ_S_INIT("%2Fa"), WQ_KEY_NO_PATH},
	{WQ_S_INIT("\\a"), WQ_KEY_NO_PATH},
	{WQ_S_INIT("http://www.example.gov.cn/a"), WQ_KEY_NO_PATH},
	{WQ_S_INIT("www.example.gov.cn:443"), WQ_KEY_NO_PATH},
	/* percent */
	{WQ_S_INIT("/%"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%2"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%g1"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%1g"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/a%"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%%32%65"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%-1"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%+1"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%0x"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/100%/a"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%u002e%u002e/a"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%u2215etc"), WQ_KEY_BAD_PERCENT},
	{WQ_S_INIT("/%?a"), WQ_KEY_BAD_PERCENT},
	/* separators in disguise */
	{WQ_S_INIT("/%2f"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a%2fb"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a%2Fb"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a/..%2fb"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a/%2e%2e%2fb"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a%3Bb"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a/..%3bb/c"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a/..%3b/c"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a／b"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a%EF%BC%8Fb"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a%E2%88%95b"), WQ_KEY_ENCODED_SEPARATOR},
	{WQ_S_INIT("/a%E2%81%84b"), WQ_KEY_ENCODED_SEPARATOR},
	/* backslash */
	{WQ_S_INIT("/\\"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/a\\b"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/a\\..\\b"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/..\\a"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/%5c"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/a%5Cb"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/a/..%5c..%5cb"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/a＼b"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/a%EF%BC%BCb"), WQ_KEY_BACKSLASH},
	{WQ_S_INIT("/a%E2%88%96b"), WQ_KEY_BACKSLASH},
	/* double encoding */
	{WQ_S_INIT("/%252e%252e/a"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%252f"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%255c"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%2500"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%2541"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%25252e"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%25%32%65"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%25%32e"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%252%65"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%25c0%25ae"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%25u002e"), WQ_KEY_DOUBLE_ENCODING},
	{WQ_S_INIT("/%25U2215"), WQ_KEY_DOUBLE_ENCODING},
	/* control bytes */
	{WQ_S_INIT("/a\0b"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a%00"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a%00.html"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a b"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a\tb"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a\r\nX: y"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a\x7f"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a\x01"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a\x1b[2J"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a%0d%0aX:%20y"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a%09"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a%1F"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a%7f"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a%C2%85"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a%C2%80"), WQ_KEY_CONTROL},
	{WQ_S_INIT(" /a"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a "), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a?b c"), WQ_KEY_CONTROL},
	{WQ_S_INIT("/a?b\n"), WQ_KEY_CONTROL},
	/* no UTF-8 */
	{WQ_S_INIT("/%c0%ae%c0%ae/a"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%c0%af"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/\xc0\xaf"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%c1%9c"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%e0%80%ae"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%e0%80%af"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%f0%80%80%ae"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%f8%80%80%80%ae"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%ff"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%fe"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%80"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%bf/a"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%e6"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%e6%94"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%e6%94/a"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%e6/%94%bf"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%f0%a0%80"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%ed%a0%80"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%ed%bf%bf"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%ed%a0%80%ed%b0%80"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%f4%90%80%80"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%c0%80"), WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("/%D5%FE%CE%F1"), WQ_KEY_BAD_UTF8}, /* 政务 in GBK */
	{WQ_S_INIT("/\xd5\xfe\xce\xf1"), WQ_KEY_BAD_UTF8},
	/* empty segments */
	{WQ_S_INIT("//"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("//a"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("//evil.com/a"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/a//b"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/a//"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/a//../b"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/a/.//b"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/a/..//b"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("///"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/;"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/;a/b"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/a/;/../b"), WQ_KEY_EMPTY_SEGMENT},
	{WQ_S_INIT("/a/;x=1"), WQ_KEY_EMPTY_SEGMENT},
	/* dot segments to somebody */
	{WQ_S_INIT("/a/..;/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/..;x=1/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/.;/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/.;x"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/..;/"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/..;"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/%2e%2e;/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/.%2e;/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/..;/..;/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/..;;/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/..."), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/.../b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/..../b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/..%20/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/%20../b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/.%20./b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/%20/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/．．/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/%EF%BC%8E%EF%BC%8E/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/.%EF%BC%8E/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/%E2%80%A5/b"), WQ_KEY_DOT_PARAMETER},
	{WQ_S_INIT("/a/%E2%80%A4%E2%80%A4/b"), WQ_KEY_DOT_PARAMETER},
	/* above the root */
	{WQ_S_INIT("/.."), WQ_KEY_ABOVE_ROOT},
	{WQ_S_INIT("/../"), WQ_KEY_ABOVE_ROOT},
	{WQ_S_INIT("/../etc/passwd"), WQ_KEY_ABOVE_ROOT},
	{WQ_S_INIT("/a/../.."), WQ_KEY_ABOVE_ROOT},
	{WQ_S_INIT("/a/../../a"), WQ_KEY_ABOVE_ROOT},
	{WQ_S_INIT("/./../a"), WQ_KEY_ABOVE_ROOT},
	{WQ_S_INIT("/%2e%2e/a"), WQ_KEY_ABOVE_ROOT},
	{WQ_S_INIT("/%2e./a"), WQ_KEY_ABOVE_ROOT},
	{WQ_S_INIT("/a/b/../../../c"), WQ_KEY_ABOVE_ROOT},
	/* fragments */
	{WQ_S_INIT("/#"), WQ_KEY_FRAGMENT},
	{WQ_S_INIT("/a#b"), WQ_KEY_FRAGMENT},
	{WQ_S_INIT("/a?b#c"), WQ_KEY_FRAGMENT},
	{WQ_S_INIT("#/a"), WQ_KEY_FRAGMENT},
	{WQ_S_INIT("/a#/../b"), WQ_KEY_FRAGMENT},
};

static const struct {
	const struct wq_key_policy *policy;
	wq_str target;
	const char *path; /* NULL: refused */
	enum wq_key_reason reason;
} queries[] = {
	{NULL, WQ_S_INIT("/a"), "/a", 0},
	{NULL, WQ_S_INIT("/a?b"), NULL, WQ_KEY_BAD_QUERY},
	{&refuse, WQ_S_INIT("/a?b=1"), NULL, WQ_KEY_BAD_QUERY},
	{&refuse, WQ_S_INIT("/a??"), NULL, WQ_KEY_BAD_QUERY},
	{&refuse, WQ_S_INIT("/a?&"), NULL, WQ_KEY_BAD_QUERY},
	{&ignore, WQ_S_INIT("/a?b=1"), "/a", 0},
	{&ignore, WQ_S_INIT("/a?%"), "/a", 0},
	{&ignore, WQ_S_INIT("/a?../../b"), "/a", 0},
	{&ignore, WQ_S_INIT("/a?\\"), "/a", 0},
	{&ignore, WQ_S_INIT("/a?b#c"), NULL, WQ_KEY_FRAGMENT},
	{&keep, WQ_S_INIT("/a?"), "/a", 0},
	{&keep, WQ_S_INIT("/a?b"), "/a?b", 0},
	{&keep, WQ_S_INIT("/a?b="), "/a?b=", 0},
	{&keep, WQ_S_INIT("/a?b=1&c=2"), "/a?b=1&c=2", 0},
	{&keep, WQ_S_INIT("/a?c=2&b=1"), "/a?c=2&b=1", 0},
	{&keep, WQ_S_INIT("/a?b=1&b=2"), "/a?b=1&b=2", 0},
	{&keep, WQ_S_INIT("/a?%62=%31"), "/a?b=1", 0},
	{&keep, WQ_S_INIT("/a?b=%e6%94%bf"), "/a?b=%E6%94%BF", 0},
	{&keep, WQ_S_INIT("/a?b=政"), "/a?b=%E6%94%BF", 0},
	{&keep, WQ_S_INIT("/a?b=%d5%fe"), "/a?b=%D5%FE", 0},
	{&keep, WQ_S_INIT("/a?b=\xd5\xfe"), "/a?b=%D5%FE", 0},
	{&keep, WQ_S_INIT("/a?b=1+2"), "/a?b=1+2", 0},
	{&keep, WQ_S_INIT("/a?b=1%2b2"), "/a?b=1%2B2", 0},
	{&keep, WQ_S_INIT("/a?b=1%202"), "/a?b=1%202", 0},
	{&keep, WQ_S_INIT("/a?b=%26c"), "/a?b=%26c", 0},
	{&keep, WQ_S_INIT("/a?b=%3d"), "/a?b=%3D", 0},
	{&keep, WQ_S_INIT("/a?b=1;c=2"), "/a?b=1;c=2", 0},
	{&keep, WQ_S_INIT("/a?b=1%3bc=2"), "/a?b=1%3Bc=2", 0},
	{&keep, WQ_S_INIT("/a?b[]=1"), "/a?b%5B%5D=1", 0},
	{&keep, WQ_S_INIT("/a?u=http://x/?y"), "/a?u=http://x/?y", 0},
	{&keep, WQ_S_INIT("/a?u=http%3a%2f%2fx"), "/a?u=http%3A%2F%2Fx", 0},
	{&keep, WQ_S_INIT("/a?../b"), "/a?../b", 0},
	{&keep, WQ_S_INIT("/a?b=%"), NULL, WQ_KEY_BAD_QUERY},
	{&keep, WQ_S_INIT("/a?b=%4"), NULL, WQ_KEY_BAD_QUERY},
	{&keep, WQ_S_INIT("/a?b=%u4e00"), NULL, WQ_KEY_BAD_QUERY},
	{&keep, WQ_S_INIT("/a?b=%00"), NULL, WQ_KEY_BAD_QUERY},
	{&keep, WQ_S_INIT("/a?b=%252f"), NULL, WQ_KEY_BAD_QUERY},
	{&keep, WQ_S_INIT("/a?b=%25%32f"), NULL, WQ_KEY_BAD_QUERY},
	{&keep, WQ_S_INIT("/a?b=100%25"), "/a?b=100%25", 0},
	{&keep, WQ_S_INIT("/a?b=\\"), NULL, WQ_KEY_BACKSLASH},
	{&keep, WQ_S_INIT("/a?b=%5c"), "/a?b=%5C", 0},
	{&keep, WQ_S_INIT("/a/../b?c"), "/b?c", 0},
	{&list, WQ_S_INIT("/a"), "/a", 0},
	{&list, WQ_S_INIT("/a?x=1"), "/a", 0},
	{&list, WQ_S_INIT("/a?id=1"), "/a?id=1", 0},
	{&list, WQ_S_INIT("/a?page=2&id=1"), "/a?id=1&page=2", 0},
	{&list, WQ_S_INIT("/a?page=2"), "/a?page=2", 0},
	{&list, WQ_S_INIT("/a?id=1&id=2"), "/a?id=1", 0},
	{&list, WQ_S_INIT("/a?x=%&id=1"), "/a?id=1", 0},
	{&list, WQ_S_INIT("/a?&&id=1&"), "/a?id=1", 0},
	{&list, WQ_S_INIT("/a?%69%64=1"), "/a?id=1", 0},
	{&list, WQ_S_INIT("/a?i%64=%31"), "/a?id=1", 0},
	{&list, WQ_S_INIT("/a?ID=1"), "/a", 0},
	{&list, WQ_S_INIT("/a?idx=1"), "/a", 0},
	{&list, WQ_S_INIT("/a?i=1"), "/a", 0},
	{&list, WQ_S_INIT("/a?id"), "/a?id", 0},
	{&list, WQ_S_INIT("/a?id="), "/a?id=", 0},
	{&list, WQ_S_INIT("/a?id=a=b"), "/a?id=a=b", 0},
	{&list, WQ_S_INIT("/a?id=1;page=2"), NULL, WQ_KEY_BAD_QUERY},
	{&list, WQ_S_INIT("/a?x=1;id=2"), "/a", 0},
	{&list, WQ_S_INIT("/a?id=%"), NULL, WQ_KEY_BAD_QUERY},
	{&list, WQ_S_INIT("/a?id=%00"), NULL, WQ_KEY_BAD_QUERY},
	{&list, WQ_S_INIT("/a?id=%2541"), NULL, WQ_KEY_BAD_QUERY},
	{&list, WQ_S_INIT("/a?id=%26page=2"), "/a?id=%26page=2", 0},
	{&list, WQ_S_INIT("/a??id=1"), "/a", 0},
	{&list_odd, WQ_S_INIT("/a?a+b=1&x[]=2"), "/a?a%20b=1&x%5B%5D=2", 0},
	{&list_odd, WQ_S_INIT("/a?x%5b%5D=2&a%20b=1"), "/a?a%20b=1&x%5B%5D=2", 0},
};

static const struct {
	wq_str host;
	const char *name; /* NULL: refused */
	enum wq_key_reason reason;
} hosts[] = {
	{WQ_S_INIT("www.example.gov.cn"), "www.example.gov.cn", 0},
	{WQ_S_INIT("WWW.Example.GOV.cn"), "www.example.gov.cn", 0},
	{WQ_S_INIT("www.example.gov.cn."), "www.example.gov.cn", 0},
	{WQ_S_INIT("www.example.gov.cn:80"), "www.example.gov.cn", 0},
	{WQ_S_INIT("www.example.gov.cn:8443"), "www.example.gov.cn", 0},
	{WQ_S_INIT("www.example.gov.cn.:8443"), "www.example.gov.cn", 0},
	{WQ_S_INIT("www.example.gov.cn:"), "www.example.gov.cn", 0},
	{WQ_S_INIT("www.example.gov.cn:65535"), "www.example.gov.cn", 0},
	{WQ_S_INIT("localhost"), "localhost", 0},
	{WQ_S_INIT("a_b.example.cn"), "a_b.example.cn", 0},
	{WQ_S_INIT("a--b.cn"), "a--b.cn", 0},
	{WQ_S_INIT("3.cn"), "3.cn", 0},
	{WQ_S_INIT("xxx.xn--zfr164b"), "xxx.xn--zfr164b", 0},
	{WQ_S_INIT("XXX.XN--ZFR164B"), "xxx.xn--zfr164b", 0},
	{WQ_S_INIT("xxx.政务"), "xxx.xn--zfr164b", 0},
	{WQ_S_INIT("XXX.政务:443"), "xxx.xn--zfr164b", 0},
	{WQ_S_INIT("xxx。政务"), "xxx.xn--zfr164b", 0},
	{WQ_S_INIT("xxx．政务."), "xxx.xn--zfr164b", 0},
	{WQ_S_INIT("ｗｗｗ.example.gov.cn"), "www.example.gov.cn", 0},
	{WQ_S_INIT("www.公益"), "www.xn--55qw42g", 0},
	{WQ_S_INIT("stra\xc3\x9f"
		   "e.de"),
		"xn--strae-oqa.de", 0}, /* non-transitional */
	{WQ_S_INIT("127.0.0.1"), "127.0.0.1", 0},
	{WQ_S_INIT("127.0.0.1:8080"), "127.0.0.1", 0},
	{WQ_S_INIT("127.0.0.1."), "127.0.0.1", 0},
	{WQ_S_INIT("１２７.0.0.1"), "127.0.0.1", 0},
	{WQ_S_INIT("[::1]"), "[::1]", 0},
	{WQ_S_INIT("[::1]:8080"), "[::1]", 0},
	{WQ_S_INIT("[0:0:0:0:0:0:0:1]"), "[::1]", 0},
	{WQ_S_INIT("[2001:DB8::00aB]"), "[2001:db8::ab]", 0},
	{WQ_S_INIT("[::ffff:1.2.3.4]"), "[::ffff:1.2.3.4]", 0},
	{WQ_S_INIT("[::ffff:102:304]:"), "[::ffff:1.2.3.4]", 0},
	{WQ_S_INIT(""), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("."), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT(":80"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a..b"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT(".a.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn.."), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("-a.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a-.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a b.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT(" a.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn "), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn\t"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a\0.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn\r\nX: y"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("user@a.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("user:pw@a.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("gov.cn@evil.com"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn/b"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn\\b"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn?b"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn#b"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a%2ecn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("%77ww.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn,b.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("*.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn:80:80"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn:99999"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn:080000"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn:-1"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn:http"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn:80 "), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.cn：80"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("127.1"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("2130706433"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("0x7f000001"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("0177.0.0.1"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("127.0.0.01"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("127.0.0.256"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("1.2.3.4.5"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.0x1"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("a.1"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("::1"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[]"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[::1"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[::1]x"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[::1].cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[::1%25eth0]"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[fe80::1%eth0]"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[1.2.3.4]"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[::1]:99999"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[v1.a]"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("[::\0]"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("℀.cn"), NULL, WQ_KEY_BAD_HOST}, /* maps to a/c */
	{WQ_S_INIT("a\xe2\x84\xa0.cn\xef\xbc\x8f"
		   "b"),
		NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT("\xd5\xfe\xce\xf1.cn"), NULL, WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("\xc0\xae.cn"), NULL, WQ_KEY_BAD_UTF8},
	{WQ_S_INIT("\xed\xa0\x80.cn"), NULL, WQ_KEY_BAD_UTF8},
	{WQ_S_INIT(A50 "aaaaaaaaaaaaa.cn"), A50 "aaaaaaaaaaaaa.cn", 0},
	{WQ_S_INIT(A50 "aaaaaaaaaaaaaa.cn"), NULL, WQ_KEY_BAD_HOST},
	{WQ_S_INIT(A50 "." A50 "." A50 "." A50 "." A50 ".cn"), NULL, WQ_KEY_TOO_LONG},
};

static void check_models(wq_str target, wq_str key)
{
	wq_str host, path;

	wq_key_split(key, &host, &path);
	path = wq_str_cut(&path, '?');
	for (int model = 0; model < WQ_MODEL_COUNT; model++)
		if (!wq_model_same((enum wq_key_model)model, wq_str_cut(&(wq_str){target.p, target.n}, '?'), path))
			fail_msg("model %d sees another resource: %.*s", model, WQ_S_ARG(target));
}

static void check_again(wq_str key, const struct wq_key_policy *policy)
{
	WQ_BUF(again, WQ_KEY_MAX);
	wq_str host, target;

	wq_key_split(key, &host, &target);
	assert_ok(wq_key_make(host, target, policy, &again, NULL));
	assert_str(wq_buf_str(&again), key);
}

/* One spelling: `expected` NULL means that it is refused for `reason`. */
static void check_one(
	wq_str target, const struct wq_key_policy *policy, const char *expected, enum wq_key_reason reason)
{
	WQ_BUF(key, WQ_KEY_MAX);
	enum wq_key_reason got = WQ_KEY_SNI_DIFFERS;
	wq_err e = wq_key_make(WQ_S(HOST), target, policy, &key, &got);
	char text[1024];

	if (!expected) {
		bool not_found = reason == WQ_KEY_BAD_QUERY && (!policy || policy->query == WQ_KEY_QUERY_REFUSE);

		if (got != reason || !wq_is(e, not_found ? WQ_E_NOT_FOUND : WQ_E_AMBIGUOUS) || key.len != 0)
			fail_msg("%.*s: %s (%s) instead of %s", WQ_S_ARG(target), wq_key_reason_text(got),
				wq_err_name(e), wq_key_reason_text(reason));
		return;
	}
	if (wq_failed(e) || got != WQ_KEY_FINE)
		fail_msg("%.*s: refused: %s", WQ_S_ARG(target), wq_key_reason_text(got));
	snprintf(text, sizeof(text), "%s%s", HOST, expected);
	assert_str(wq_buf_str(&key), wq_str_c(text));
	check_again(wq_buf_str(&key), policy);
	check_again(wq_buf_str(&key), &keep);
	check_models(target, wq_buf_str(&key));
}

static void paths_are_made_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(paths); i++)
		check_one(paths[i].target, NULL, paths[i].path, WQ_KEY_FINE);
}

static void ambiguous_targets_are_refused(void **state)
{
	const struct wq_key_policy *policies[] = {&ignore, &keep, &list};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(refused); i++)
		for (size_t k = 0; k < WQ_COUNT(policies); k++)
			check_one(refused[i].target, policies[k], NULL, refused[i].reason);
}

static void queries_follow_the_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(queries); i++)
		check_one(queries[i].target, queries[i].policy, queries[i].path, queries[i].reason);
}

static void hosts_are_made_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(hosts); i++) {
		char out[WQ_HOST_MAX + 1], again[WQ_HOST_MAX + 1];
		size_t n = 999, again_n = 0;
		enum wq_key_reason got = wq_key_host(hosts[i].host, out, &n);

		if (got != (hosts[i].name ? WQ_KEY_FINE : hosts[i].reason))
			fail_msg("%.*s: %s", WQ_S_ARG(hosts[i].host), wq_key_reason_text(got));
		if (!hosts[i].name) {
			assert_int_equal(n, 999);
			continue;
		}
		assert_str(wq_str_of(out, n), wq_str_c(hosts[i].name));
		assert_int_equal(wq_key_host(wq_str_of(out, n), again, &again_n), WQ_KEY_FINE);
		assert_str(wq_str_of(again, again_n), wq_str_of(out, n));
	}
}

static void the_table_is_as_long_as_promised(void **state)
{
	(void)state;
	assert_true(WQ_COUNT(paths) + WQ_COUNT(refused) + WQ_COUNT(queries) + WQ_COUNT(hosts) >= 200);
}

static void long_ones_are_over_the_limit(void **state)
{
	static char target[3 * WQ_KEY_MAX + 2];
	enum wq_key_reason reason;

	(void)state;
	memset(target, 'a', sizeof(target));
	target[0] = '/';
	for (size_t n = WQ_KEY_MAX - 30; n < sizeof(target) + 1; n++) {
		WQ_BUF(key, WQ_KEY_MAX);
		wq_err e = wq_key_make(WQ_S(HOST), wq_str_of(target, n), NULL, &key, &reason);
		bool fits = n + strlen(HOST) <= WQ_KEY_MAX;

		assert_true(fits ? !wq_failed(e) : wq_is(e, WQ_E_LIMIT));
		assert_int_equal(reason, fits ? WQ_KEY_FINE : WQ_KEY_TOO_LONG);
		assert_int_equal(key.len, fits ? n + strlen(HOST) : 0);
		if (n == WQ_KEY_MAX + 30)
			n = sizeof(target) - 3;
	}
}

static void appends_without_allocating(void **state)
{
	WQ_BUF(key, 64);
	unsigned char *before;

	(void)state;
	wq_buf_add(&key, WQ_S("get "));
	assert_non_null(wq_buf_reserve(&key, 40));
	before = key.data;
	assert_ok(wq_key_make(WQ_S("A.cn:1"), WQ_S("/b/../c"), NULL, &key, NULL));
	assert_str(wq_buf_str(&key), WQ_S("get a.cn/c"));
	assert_ptr_equal(key.data, before);
	assert_err(wq_key_make(WQ_S("a.cn"), WQ_S("/" A50 A50), NULL, &key, NULL), WQ_E_LIMIT);
	assert_int_equal(key.len, 10);
}

static void absolute_forms_are_taken_apart(void **state)
{
	static const struct {
		wq_str target;
		const char *host, *path;
	} rows[] = {
		{WQ_S_INIT("http://a.cn/b?c"), "a.cn", "/b?c"},
		{WQ_S_INIT("HTTPS://a.cn:8443/"), "a.cn:8443", "/"},
		{WQ_S_INIT("http://a.cn"), "a.cn", "/"},
		{WQ_S_INIT("http://u@a.cn/"), "u@a.cn", "/"},
		{WQ_S_INIT("http:///a"), "", "/a"},
		{WQ_S_INIT("http://a.cn?b"), NULL, NULL},
		{WQ_S_INIT("http://a.cn#b"), NULL, NULL},
		{WQ_S_INIT("ftp://a.cn/"), NULL, NULL},
		{WQ_S_INIT("http:/a.cn/"), NULL, NULL},
		{WQ_S_INIT("/a"), NULL, NULL},
		{WQ_S_INIT("a.cn:443"), NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_str host, path;
		enum wq_key_reason reason = wq_key_absolute(rows[i].target, &host, &path);

		assert_int_equal(reason, rows[i].host ? WQ_KEY_FINE : WQ_KEY_NO_PATH);
		if (!rows[i].host)
			continue;
		assert_str(host, wq_str_c(rows[i].host));
		assert_str(path, wq_str_c(rows[i].path));
	}
}

static void hello_and_header_name_one_host(void **state)
{
	(void)state;
	assert_int_equal(wq_key_sni(WQ_S("A.cn:443"), WQ_S("a.CN")), WQ_KEY_FINE);
	assert_int_equal(wq_key_sni(WQ_S("政务.cn"), WQ_S("xn--zfr164b.cn")), WQ_KEY_FINE);
	assert_int_equal(wq_key_sni(WQ_S("a.cn"), WQ_S_NONE), WQ_KEY_FINE);
	assert_int_equal(wq_key_sni(WQ_S("a.cn"), WQ_S("b.cn")), WQ_KEY_SNI_DIFFERS);
	assert_int_equal(wq_key_sni(WQ_S("a.cn"), WQ_S("a.cn/")), WQ_KEY_SNI_DIFFERS);
	assert_int_equal(wq_key_sni(WQ_S("a.cn@b.cn"), WQ_S("b.cn")), WQ_KEY_BAD_HOST);
}

static void parameters_are_pointed_out(void **state)
{
	(void)state;
	assert_true(wq_key_has_parameter(WQ_S("a.cn/admin;x/b")));
	assert_false(wq_key_has_parameter(WQ_S("a.cn/admin?a;b")));
	assert_false(wq_key_has_parameter(WQ_S("a.cn/admin")));
}

static void queries_for_an_origin_have_one_spelling(void **state)
{
	static const struct {
		const char *query, *expected; /* NULL: none */
	} table[] = {
		{"", ""},
		{"a=1&b=2", "a=1&b=2"},
		{"q=%e4%b8%ad", "q=%E4%B8%AD"},
		{"%7Ea=%41", "~a=A"},
		{"u=http%253A%252F%252Fx", "u=http%253A%252F%252Fx"},
		{"a b\"<>", "a%20b%22%3C%3E"},
		{"\xc4\xe3", "%C4%E3"},
		{"a=%", NULL},
		{"a=%4", NULL},
		{"a=%zz", NULL},
		{"a=%00", NULL},
		{"a\\b", NULL},
	};
	WQ_BUF(out, 256 * 1024);
	WQ_BUF(long_query, 64 * 1024);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		enum wq_key_reason reason;

		wq_buf_clear(&out);
		reason = wq_key_query_spell(wq_str_c(table[i].query), &out);
		if ((reason == WQ_KEY_FINE) != (table[i].expected != NULL))
			fail_msg("%s", table[i].query);
		if (table[i].expected)
			assert_str(wq_buf_str(&out), wq_str_c(table[i].expected));
	}
	/* wherever a long one is taken apart inside */
	for (size_t before = 0; before < 8; before++) {
		wq_buf_clear(&long_query);
		wq_buf_clear(&out);
		for (size_t i = 0; i < before; i++)
			wq_buf_byte(&long_query, 'x');
		while (long_query.len < 20000)
			wq_buf_add(&long_query, WQ_S("%e4"));
		assert_int_equal(wq_key_query_spell(wq_buf_str(&long_query), &out), WQ_KEY_FINE);
		assert_int_equal(out.len, long_query.len);
		for (size_t i = before; i < out.len; i += 3)
			assert_memory_equal(out.data + i, "%E4", 3);
	}
}

static void every_reason_has_a_word(void **state)
{
	(void)state;
	for (int i = 0; i <= WQ_KEY_SNI_DIFFERS; i++)
		assert_string_not_equal(wq_key_reason_text((enum wq_key_reason)i), "unknown");
	assert_string_equal(wq_key_reason_text((enum wq_key_reason)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_made_one),
		cmocka_unit_test(ambiguous_targets_are_refused),
		cmocka_unit_test(queries_follow_the_policy),
		cmocka_unit_test(hosts_are_made_one),
		cmocka_unit_test(the_table_is_as_long_as_promised),
		cmocka_unit_test(long_ones_are_over_the_limit),
		cmocka_unit_test(appends_without_allocating),
		cmocka_unit_test(absolute_forms_are_taken_apart),
		cmocka_unit_test(hello_and_header_name_one_host),
		cmocka_unit_test(parameters_are_pointed_out),
		cmocka_unit_test(queries_for_an_origin_have_one_spelling),
		cmocka_unit_test(every_reason_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
