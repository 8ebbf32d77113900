#include "detect/dns/spf.h"

#include "detect/dns/rules.h"

struct walk {
	struct wq_arena *arena;
	const struct wq_spf_seen *table;
	size_t table_n;
	struct wq_spf_walked *out;
	wq_str path[WQ_SPF_NAMES]; /* names that are being read, to see loops */
	size_t depth, names;
};

static const struct {
	wq_str name;
	enum wq_spf_mechanism mechanism;
} mechanisms[] = {
	{WQ_S_INIT("all"), WQ_SPF_ALL},
	{WQ_S_INIT("include"), WQ_SPF_INCLUDE},
	{WQ_S_INIT("a"), WQ_SPF_A},
	{WQ_S_INIT("mx"), WQ_SPF_MX},
	{WQ_S_INIT("ptr"), WQ_SPF_PTR},
	{WQ_S_INIT("ip4"), WQ_SPF_IP4},
	{WQ_S_INIT("ip6"), WQ_SPF_IP6},
	{WQ_S_INIT("exists"), WQ_SPF_EXISTS},
};

bool wq_spf_is(wq_str text)
{
	return wq_str_starts_nocase(text, WQ_S("v=spf1")) && (text.n == 6 || text.p[6] == ' ');
}

/* ---- reading ---- */

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		c == '.';
}

/* "name=macro-string" (§4.6.1); a modifier that is not known is left alone (§6). */
static bool modifier_of(wq_str word, wq_str *ret_name, wq_str *ret_value)
{
	size_t i = 0;

	while (i < word.n && name_char(word.p[i]))
		i++;
	if (i == 0 || i == word.n || word.p[i] != '=')
		return false;
	*ret_name = wq_str_head(word, i);
	*ret_value = wq_str_from(word, i + 1);
	return true;
}

static bool prefix_of(wq_str text, uint64_t most, int *ret)
{
	uint64_t value;

	if (text.n == 0 || (text.n > 1 && text.p[0] == '0') || !wq_str_to_u64(text, most, &value))
		return false;
	*ret = (int)value;
	return true;
}

/* Takes "/24", "//64" or "/24//64" off the end of the value of a and mx. */
static bool dual_prefix(struct wq_spf_term *term)
{
	ptrdiff_t slash = wq_str_chr(term->value, '/');
	int six;

	if (slash < 0)
		return true;
	wq_str rest = wq_str_from(term->value, (size_t)slash + 1);
	term->value = wq_str_head(term->value, (size_t)slash);
	if (wq_str_starts(rest, WQ_S("/")))
		return prefix_of(wq_str_from(rest, 1), 128, &six);
	wq_str four = wq_str_cut(&rest, '/');
	if (!prefix_of(four, 32, &term->prefix4))
		return false;
	return !rest.p || (wq_str_starts(rest, WQ_S("/")) && prefix_of(wq_str_from(rest, 1), 128, &six));
}

static bool network(struct wq_spf_term *term)
{
	struct wq_addr addr;
	uint8_t bits;
	ptrdiff_t slash = wq_str_chr(term->value, '/');

	if (!wq_dns_net_parse(term->value, &addr, &bits) || wq_str_starts(term->value, WQ_S("[")))
		return false;
	term->prefix4 = slash < 0 ? -1 : bits;
	return addr.family == (term->mechanism == WQ_SPF_IP4 ? 4 : 6);
}

static bool domain_spec(wq_str value)
{
	if (value.n == 0 || value.n > 512)
		return false;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] <= 0x20 || value.p[i] >= 0x7f)
			return false;
	return true;
}

static const char *arguments(struct wq_spf_term *term, bool colon)
{
	switch (term->mechanism) {
	case WQ_SPF_ALL: return colon || term->value.n ? "all takes no value" : NULL;
	case WQ_SPF_INCLUDE:
	case WQ_SPF_EXISTS: return colon && domain_spec(term->value) ? NULL : "include and exists need a domain";
	case WQ_SPF_IP4:
	case WQ_SPF_IP6: return colon && network(term) ? NULL : "no address";
	case WQ_SPF_A:
	case WQ_SPF_MX:
	case WQ_SPF_PTR:
		if (term->mechanism != WQ_SPF_PTR && !dual_prefix(term))
			return "no prefix length";
		return !colon || domain_spec(term->value) ? NULL : "no domain";
	case WQ_SPF_REDIRECT:
	case WQ_SPF_OTHER: break;
	}
	return NULL;
}

