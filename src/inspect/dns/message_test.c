#include "base/test.h"
#include "inspect/dns/message.h"

/* An answer is put together byte by byte; `at` of a pointer is an offset from the beginning. */
static void head(struct wq_buf *b, uint16_t flags, uint16_t answers, uint16_t authority, uint16_t additional)
{
	wq_buf_u16(b, 0x1234);
	wq_buf_u16(b, flags);
	wq_buf_u16(b, 1);
	wq_buf_u16(b, answers);
	wq_buf_u16(b, authority);
	wq_buf_u16(b, additional);
	wq_buf_add(b, WQ_S("\3Www\2gv\2cn\0\0\1\0\1")); /* the name is at 12, its parent at 16 */
}

static void record(struct wq_buf *b, uint16_t at, uint16_t type, wq_str data)
{
	wq_buf_u16(b, 0xc000 | at);
	wq_buf_u16(b, type);
	wq_buf_u16(b, 1);
	wq_buf_u32(b, 60);
	wq_buf_u16(b, (uint16_t)data.n);
	wq_buf_add(b, data);
}

static void every_type(void **state)
{
	(void)state;
	struct wq_dns_message m;
	struct wq_arena arena;
	WQ_BUF(b, 4096);
	wq_arena_init(&arena, WQ_MIB);
	head(&b, 0x8400, 8, 1, 2);
	record(&b, 12, WQ_DNS_CNAME, WQ_S("\5other\xc0\x10"));
	record(&b, 16, WQ_DNS_A, WQ_S("\1\2\3\4"));
	record(&b, 16, WQ_DNS_AAAA, WQ_S("\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
	record(&b, 16, WQ_DNS_MX, WQ_S("\0\xa\4mail\xc0\x10"));
	record(&b, 16, WQ_DNS_TXT, WQ_S("\3v=s\3pf1"));
	record(&b, 16, WQ_DNS_CAA, WQ_S("\0\5issueca.example"));
	record(&b, 16, WQ_DNS_RRSIG, WQ_S("\0\6\15\2\0\0\0\74\0\0\0\5\0\0\0\3\0\1\0sig"));
	record(&b, 16, 999, WQ_S("whatever"));
	record(&b, 16, WQ_DNS_SOA, WQ_S("\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	record(&b, 16, WQ_DNS_NS, WQ_S("\0"));
	wq_buf_add(&b, WQ_S("\0\0\x29\4\xd0\1\0\0\0\0\13\0\10\0\7\0\1\30\20\1\2\3")); /* BADVERS, scope 16 */
	assert_true(wq_dns_message_read(&arena, wq_buf_str(&b), &m));
	assert_true(m.id == 0x1234 && m.authoritative && !m.truncated && m.has_subnet);
	assert_int_equal(m.scope, 16);
	assert_int_equal(m.rcode, 16);
	assert_int_equal(m.records_n, 10);
	const struct wq_dns_record *r = m.records;
	assert_str(r[0].owner, WQ_S("www.gv.cn"));
	assert_str(r[0].name, WQ_S("other.gv.cn"));
	assert_true(r[1].addr.family == 4 && memcmp(r[1].addr.bytes, "\1\2\3\4", 4) == 0);
	assert_int_equal(r[2].addr.family, 6);
	assert_str(r[3].name, WQ_S("mail.gv.cn"));
	assert_int_equal(r[3].preference, 10);
	assert_str(r[4].text, WQ_S("v=spf1"));
	assert_str(r[5].text, WQ_S("0 issue \"ca.example\""));
	assert_true(r[6].covered == 6 && r[6].expires == 5 && r[6].inception == 3);
	assert_int_equal(r[8].serial, 7);
	assert_int_equal(r[8].section, WQ_DNS_AUTHORITY);
	assert_str(r[9].name, WQ_S("."));
	/* whatever is cut off is refused, at every byte but between records, where the counts are wrong */
	for (size_t n = 0; n < b.len; n++)
		assert_false(wq_dns_message_read(&arena, wq_str_of(b.data, n), &m));
	wq_arena_done(&arena);
}

static void broken(void **state)
{
	(void)state;
	static const struct {
		uint16_t type;
		wq_str data;
	} rows[] = {
		{WQ_DNS_A, WQ_S_INIT("\1\2\3")},
		{WQ_DNS_A, WQ_S_INIT("\1\2\3\4\5")},
		{WQ_DNS_NS, WQ_S_INIT("\xc0\x80")}, /* forward */
		{WQ_DNS_NS, WQ_S_INIT("\xc0\x27")}, /* itself */
		{WQ_DNS_NS,
			WQ_S_INIT("\x80"
				  "abc")}, /* a label type that nobody uses */
		{WQ_DNS_NS, WQ_S_INIT("\5ab")},
		{WQ_DNS_TXT, WQ_S_INIT("\5ab")},
		{WQ_DNS_CAA, WQ_S_INIT("\0\xffissue")},
		{WQ_DNS_CAA, WQ_S_INIT("\0\0x")},
		{WQ_DNS_SOA, WQ_S_INIT("\0\0\0")},
		{WQ_DNS_RRSIG, WQ_S_INIT("\0\6")},
		{WQ_DNS_MX, WQ_S_INIT("\0")},
	};
	struct wq_dns_message m;
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(b, 4096);
		head(&b, 0x8400, 1, 0, 0);
		record(&b, 12, rows[i].type, rows[i].data);
		if (wq_dns_message_read(&arena, wq_buf_str(&b), &m))
			fail_msg("row %zu was read", i);
	}
	WQ_BUF(query, 100);
	head(&query, 0x0100, 0, 0, 0);
	assert_false(wq_dns_message_read(&arena, wq_buf_str(&query), &m)); /* no answer */
	WQ_BUF(many, 100);
	head(&many, 0x8400, 60000, 0, 0);
	assert_false(wq_dns_message_read(&arena, wq_buf_str(&many), &m));
	wq_arena_done(&arena);
}

static void odd_bytes_are_escaped(void **state)
{
	(void)state;
	struct wq_dns_message m;
	struct wq_arena arena;
	WQ_BUF(b, 400);
	wq_arena_init(&arena, WQ_MIB);
	head(&b, 0x8400, 1, 0, 0);
	record(&b, 12, WQ_DNS_NS, WQ_S("\4a.\x1b[\0"));
	assert_true(wq_dns_message_read(&arena, wq_buf_str(&b), &m));
	assert_str(m.records[0].name, WQ_S("a\\046\\027\\091"));
	wq_arena_done(&arena);
}

static void questions(void **state)
{
	(void)state;
	static const struct wq_addr net = {4, {202, 106, 255, 255}};
	struct wq_dns_question q = {
		.name = WQ_S("a.cn"), .type = WQ_DNS_A, .dnssec = true, .subnet = &net, .subnet_bits = 20};
	WQ_BUF(b, 400);
	assert_true(wq_dns_question_write(&b, 7, &q));
	assert_str(wq_buf_str(&b),
		WQ_S("\0\7\0\0\0\1\0\0\0\0\0\1\1a\2cn\0\0\1\0\1\0\0\x29\4\xd0\0\0\x80\0\0\13\0\10\0\7\0\1\24\0\xca\x6a\xf0"));
	static const char *const bad[] = {
		"", "a..cn", ".cn", "0123456789012345678901234567890123456789012345678901234567890123.cn"};
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		WQ_BUF(out, 400);
		assert_false(wq_dns_question_write(&out, 1, &(struct wq_dns_question){.name = wq_str_c(bad[i])}));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(every_type), cmocka_unit_test(broken),
		cmocka_unit_test(odd_bytes_are_escaped), cmocka_unit_test(questions)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
