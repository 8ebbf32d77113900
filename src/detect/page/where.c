#include "detect/page/page_priv.h"

static bool in_list(wq_str host, const wq_str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(host, list[i]))
			return true;
	return false;
}

static bool under_list(wq_str host, const struct page_hosts *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (wq_host_under(host, list->items[i]))
			return true;
	return false;
}

/* RFC 3492 §6.2, for telling letters apart: whether a label mixes in letters that look like Latin ones. */
static bool has_look_alike_letters(wq_str label)
{
	uint32_t n = 128, i = 0, bias = 72;
	size_t out = 0;
	ptrdiff_t dash;

	label = wq_str_from(label, 4); /* xn-- */
	dash = wq_str_rchr(label, '-');
	if (dash > 0) {
		out = (size_t)dash;
		label = wq_str_from(label, (size_t)dash + 1);
	}
	while (label.n) {
		uint32_t before = i, w = 1, t;
		for (uint32_t k = 36;; k += 36) {
			uint32_t digit;
			if (label.n == 0)
				return false;
			char c = label.p[0];
			label = wq_str_from(label, 1);
			digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') + 26 : (uint32_t)(c - 'a');
			if (digit >= 36 || digit > (UINT32_MAX - i) / w)
				return false;
			i += digit * w;
			t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
			if (digit < t)
				break;
			if (w > UINT32_MAX / (36 - t))
				return false;
			w *= 36 - t;
		}
		out++;
		uint32_t delta = before == 0 ? i / 700 : (i - before) / 2, k = 0;
		delta += delta / (uint32_t)out;
		for (; delta > 455; k += 36)
			delta /= 35;
		bias = k + 36 * delta / (delta + 38);
		n += i / (uint32_t)out;
		i %= (uint32_t)out;
		if ((n >= 0x370 && n <= 0x58f) || (n >= 0x250 && n <= 0x2af) || (n >= 0x1e00 && n <= 0x1fff))
			return true; /* Greek, Cyrillic, Armenian, IPA */
		i++;
	}
	return false;
}

/* Government words in a host that is none, and labels with letters from elsewhere. */
static bool imitates(wq_str host)
{
	static const wq_str words[] = {WQ_S_INIT("gov.cn"), WQ_S_INIT("gov-cn"), WQ_S_INIT("govcn"),
		WQ_S_INIT("g0v.cn"), WQ_S_INIT("xn--zfr164b.")};

	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (wq_str_find(host, words[i]) >= 0)
			return true;
	for (wq_str rest = host; rest.p;) {
		wq_str label = wq_str_cut(&rest, '.');
		if (wq_str_starts(label, WQ_S("xn--")) && has_look_alike_letters(label))
			return true;
	}
	return false;
}

static enum page_where where_is(struct page_run *run, const struct wq_url *url, unsigned *flags)
{
	const struct wq_page_facts *facts = run->facts;
	struct wq_addr addr;
	wq_str host = url->host;

	if (in_list(host, facts->hosts, facts->hosts_n) || wq_str_eq(host, run->address.host))
		return PAGE_OWN;
	if (wq_str_eq(host, WQ_S("localhost")) || wq_str_ends(host, WQ_S(".localhost")))
		return PAGE_PRIVATE;
	if (wq_host_address(host, &addr))
		return wq_addr_class(&addr) == WQ_ADDR_GLOBAL ? PAGE_NUMBER : PAGE_PRIVATE;
	if (facts->suffixes && wq_host_government(facts->suffixes, host, facts->day, NULL))
		return PAGE_GOVERNMENT;
	if (under_list(host, &run->rules->bad)) {
		*flags |= PAGE_BAD;
		return PAGE_OUTSIDE;
	}
	if (in_list(host, facts->inside, facts->inside_n))
		return PAGE_INSIDE;
	if (under_list(host, &run->rules->trusted))
		return PAGE_TRUSTED;
	if (url->user.n && wq_str_find(url->user, WQ_S("gov")) >= 0)
		*flags |= PAGE_IMITATES;
	if (imitates(host))
		*flags |= PAGE_IMITATES;
	return in_list(host, facts->confirmed, facts->confirmed_n) ? PAGE_CONFIRMED : PAGE_OUTSIDE;
}

/* A relative address needs no parsing: where it leads is where the base leads. */
static bool is_relative(wq_str address)
{
	if (address.n > 1 && (address.p[0] == '/' || address.p[0] == '\\') &&
		(address.p[1] == '/' || address.p[1] == '\\'))
		return false;
	for (size_t i = 0; i < address.n; i++) {
		unsigned char c = (unsigned char)address.p[i];
		if (c == '/' || c == '?' || c == '#')
			return true;
		if (c == ':' || c < 0x20)
			return false;
	}
	return true;
}

static bool scheme_in(wq_str scheme, const wq_str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq_nocase(scheme, list[i]))
			return true;
	return false;
}

enum page_where page_judge_address(
	struct page_run *run, wq_str address, wq_str *ret_host, wq_str *ret_target, unsigned *flags)
{
	static const wq_str nowhere[] = {WQ_S_INIT("mailto"), WQ_S_INIT("tel"), WQ_S_INIT("javascript"),
		WQ_S_INIT("data"), WQ_S_INIT("about"), WQ_S_INIT("blob"), WQ_S_INIT("sms"), WQ_S_INIT("weixin")};
	struct wq_url url;
	wq_str scheme;

	*ret_host = *ret_target = WQ_S_NONE;
	address = wq_str_trim(address);
	if (address.n == 0 || address.p[0] == '#')
		return PAGE_NOWHERE;
	if (is_relative(address)) {
		if (run->base.host.p == run->address.host.p || wq_str_eq(run->base.host, run->address.host))
			return PAGE_OWN;
	}
	scheme = wq_url_scheme(address);
	if (scheme_in(scheme, nowhere, WQ_COUNT(nowhere)))
		return PAGE_NOWHERE;
	/* templates of scripts: ${x}, {{x}} */
	if (wq_str_find(wq_str_head(address, 16), WQ_S("{")) >= 0)
		return PAGE_NOWHERE;
	if (wq_failed(wq_url_parse(run->arena, address, &run->base, &url)))
		return PAGE_DEAD;
	if (!url.special || !url.has_host || url.host.n == 0 || wq_str_eq(url.scheme, WQ_S("file")))
		return PAGE_DEAD;
	*ret_host = url.host;
	*ret_target = url.href;
	return where_is(run, &url, flags);
}