static const char *read_mechanism(wq_str word, struct wq_spf_term *term)
{
	size_t n = 0;

	term->qualifier = '+';
	if (strchr("+-~?", word.p[0])) {
		term->qualifier = word.p[0];
		word = wq_str_from(word, 1);
	}
	while (n < word.n && word.p[n] != ':' && word.p[n] != '/')
		n++;
	bool colon = n < word.n && word.p[n] == ':';
	wq_str name = wq_str_head(word, n);
	term->value = wq_str_from(word, n + colon);
	for (size_t i = 0; i < WQ_COUNT(mechanisms); i++)
		if (wq_str_eq_nocase(name, mechanisms[i].name)) {
			term->mechanism = mechanisms[i].mechanism;
			return arguments(term, colon);
		}
	return "an unknown mechanism";
}

static const char *read_term(wq_str word, struct wq_spf_term *term, unsigned *redirects, unsigned *exps)
{
	wq_str name, value;

	*term = (struct wq_spf_term){.prefix4 = -1};
	if (!modifier_of(word, &name, &value))
		return read_mechanism(word, term);
	term->mechanism = WQ_SPF_OTHER;
	term->value = value;
	if (wq_str_eq_nocase(name, WQ_S("redirect"))) {
		term->mechanism = WQ_SPF_REDIRECT;
		return ++*redirects > 1      ? "more than one redirect"
			: domain_spec(value) ? NULL
					     : "redirect needs a domain";
	}
	if (wq_str_eq_nocase(name, WQ_S("exp")))
		return ++*exps > 1 ? "more than one exp" : domain_spec(value) ? NULL : "exp needs a domain";
	return NULL;
}

bool wq_spf_parse(wq_str text, struct wq_spf_record *ret_record, const char **ret_fault)
{
	wq_str rest = wq_str_from(text, 6);
	unsigned redirects = 0, exps = 0;

	ret_record->n = 0;
	*ret_fault = !wq_spf_is(text)          ? "no SPF record"
		: text.n > WQ_SPF_RECORD_BYTES ? "a record that is too long"
					       : NULL;
	while (!*ret_fault && rest.p) {
		wq_str word = wq_str_cut(&rest, ' ');
		if (word.n == 0)
			continue;
		if (ret_record->n == WQ_SPF_TERMS)
			*ret_fault = "too many terms";
		else
			*ret_fault = read_term(word, &ret_record->terms[ret_record->n++], &redirects, &exps);
	}
	return !*ret_fault;
}

/* ---- walking ---- */

static wq_str canonical(struct wq_arena *arena, wq_str name)
{
	char *copy = wq_arena_cstr(arena, name);

	if (!copy)
		return WQ_S_NONE;
	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	size_t n = strlen(copy);
	return wq_str_of(copy, n && copy[n - 1] == '.' ? n - 1 : n);
}

static const struct wq_spf_seen *seen_of(const struct walk *w, wq_str name, enum wq_spf_ask ask)
{
	for (size_t i = 0; i < w->table_n; i++)
		if (w->table[i].ask == ask && wq_str_eq(w->table[i].name, name))
			return &w->table[i];
	return NULL;
}

static void fault(struct walk *w, wq_str at, const char *what)
{
	if (w->out->fault)
		return;
	w->out->fault = what;
	w->out->fault_at = at;
}

/* One look-up of §4.6.4; NULL when it is not in the table or cannot be, or did not answer. */
static const struct wq_spf_seen *look_up(struct walk *w, wq_str name, enum wq_spf_ask ask)
{
	w->out->lookups++;
	if (wq_str_chr(name, '%') >= 0 || ++w->names > WQ_SPF_NAMES)
		return NULL;
	const struct wq_spf_seen *seen = seen_of(w, name, ask);
	if (!seen) {
		if (w->out->missing.n == 0) {
			w->out->missing = name;
			w->out->missing_ask = ask;
		}
		return NULL;
	}
	if (seen->failed)
		return NULL;
	w->out->voids += seen->nothing;
	return seen;
}

