#include "ledger/filing.h"

enum { PROVINCE = 3 /* bytes of one character */ };

static bool take_digits(wq_str *s, size_t least, size_t most)
{
	size_t n = 0;

	while (n < s->n && n < most && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	*s = wq_str_from(*s, n);
	return n >= least;
}

static bool take(wq_str *s, wq_str word)
{
	if (!wq_str_starts(*s, word))
		return false;
	*s = wq_str_from(*s, word.n);
	return true;
}

static bool take_province(wq_str *s)
{
	wq_str all = WQ_S("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼");

	for (; all.n > 0; all = wq_str_from(all, PROVINCE))
		if (take(s, wq_str_head(all, PROVINCE)))
			return true;
	return false;
}

bool wq_filing_icp(wq_str s)
{
	if (!take_province(&s) || !take(&s, WQ_S("ICP备")) || !take_digits(&s, 8, 10) || !take(&s, WQ_S("号")))
		return false;
	return s.n == 0 || (take(&s, WQ_S("-")) && take_digits(&s, 1, 6) && s.n == 0);
}

bool wq_filing_police(wq_str s)
{
	if (!take_province(&s) || !take(&s, WQ_S("公网安备")))
		return false;
	(void)take(&s, WQ_S(" "));
	return take_digits(&s, 14, 14) && wq_str_eq(s, WQ_S("号"));
}

bool wq_filing_site_code(wq_str s)
{
	bool department = take(&s, WQ_S("bm"));

	return take_digits(&s, department ? 8 : 10, department ? 8 : 10) && s.n == 0;
}
