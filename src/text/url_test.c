#include "base/test.h"
#include "text/url.h"

#define BASE "http://www.example.gov.cn:8080/a/b/c.html?q=1#f"

struct row {
	wq_str input;
	const char *base;
	const char *href; /* NULL: failure */
};

static const struct row special[] = {
	{WQ_S_INIT("http://a.cn"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://a.cn/"), NULL, "http://a.cn/"},
	{WQ_S_INIT("HTTP://A.CN/B"), NULL, "http://a.cn/B"},
	{WQ_S_INIT("  http://a.cn/b  "), NULL, "http://a.cn/b"},
	{WQ_S_INIT("\x01\x1fhttp://a.cn/b\x02"), NULL, "http://a.cn/b"},
	{WQ_S_INIT("ht\ttp://a\n.cn/b\r\nc"), NULL, "http://a.cn/bc"},
	{WQ_S_INIT("http:a.cn"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http:/a.cn"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http:///a.cn/b"), NULL, "http://a.cn/b"},
	{WQ_S_INIT("http:////a.cn"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http:\\\\a.cn\\b\\c"), NULL, "http://a.cn/b/c"},
	{WQ_S_INIT("http:\\/\\a.cn"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://a.cn\\@evil.com/"), NULL, "http://a.cn/@evil.com/"},
	{WQ_S_INIT("http://gov.cn@evil.com/"), NULL, "http://gov.cn@evil.com/"},
	{WQ_S_INIT("http://u:p@a.cn/"), NULL, "http://u:p@a.cn/"},
	{WQ_S_INIT("http://u@@a.cn/"), NULL, "http://u%40@a.cn/"},
	{WQ_S_INIT("http://u:p:q@a.cn/"), NULL, "http://u:p%3Aq@a.cn/"},
	{WQ_S_INIT("http://:p@a.cn/"), NULL, "http://:p@a.cn/"},
	{WQ_S_INIT("http://u:@a.cn/"), NULL, "http://u@a.cn/"},
	{WQ_S_INIT("http://@a.cn/"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://:@a.cn/"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://u|v^[]@a.cn/"), NULL, "http://u%7Cv%5E%5B%5D@a.cn/"},
	{WQ_S_INIT("http://a.cn:80/"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://a.cn:/"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://a.cn:00080/"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://a.cn:0/"), NULL, "http://a.cn:0/"},
	{WQ_S_INIT("http://a.cn:443/"), NULL, "http://a.cn:443/"},
	{WQ_S_INIT("https://a.cn:443/"), NULL, "https://a.cn/"},
	{WQ_S_INIT("ws://a.cn:80"), NULL, "ws://a.cn/"},
	{WQ_S_INIT("wss://a.cn:443"), NULL, "wss://a.cn/"},
	{WQ_S_INIT("ftp://a.cn:21/x"), NULL, "ftp://a.cn/x"},
	{WQ_S_INIT("http://a.cn:65535/"), NULL, "http://a.cn:65535/"},
	{WQ_S_INIT("http://a.cn?x"), NULL, "http://a.cn/?x"},
	{WQ_S_INIT("http://a.cn#x"), NULL, "http://a.cn/#x"},
	{WQ_S_INIT("http://a.cn/?"), NULL, "http://a.cn/?"},
	{WQ_S_INIT("http://a.cn/#"), NULL, "http://a.cn/#"},
	{WQ_S_INIT("http://a.cn/?a?b#c?d#e"), NULL, "http://a.cn/?a?b#c?d#e"},
	{WQ_S_INIT("http://a.cn/a/../b/./c"), NULL, "http://a.cn/b/c"},
	{WQ_S_INIT("http://a.cn/../../a"), NULL, "http://a.cn/a"},
	{WQ_S_INIT("http://a.cn/a/.."), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://a.cn/a/."), NULL, "http://a.cn/a/"},
	{WQ_S_INIT("http://a.cn/a/%2e%2E/b"), NULL, "http://a.cn/b"},
	{WQ_S_INIT("http://a.cn/a/.%2e"), NULL, "http://a.cn/"},
	{WQ_S_INIT("http://a.cn/a/%2e"), NULL, "http://a.cn/a/"},
	{WQ_S_INIT("http://a.cn/..."), NULL, "http://a.cn/..."},
	{WQ_S_INIT("http://a.cn/..a/.b"), NULL, "http://a.cn/..a/.b"},
	{WQ_S_INIT("http://a.cn/a//b"), NULL, "http://a.cn/a//b"},
	{WQ_S_INIT("http://a.cn/a//../b"), NULL, "http://a.cn/a/b"},
	{WQ_S_INIT("http://a.cn/ \"<>^`{}|"), NULL, "http://a.cn/%20%22%3C%3E%5E%60%7B%7D|"},
	{WQ_S_INIT("http://a.cn/%zz%"), NULL, "http://a.cn/%zz%"},
	{WQ_S_INIT("http://a.cn/%7ea"), NULL, "http://a.cn/%7ea"},
	{WQ_S_INIT("http://a.cn/政"), NULL, "http://a.cn/%E6%94%BF"},
	{WQ_S_INIT("http://a.cn/\xff"), NULL, "http://a.cn/%EF%BF%BD"},
	{WQ_S_INIT("http://a.cn/a\0b"), NULL, "http://a.cn/a%00b"},
	{WQ_S_INIT("http://a.cn/?政 \"'<>`{}"), NULL, "http://a.cn/?%E6%94%BF%20%22%27%3C%3E`{}"},
	{WQ_S_INIT("http://a.cn/#政 \"'<>`{}"), NULL, "http://a.cn/#%E6%94%BF%20%22'%3C%3E%60{}"},
	{WQ_S_INIT("http://a.cn/\x7f"), NULL, "http://a.cn/%7F"},
	{WQ_S_INIT("http://"), NULL, NULL},
	{WQ_S_INIT("http:"), NULL, NULL},
	{WQ_S_INIT("http:///"), NULL, NULL},
	{WQ_S_INIT("https://?x"), NULL, NULL},
	{WQ_S_INIT("http://:80/"), NULL, NULL},
	{WQ_S_INIT("http://u@/"), NULL, NULL},
	{WQ_S_INIT("http://u@:80/"), NULL, NULL},
	{WQ_S_INIT("http://@/x"), NULL, NULL},
	{WQ_S_INIT("http://a.cn:65536/"), NULL, NULL},
	{WQ_S_INIT("http://a.cn:8a/"), NULL, NULL},
	{WQ_S_INIT("http://a.cn:-1/"), NULL, NULL},
	{WQ_S_INIT("http://a.cn: 80/"), NULL, NULL},
	{WQ_S_INIT("http://a.cn:80:80/"), NULL, NULL},
	{WQ_S_INIT("http://a b/"), NULL, NULL},
	{WQ_S_INIT("http://a<b/"), NULL, NULL},
	{WQ_S_INIT("http://a^b/"), NULL, NULL},
	{WQ_S_INIT("http://a|b/"), NULL, NULL},
	{WQ_S_INIT("http://a%/"), NULL, NULL},
	{WQ_S_INIT("http://a%00b/"), NULL, NULL},
	{WQ_S_INIT("http://a%2fb/"), NULL, NULL},
	{WQ_S_INIT("http://a%20b/"), NULL, NULL},
	{WQ_S_INIT("http://a\0b/"), NULL, NULL},
	{WQ_S_INIT("http://a\x7f/"), NULL, NULL},
	{WQ_S_INIT("http://[a/"), NULL, NULL},
	{WQ_S_INIT("http://a]/"), NULL, NULL},
	{WQ_S_INIT(""), NULL, NULL},
	{WQ_S_INIT("/a"), NULL, NULL},
	{WQ_S_INIT("//a.cn/"), NULL, NULL},
	{WQ_S_INIT("a.cn/b"), NULL, NULL},
	{WQ_S_INIT("?a"), NULL, NULL},
	{WQ_S_INIT("#a"), NULL, NULL},
	{WQ_S_INIT("1http://a.cn/"), NULL, NULL},
	{WQ_S_INIT("://a.cn/"), NULL, NULL},
};

static const struct row hosts[] = {
	{WQ_S_INIT("http://xxx.政务/"), NULL, "http://xxx.xn--zfr164b/"},
	{WQ_S_INIT("http://XXX.XN--ZFR164B/"), NULL, "http://xxx.xn--zfr164b/"},
	{WQ_S_INIT("http://政务.evil.com"), NULL, "http://xn--zfr164b.evil.com/"},
	{WQ_S_INIT("http://www。gov。cn/"), NULL, "http://www.gov.cn/"},
	{WQ_S_INIT("http://ＧＯＶ.cn/"), NULL, "http://gov.cn/"},
	{WQ_S_INIT("http://%E6%94%BF%E5%8A%A1.cn/"), NULL, "http://xn--zfr164b.cn/"},
	{WQ_S_INIT("http://%77ww.a.cn/"), NULL, "http://www.a.cn/"},
	{WQ_S_INIT("http://fa\xc3\x9f.de/"), NULL, "http://xn--fa-hia.de/"},
	{WQ_S_INIT("http://go\xc2\xadv.cn/"), NULL, "http://gov.cn/"},
	{WQ_S_INIT("http://a.cn./"), NULL, "http://a.cn./"},
	{WQ_S_INIT("http://a_b.cn/"), NULL, "http://a_b.cn/"},
	{WQ_S_INIT("http://-a-.cn/"), NULL, "http://-a-.cn/"},
	{WQ_S_INIT("http://a..b/"), NULL, "http://a..b/"},
	{WQ_S_INIT("http://!$&'()*+,;=.cn/"), NULL, "http://!$&'()*+,;=.cn/"},
	{WQ_S_INIT("http://127.0.0.1/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://127.1/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://127.0.1/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://127.0.0.1./"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://2130706433/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://0x7f000001/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://0x7F.1/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://0177.0.0.1/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://0300.0250.0.01/"), NULL, "http://192.168.0.1/"},
	{WQ_S_INIT("http://0/"), NULL, "http://0.0.0.0/"},
	{WQ_S_INIT("http://0x/"), NULL, "http://0.0.0.0/"},
	{WQ_S_INIT("http://0x.0x.0/"), NULL, "http://0.0.0.0/"},
	{WQ_S_INIT("http://4294967295/"), NULL, "http://255.255.255.255/"},
	{WQ_S_INIT("http://1.16777215/"), NULL, "http://1.255.255.255/"},
	{WQ_S_INIT("http://１２７．１/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://%31%32%37.1/"), NULL, "http://127.0.0.1/"},
	{WQ_S_INIT("http://[::1]/"), NULL, "http://[::1]/"},
	{WQ_S_INIT("http://[::]/"), NULL, "http://[::]/"},
	{WQ_S_INIT("http://[0:0:0:0:0:0:0:1]:80/"), NULL, "http://[::1]/"},
	{WQ_S_INIT("http://[2001:DB8:0:0:1:0:0:1]/"), NULL, "http://[2001:db8::1:0:0:1]/"},
	{WQ_S_INIT("http://[1:0:0:2::]/"), NULL, "http://[1:0:0:2::]/"},
	{WQ_S_INIT("http://[1:2:0:4:5:6:7:8]/"), NULL, "http://[1:2:0:4:5:6:7:8]/"},
	{WQ_S_INIT("http://[::ffff:1.2.3.4]/"), NULL, "http://[::ffff:102:304]/"},
	{WQ_S_INIT("http://[::1.2.3.4]:8080/"), NULL, "http://[::102:304]:8080/"},
	{WQ_S_INIT("http://256.1.1.1/"), NULL, NULL},
	{WQ_S_INIT("http://1.2.3.4.5/"), NULL, NULL},
	{WQ_S_INIT("http://1.2.3.256/"), NULL, NULL},
	{WQ_S_INIT("http://1.256.0/"), NULL, NULL},
	{WQ_S_INIT("http://4294967296/"), NULL, NULL},
	{WQ_S_INIT("http://99999999999999999999999/"), NULL, NULL},
	{WQ_S_INIT("http://09.0.0.1/"), NULL, NULL},
	{WQ_S_INIT("http://a.1/"), NULL, NULL},
	{WQ_S_INIT("http://a.0x1/"), NULL, NULL},
	{WQ_S_INIT("http://1..2/"), NULL, NULL},
	{WQ_S_INIT("http://..1/"), NULL, NULL},
	{WQ_S_INIT("http://[::1/"), NULL, NULL},
	{WQ_S_INIT("http://[::1]a/"), NULL, NULL},
	{WQ_S_INIT("http://[1:2:3]/"), NULL, NULL},
	{WQ_S_INIT("http://[::1::]/"), NULL, NULL},
	{WQ_S_INIT("http://[1:2:3:4:5:6:7:8:9]/"), NULL, NULL},
	{WQ_S_INIT("http://[12345::]/"), NULL, NULL},
	{WQ_S_INIT("http://[::1%25eth0]/"), NULL, NULL},
	{WQ_S_INIT("http://[::1.2.3]/"), NULL, NULL},
	{WQ_S_INIT("http://[::1.2.3.04]/"), NULL, NULL},
	{WQ_S_INIT("http://[]/"), NULL, NULL},
	{WQ_S_INIT("http://℀.cn/"), NULL, NULL},
	{WQ_S_INIT("http://a\xff.cn/"), NULL, NULL},
	{WQ_S_INIT("http://xn--/"), NULL, NULL},
	{WQ_S_INIT("http://%ef%bc%8f.cn/"), NULL, NULL},
	{WQ_S_INIT("http://\xc2\xad/"), NULL, NULL},
};

static const struct row relative[] = {
	{WQ_S_INIT(""), BASE, "http://www.example.gov.cn:8080/a/b/c.html?q=1"},
	{WQ_S_INIT("#g"), BASE, "http://www.example.gov.cn:8080/a/b/c.html?q=1#g"},
	{WQ_S_INIT("?r=2"), BASE, "http://www.example.gov.cn:8080/a/b/c.html?r=2"},
	{WQ_S_INIT("?"), BASE, "http://www.example.gov.cn:8080/a/b/c.html?"},
	{WQ_S_INIT("d"), BASE, "http://www.example.gov.cn:8080/a/b/d"},
	{WQ_S_INIT("./d"), BASE, "http://www.example.gov.cn:8080/a/b/d"},
	{WQ_S_INIT("../d"), BASE, "http://www.example.gov.cn:8080/a/d"},
	{WQ_S_INIT("../../../d"), BASE, "http://www.example.gov.cn:8080/d"},
	{WQ_S_INIT("."), BASE, "http://www.example.gov.cn:8080/a/b/"},
	{WQ_S_INIT(".."), BASE, "http://www.example.gov.cn:8080/a/"},
	{WQ_S_INIT("/d"), BASE, "http://www.example.gov.cn:8080/d"},
	{WQ_S_INIT("\\d"), BASE, "http://www.example.gov.cn:8080/d"},
	{WQ_S_INIT("/"), BASE, "http://www.example.gov.cn:8080/"},
	{WQ_S_INIT("//evil.com"), BASE, "http://evil.com/"},
	{WQ_S_INIT("\\\\evil.com\\x"), BASE, "http://evil.com/x"},
	{WQ_S_INIT("/\\evil.com"), BASE, "http://evil.com/"},
	{WQ_S_INIT("///evil.com"), BASE, "http://evil.com/"},
	{WQ_S_INIT("/\t/evil.com"), BASE, "http://evil.com/"},
	{WQ_S_INIT("http:d"), BASE, "http://www.example.gov.cn:8080/a/b/d"},
	{WQ_S_INIT("http:/d"), BASE, "http://www.example.gov.cn:8080/d"},
	{WQ_S_INIT("http:"), BASE, "http://www.example.gov.cn:8080/a/b/c.html?q=1"},
	{WQ_S_INIT("http://evil.com"), BASE, "http://evil.com/"},
	{WQ_S_INIT("https:d"), BASE, "https://d/"},
	{WQ_S_INIT("https:/d"), BASE, "https://d/"},
	{WQ_S_INIT("d;x=1/../e"), BASE, "http://www.example.gov.cn:8080/a/b/e"},
	{WQ_S_INIT("d:e"), BASE, "d:e"},
	{WQ_S_INIT("./d:e"), BASE, "http://www.example.gov.cn:8080/a/b/d:e"},
	{WQ_S_INIT("1:e"), BASE, "http://www.example.gov.cn:8080/a/b/1:e"},
	{WQ_S_INIT(" d "), BASE, "http://www.example.gov.cn:8080/a/b/d"},
	{WQ_S_INIT("d"), "http://u:p@a.cn/x", "http://u:p@a.cn/d"},
	{WQ_S_INIT("d"), "http://:p@a.cn/x", "http://:p@a.cn/d"},
	{WQ_S_INIT("//b.cn/"), "http://u:p@a.cn/x", "http://b.cn/"},
	{WQ_S_INIT("//"), BASE, NULL},
	{WQ_S_INIT("//?x"), BASE, NULL},
	{WQ_S_INIT("///"), BASE, NULL},
	{WQ_S_INIT("//a b"), BASE, NULL},
	{WQ_S_INIT("https:"), BASE, NULL},
	{WQ_S_INIT("mailto:a@b.cn"), BASE, "mailto:a@b.cn"},
	{WQ_S_INIT("javascript:alert(1)"), BASE, "javascript:alert(1)"},
	{WQ_S_INIT(" \x01JavaScript:alert(1)"), BASE, "javascript:alert(1)"},
	{WQ_S_INIT("java\nscript:alert(1)"), BASE, "javascript:alert(1)"},
	{WQ_S_INIT("#x"), "mailto:a@b.cn?y", "mailto:a@b.cn?y#x"},
	{WQ_S_INIT("x"), "mailto:a@b.cn", NULL},
	{WQ_S_INIT(""), "mailto:a@b.cn", NULL},
	{WQ_S_INIT("?x"), "mailto:a@b.cn", NULL},
	{WQ_S_INIT("?x#y"), "mailto:a@b.cn", NULL},
	{WQ_S_INIT("/x"), "data:text/plain,x", NULL},
	{WQ_S_INIT("x"), "foo:/a/b", "foo:/a/x"},
	{WQ_S_INIT("../../x"), "foo:/a/b", "foo:/x"},
	{WQ_S_INIT("//h/x"), "foo:/a/b", "foo://h/x"},
	{WQ_S_INIT("/x"), "foo://h:1/a", "foo://h:1/x"},
	{WQ_S_INIT("\\x"), "foo://h/a/b", "foo://h/a/\\x"},
	{WQ_S_INIT("x"), "foo://h", "foo://h/x"},
	{WQ_S_INIT("..//x"), "foo:/a/b", "foo:/.//x"},
};

static const struct row others[] = {
	{WQ_S_INIT("mailto:a@b.cn"), NULL, "mailto:a@b.cn"},
	{WQ_S_INIT("MAILTO:A@b.cn?subject=政"), NULL, "mailto:A@b.cn?subject=%E6%94%BF"},
	{WQ_S_INIT("javascript:a('b') ; c"), NULL, "javascript:a('b') ; c"},
	{WQ_S_INIT("javascript://a.cn/%0aalert(1)"), NULL, "javascript://a.cn/%0aalert(1)"},
	{WQ_S_INIT("data:text/html,<p>政</p>"), NULL, "data:text/html,<p>%E6%94%BF</p>"},
	{WQ_S_INIT("data:a b ?c"), NULL, "data:a b%20?c"},
	{WQ_S_INIT("data:a b  #c"), NULL, "data:a b %20#c"},
	{WQ_S_INIT("about:blank"), NULL, "about:blank"},
	{WQ_S_INIT("tel:+86-10-12345"), NULL, "tel:+86-10-12345"},
	{WQ_S_INIT("weixin://dl/x"), NULL, "weixin://dl/x"},
	{WQ_S_INIT("a+b-c.1:x"), NULL, "a+b-c.1:x"},
	{WQ_S_INIT("foo:"), NULL, "foo:"},
	{WQ_S_INIT("foo:/"), NULL, "foo:/"},
	{WQ_S_INIT("foo:/a/../b"), NULL, "foo:/b"},
	{WQ_S_INIT("foo:a/../b"), NULL, "foo:a/../b"},
	{WQ_S_INIT("foo://"), NULL, "foo://"},
	{WQ_S_INIT("foo:///a"), NULL, "foo:///a"},
	{WQ_S_INIT("foo://h"), NULL, "foo://h"},
	{WQ_S_INIT("foo://h?x"), NULL, "foo://h?x"},
	{WQ_S_INIT("foo://H:80/A"), NULL, "foo://H:80/A"},
	{WQ_S_INIT("foo://政/"), NULL, "foo://%E6%94%BF/"},
	{WQ_S_INIT("foo://127.1/"), NULL, "foo://127.1/"},
	{WQ_S_INIT("foo://[::1]:0/"), NULL, "foo://[::1]:0/"},
	{WQ_S_INIT("foo:/.//a"), NULL, "foo:/.//a"},
	{WQ_S_INIT("foo:/a/..//b"), NULL, "foo:/.//b"},
	{WQ_S_INIT("foo://h/?'"), NULL, "foo://h/?'"},
	{WQ_S_INIT("foo://u:p@h/"), NULL, "foo://u:p@h/"},
	{WQ_S_INIT("foo://h\\x/"), NULL, NULL},
	{WQ_S_INIT("foo://:80/"), NULL, NULL},
	{WQ_S_INIT("foo://u@/"), NULL, NULL},
	{WQ_S_INIT("foo://a b/"), NULL, NULL},
	{WQ_S_INIT("foo://h:x/"), NULL, NULL},
	{WQ_S_INIT("foo://h:99999/"), NULL, NULL},
	{WQ_S_INIT("foo://[::1/"), NULL, NULL},
	/* files */
	{WQ_S_INIT("file:"), NULL, "file:///"},
	{WQ_S_INIT("file:/"), NULL, "file:///"},
	{WQ_S_INIT("file:///a/b"), NULL, "file:///a/b"},
	{WQ_S_INIT("file:a"), NULL, "file:///a"},
	{WQ_S_INIT("file:/a"), NULL, "file:///a"},
	{WQ_S_INIT("file://h/a"), NULL, "file://h/a"},
	{WQ_S_INIT("file://localhost/a"), NULL, "file:///a"},
	{WQ_S_INIT("file://LOCALHOST"), NULL, "file:///"},
	{WQ_S_INIT("file:\\\\h\\a"), NULL, "file://h/a"},
	{WQ_S_INIT("file:///C|/a"), NULL, "file:///C:/a"},
	{WQ_S_INIT("file://C:/a"), NULL, "file:///C:/a"},
	{WQ_S_INIT("file:C|/a/../../.."), NULL, "file:///C:/"},
	{WQ_S_INIT("file:////h/a"), NULL, "file:////h/a"},
	{WQ_S_INIT("file:///C:"), NULL, "file:///C:"},
	{WQ_S_INIT("file:?x"), NULL, "file:///?x"},
	{WQ_S_INIT("b"), "file:///C:/a", "file:///C:/b"},
	{WQ_S_INIT("/b"), "file:///C:/a", "file:///C:/b"},
	{WQ_S_INIT("/D:/b"), "file:///C:/a", "file:///D:/b"},
	{WQ_S_INIT("D:"), "file:///C:/a", "d:"},
	{WQ_S_INIT("D|/x"), "file:///C:/a", "file:///D:/x"},
	{WQ_S_INIT("../../b"), "file:///C:/a/c", "file:///C:/b"},
	{WQ_S_INIT("//h/b"), "file:///C:/a", "file://h/b"},
	{WQ_S_INIT("b"), "file://h/a", "file://h/b"},
	{WQ_S_INIT("/b"), "file://h/a", "file://h/b"},
	{WQ_S_INIT("?b"), "file://h/a?c", "file://h/a?b"},
	{WQ_S_INIT(""), "file://h/a?c#d", "file://h/a?c"},
	{WQ_S_INIT("file:b"), "file:///x/y", "file:///x/b"},
	{WQ_S_INIT("file:b"), "http://h/x", "file:///b"},
	{WQ_S_INIT("file://h:80/a"), NULL, NULL},
	{WQ_S_INIT("file://a b/"), NULL, NULL},
	{WQ_S_INIT("file://u@h/"), NULL, NULL},
	{WQ_S_INIT("file://[::1/"), NULL, NULL},
};

static void check_row(const struct row *row)
{
	struct wq_arena arena;
	struct wq_url base, url, again;
	wq_err e;

	wq_arena_init(&arena, WQ_MIB);
	if (row->base)
		assert_ok(wq_url_parse(&arena, wq_str_c(row->base), NULL, &base));
	e = wq_url_parse(&arena, row->input, row->base ? &base : NULL, &url);
	if (!row->href) {
		if (!wq_is(e, WQ_E_INPUT))
			fail_msg("\"%.*s\" became \"%.*s\"", WQ_S_ARG(row->input), WQ_S_ARG(url.href));
	} else {
		if (wq_failed(e))
			fail_msg("\"%.*s\" failed", WQ_S_ARG(row->input));
		assert_str(url.href, wq_str_c(row->href));
		assert_ok(wq_url_parse(&arena, url.href, NULL, &again));
		assert_str(again.href, url.href);
		assert_str(again.path, url.path);
		assert_str(again.host, url.host);
	}
	wq_arena_done(&arena);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_row(&rows[i]);
}

static void special_schemes(void **state)
{
	(void)state;
	check_rows(special, WQ_COUNT(special));
}

static void hosts_of_special_schemes(void **state)
{
	(void)state;
	check_rows(hosts, WQ_COUNT(hosts));
}

static void relative_ones(void **state)
{
	(void)state;
	check_rows(relative, WQ_COUNT(relative));
}

static void other_schemes_and_files(void **state)
{
	(void)state;
	check_rows(others, WQ_COUNT(others));
}

static void parts_are_slices(void **state)
{
	struct wq_arena arena;
	struct wq_url url, other;

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_url_parse(&arena, WQ_S("https://u:p@A.cn:8443/b/c?d=1#e"), NULL, &url));
	assert_str(url.scheme, WQ_S("https"));
	assert_str(url.user, WQ_S("u"));
	assert_str(url.password, WQ_S("p"));
	assert_str(url.host, WQ_S("a.cn"));
	assert_str(url.path, WQ_S("/b/c"));
	assert_str(url.query, WQ_S("d=1"));
	assert_str(url.fragment, WQ_S("e"));
	assert_int_equal(url.port, 8443);
	assert_int_equal(wq_url_port(&url), 8443);
	assert_str(wq_url_target(&url), WQ_S("/b/c?d=1"));
	assert_str(wq_url_without_fragment(&url), WQ_S("https://u:p@a.cn:8443/b/c?d=1"));
	assert_true(wq_url_is_http(&url) && url.special && url.has_host && !url.opaque_path);
	assert_ok(wq_url_parse(&arena, WQ_S("https://a.cn:8443"), NULL, &other));
	assert_true(wq_url_same_origin(&url, &other));
	assert_ok(wq_url_parse(&arena, WQ_S("https://a.cn"), NULL, &other));
	assert_false(wq_url_same_origin(&url, &other));
	assert_int_equal(wq_url_port(&other), 443);
	assert_ok(wq_url_parse(&arena, WQ_S("mailto:x"), NULL, &other));
	assert_true(other.opaque_path && !other.has_host && wq_url_port(&other) == 0);
	assert_false(wq_url_same_origin(&other, &other));
	wq_arena_done(&arena);
}

static void limits(void **state)
{
	static char text[WQ_URL_MAX + 1];
	struct wq_arena arena;
	struct wq_url url;

	(void)state;
	wq_arena_init(&arena, 4 * WQ_MIB);
	memset(text, 0xff, sizeof(text));
	memcpy(text, "http://a/", 9);
	assert_err(wq_url_parse(&arena, wq_str_of(text, sizeof(text)), NULL, &url), WQ_E_LIMIT);
	assert_ok(wq_url_parse(&arena, wq_str_of(text, WQ_URL_MAX), NULL, &url));
	memset(text + 7, 'a', WQ_URL_MAX - 7);
	assert_err(wq_url_parse(&arena, wq_str_of(text, WQ_URL_MAX / 2), NULL, &url), WQ_E_INPUT);
	wq_arena_done(&arena);
	wq_arena_init(&arena, 8);
	assert_err(wq_url_parse(&arena, WQ_S("http://a.cn/"), NULL, &url), WQ_E_LIMIT);
	wq_arena_done(&arena);
}

static void schemes_are_found_without_parsing(void **state)
{
	(void)state;
	assert_str(wq_url_scheme(WQ_S(" DATA:x")), WQ_S("DATA"));
	assert_str(wq_url_scheme(WQ_S("a/b:c")), WQ_S(""));
	assert_str(wq_url_scheme(WQ_S("1a:c")), WQ_S(""));
	assert_str(wq_url_scheme(WQ_S("abc")), WQ_S(""));
}

static void the_table_is_as_long_as_promised(void **state)
{
	(void)state;
	assert_true(WQ_COUNT(special) + WQ_COUNT(hosts) + WQ_COUNT(relative) + WQ_COUNT(others) >= 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(special_schemes),
		cmocka_unit_test(hosts_of_special_schemes),
		cmocka_unit_test(relative_ones),
		cmocka_unit_test(other_schemes_and_files),
		cmocka_unit_test(parts_are_slices),
		cmocka_unit_test(limits),
		cmocka_unit_test(schemes_are_found_without_parsing),
		cmocka_unit_test(the_table_is_as_long_as_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