static void walk_record(struct walk *w, wq_str domain, const wq_str *texts, size_t n, bool top);

static void walk_into(struct walk *w, wq_str domain, bool top)
{
	for (size_t i = 0; i < w->depth; i++)
		if (wq_str_eq(w->path[i], domain)) {
			w->out->lookups++;
			w->out->loop = true;
			return;
		}
	const struct wq_spf_seen *seen = look_up(w, domain, WQ_SPF_ASK_TXT);
	if (seen)
		walk_record(w, domain, seen->texts, seen->texts_n, top);
}

static void walk_term(struct walk *w, wq_str domain, const struct wq_spf_term *term, bool top)
{
	wq_str name = term->value.n ? canonical(w->arena, term->value) : domain;

	switch (term->mechanism) {
	case WQ_SPF_INCLUDE: walk_into(w, name, false); break;
	case WQ_SPF_A:
	case WQ_SPF_EXISTS: (void)look_up(w, name, WQ_SPF_ASK_ADDRESS); break;
	case WQ_SPF_MX: (void)look_up(w, name, WQ_SPF_ASK_MX); break;
	case WQ_SPF_PTR:
		w->out->lookups++;
		w->out->ptr = true;
		break;
	case WQ_SPF_IP4:
	case WQ_SPF_IP6:
		if (term->qualifier == '+' && term->prefix4 >= 0)
			w->out->wide |= term->prefix4 <= (term->mechanism == WQ_SPF_IP4 ? 7 : 15);
		break;
	case WQ_SPF_ALL:
		if (top)
			w->out->all = term->qualifier;
		break;
	case WQ_SPF_REDIRECT:
	case WQ_SPF_OTHER: break;
	}
}

static const wq_str *only_record(struct walk *w, wq_str domain, const wq_str *texts, size_t n)
{
	const wq_str *record = NULL;

	for (size_t i = 0; i < n; i++)
		if (wq_spf_is(texts[i])) {
			if (record)
				w->out->several = true;
			else
				record = &texts[i];
		}
	if (!record)
		fault(w, domain, "no SPF record");
	return record;
}

/* `top`: its `all` decides. Redirect counts only where there is no `all` (§6.1). */
static void walk_record(struct walk *w, wq_str domain, const wq_str *texts, size_t n, bool top)
{
	struct wq_spf_record *record = WQ_NEW(w->arena, struct wq_spf_record);
	const wq_str *text = only_record(w, domain, texts, n);
	const struct wq_spf_term *redirect = NULL;
	const char *why = NULL;
	bool all = false;

	if (!text || !record || w->depth == WQ_SPF_LOOKUPS_MAX + 2)
		return;
	if (!wq_spf_parse(*text, record, &why)) {
		fault(w, domain, why);
		return;
	}
	w->path[w->depth++] = domain;
	for (size_t i = 0; i < record->n && !all; i++) {
		if (record->terms[i].mechanism == WQ_SPF_REDIRECT)
			redirect = &record->terms[i];
		walk_term(w, domain, &record->terms[i], top);
		all = record->terms[i].mechanism == WQ_SPF_ALL; /* what is behind it is never reached (§5.1) */
	}
	if (!all && redirect)
		walk_into(w, canonical(w->arena, redirect->value), top);
	w->depth--;
}

wq_err wq_spf_walk(struct wq_arena *arena, wq_str domain, const wq_str *texts, size_t texts_n,
	const struct wq_spf_seen *table, size_t table_n, struct wq_spf_walked *ret_walked)
{
	struct wq_spf_walked out = {0};
	struct walk w = {.arena = arena, .table = table, .table_n = table_n, .out = &out};

	walk_record(&w, domain, texts, texts_n, true);
	WQ_TRY(wq_arena_err(arena));
	*ret_walked = out;
	return WQ_OK;
}
