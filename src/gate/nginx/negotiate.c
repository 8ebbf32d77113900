#include "gate/nginx/negotiate.h"

enum { UNSAID = -1, Q_ONE = 1000 };

/* A weight in thousandths: "1", "0.5", "0.125"; anything malformed counts as 0: not accepted. */
static int weight_of(wq_str q)
{
	int v, scale = 100;

	if (q.n < 1 || q.n > 5 || (q.p[0] != '0' && q.p[0] != '1') || (q.n > 1 && q.p[1] != '.'))
		return 0;
	v = q.p[0] == '1' ? Q_ONE : 0;
	for (size_t i = 2; i < q.n; i++, scale /= 10) {
		if (q.p[i] < '0' || q.p[i] > '9')
			return 0;
		v += (q.p[i] - '0') * scale;
	}
	return v > Q_ONE ? 0 : v;
}

/* Cuts the parameters off `*coding` and returns the weight among them; 1 when there is none. */
static int take_weight(wq_str *coding)
{
	wq_str rest = *coding;
	int weight = Q_ONE;

	*coding = wq_str_trim(wq_str_cut(&rest, ';'));
	while (rest.p) {
		wq_str parameter = wq_str_trim(wq_str_cut(&rest, ';'));

		if (wq_str_starts_nocase(parameter, WQ_S("q=")))
			weight = weight_of(wq_str_from(parameter, 2));
	}
	return weight;
}

enum wq_gate_coding wq_gate_coding_choose(wq_str accept, bool has_gzip, bool has_brotli)
{
	int gzip = UNSAID, brotli = UNSAID, identity = UNSAID, any = UNSAID;
	enum wq_gate_coding best = WQ_CODING_IDENTITY;
	int liking;

	if ((!has_gzip && !has_brotli) || accept.n == 0)
		return WQ_CODING_IDENTITY;
	while (accept.p) {
		wq_str coding = wq_str_cut(&accept, ',');
		int weight = take_weight(&coding);

		if (wq_str_eq_nocase(coding, WQ_S("gzip")) || wq_str_eq_nocase(coding, WQ_S("x-gzip")))
			gzip = weight;
		else if (wq_str_eq_nocase(coding, WQ_S("br")))
			brotli = weight;
		else if (wq_str_eq_nocase(coding, WQ_S("identity")))
			identity = weight;
		else if (wq_str_eq(coding, WQ_S("*")))
			any = weight;
	}
	/* identity that is not spoken of is acceptable, but liked least */
	liking = identity != UNSAID ? identity : 1;
	gzip = gzip != UNSAID ? gzip : any;
	brotli = brotli != UNSAID ? brotli : any;
	if (has_gzip && gzip > 0 && gzip >= liking) {
		best = WQ_CODING_GZIP;
		liking = gzip;
	}
	if (has_brotli && brotli > 0 && brotli >= liking)
		best = WQ_CODING_BROTLI;
	return best;
}

wq_str wq_gate_coding_name(enum wq_gate_coding coding)
{
	switch (coding) {
	case WQ_CODING_GZIP: return WQ_S("gzip");
	case WQ_CODING_BROTLI: return WQ_S("br");
	case WQ_CODING_IDENTITY: break;
	}
	return WQ_S_NONE;
}

size_t wq_gate_etag(
	const uint8_t digest[WQ_GATE_ETAG_DIGEST_BYTES], enum wq_gate_coding coding, char out[WQ_GATE_ETAG_MAX])
{
	wq_str name = wq_gate_coding_name(coding);
	char *at = out;

	memcpy(at, "\"sm3-", 5);
	at += 5;
	wq_hex(digest, WQ_GATE_ETAG_DIGEST_BYTES, at);
	at += 2 * WQ_GATE_ETAG_DIGEST_BYTES;
	if (name.n > 0) {
		*at++ = '-';
		memcpy(at, name.p, name.n);
		at += name.n;
	}
	*at++ = '"';
	return (size_t)(at - out);
}

/* The next opaque tag of a list, with its quotes and without "W/"; empty when the list is malformed or at its end. */
static wq_str next_tag(wq_str *list)
{
	size_t i = 0, start;
	wq_str tag;

	while (i < list->n && (list->p[i] == ',' || list->p[i] == ' ' || list->p[i] == '\t'))
		i++;
	if (i + 1 < list->n && list->p[i] == 'W' && list->p[i + 1] == '/')
		i += 2;
	if (i >= list->n || list->p[i] != '"') {
		*list = WQ_S_NONE;
		return WQ_S_NONE;
	}
	start = i++;
	while (i < list->n && list->p[i] != '"')
		i++;
	if (i >= list->n) {
		*list = WQ_S_NONE;
		return WQ_S_NONE;
	}
	tag = wq_str_of(list->p + start, ++i - start);
	*list = wq_str_from(*list, i);
	return tag;
}

bool wq_gate_etag_listed(wq_str list, wq_str etag)
{
	if (wq_str_eq(wq_str_trim(list), WQ_S("*")))
		return true;
	for (;;) {
		wq_str tag = next_tag(&list);

		if (tag.n == 0)
			return false;
		if (wq_str_eq(tag, etag))
			return true;
	}
}

enum wq_gate_range wq_gate_range_parse(wq_str value, uint64_t length, uint64_t *ret_from, uint64_t *ret_to)
{
	uint64_t from = 0, last = UINT64_MAX;
	wq_str first;

	if (!wq_str_starts_nocase(value, WQ_S("bytes=")))
		return WQ_RANGE_WHOLE;
	value = wq_str_trim(wq_str_from(value, 6));
	first = wq_str_cut(&value, '-');
	if (!value.p || (first.n == 0 && value.n == 0) || (first.n > 0 && !wq_str_to_u64(first, UINT64_MAX, &from)) ||
		(value.n > 0 && !wq_str_to_u64(value, UINT64_MAX, &last)))
		return WQ_RANGE_WHOLE;
	if (first.n == 0) { /* the last so many bytes */
		from = last < length ? length - last : 0;
		if (last == 0)
			return WQ_RANGE_OUTSIDE;
		last = UINT64_MAX;
	}
	if (last < from)
		return WQ_RANGE_WHOLE;
	if (from >= length)
		return WQ_RANGE_OUTSIDE;
	*ret_from = from;
	*ret_to = last < length ? last + 1 : length;
	return WQ_RANGE_PART;
}
