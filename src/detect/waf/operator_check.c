#include "detect/waf/eval_priv.h"

#include <arpa/inet.h>

#include "base/utf8.h"

bool wq_waf_check_utf8(wq_str s)
{
	return wq_utf8_valid(s);
}

static size_t digits_of(wq_str s, uint8_t *digits, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < max; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits[n++] = (uint8_t)(s.p[i] - '0');
	return n;
}

/* ISO/IEC 7812-1 annex B. */
static bool luhn(const uint8_t *digits, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned d = digits[n - 1 - i] * (i % 2 ? 2U : 1U);
		sum += d > 9 ? d - 9 : d;
	}
	return n > 0 && sum % 10 == 0;
}

/* United States: areas 000, 666 and 900 to 999, group 00 and serial 0000 are never given. */
static bool ssn(const uint8_t *d, size_t n)
{
	unsigned area = d[0] * 100U + d[1] * 10U + d[2];

	return n == 9 && area != 0 && area != 666 && area < 900 && d[3] + d[4] != 0 && d[5] + d[6] + d[7] + d[8] != 0;
}

static unsigned weighted(const uint8_t *d, size_t n, unsigned first)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += d[i] * (first - (unsigned)i);
	return sum * 10 % 11 % 10;
}

/* Brazil: two check digits. */
static bool cpf(const uint8_t *d, size_t n)
{
	bool same = true;

	for (size_t i = 1; i < n; i++)
		same = same && d[i] == d[0];
	return n == 11 && !same && weighted(d, 9, 10) == d[9] && weighted(d, 10, 11) == d[10];
}

/* Austria: the fourth digit checks the others. */
static bool svnr(const uint8_t *d, size_t n)
{
	static const uint8_t weights[10] = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
	unsigned sum = 0;

	for (size_t i = 0; i < n && i < 10; i++)
		sum += d[i] * weights[i];
	return n == 10 && sum % 11 == d[3];
}

bool wq_waf_check_number(enum wq_waf_op op, wq_str text)
{
	uint8_t digits[32] = {0};
	size_t n = digits_of(text, digits, sizeof digits);

	switch ((int)op) {
	case WQ_OP_VERIFY_CC: return luhn(digits, n);
	case WQ_OP_VERIFY_SSN: return ssn(digits, n);
	case WQ_OP_VERIFY_CPF: return cpf(digits, n);
	default: return svnr(digits, n);
	}
}

static bool in_network(const struct wq_waf_network *network, const uint8_t addr[16])
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;
	uint8_t mask = (uint8_t)(0xff00U >> rest);

	return memcmp(network->addr, addr, whole) == 0 &&
		(rest == 0 || ((network->addr[whole] ^ addr[whole]) & mask) == 0);
}

bool wq_waf_check_networks(const struct wq_waf_program *program, const struct wq_waf_rule *rule, wq_str text)
{
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};
	char name[64];

	if (text.n == 0 || text.n >= sizeof name)
		return false;
	memcpy(name, text.p, text.n);
	name[text.n] = '\0';
	if (inet_pton(AF_INET, name, addr + 12) != 1 && inet_pton(AF_INET6, name, addr) != 1)
		return false;
	for (uint32_t i = 0; i < rule->table_n; i++)
		if (in_network(&program->networks[rule->table + i], addr))
			return true;
	return false;
}
