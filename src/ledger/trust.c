#include "ledger/trust.h"

enum { UNCOMPRESSED = 4 /* the first byte of a point, X and Y */ };

static const struct {
	const char *name;
	enum wq_role role;
} roles[] = {{"author", WQ_ROLE_AUTHOR}, {"reviewer", WQ_ROLE_REVIEWER}, {"secrecy", WQ_ROLE_SECRECY},
	{"leader", WQ_ROLE_LEADER}};

const struct wq_stage wq_stages[WQ_STAGES] = {
	{"review", WQ_ROLE_REVIEWER, "审核", "review"},
	{"secrecy", WQ_ROLE_SECRECY, "保密审查", "secrecy review"},
	{"release", WQ_ROLE_LEADER, "签发", "release by the leader"},
};

const struct wq_stage *wq_stage_find(wq_str name)
{
	for (size_t i = 0; i < WQ_STAGES; i++)
		if (wq_str_eq(name, wq_str_c(wq_stages[i].name)))
			return &wq_stages[i];
	return NULL;
}

bool wq_stages_parse(wq_str text, const struct wq_stage *ret_stages[WQ_STAGES_MAX], size_t *ret_n)
{
	const struct wq_stage *found[WQ_STAGES_MAX];
	size_t n = 0;

	while (text.p) {
		const struct wq_stage *stage = wq_stage_find(wq_str_trim(wq_str_cut(&text, ',')));

		if (!stage || n == WQ_STAGES_MAX)
			return false;
		found[n++] = stage;
	}
	if (n == 0)
		return false;
	memcpy(ret_stages, found, n * sizeof found[0]);
	*ret_n = n;
	return true;
}

bool wq_roles_parse(wq_str text, unsigned *ret_roles)
{
	unsigned found = 0;

	while (text.p) {
		wq_str word = wq_str_cut(&text, ',');
		size_t i = 0;

		while (i < WQ_COUNT(roles) && !wq_str_eq(word, wq_str_c(roles[i].name)))
			i++;
		if (i == WQ_COUNT(roles))
			return false;
		found |= roles[i].role;
	}
	*ret_roles = found;
	return found != 0;
}

const char *wq_roles_text(unsigned set, char out[WQ_ROLES_TEXT])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < WQ_COUNT(roles); i++)
		if (set & roles[i].role)
			n += (size_t)snprintf(out + n, WQ_ROLES_TEXT - n, "%s%s", n ? "," : "", roles[i].name);
	return out;
}

/* The next word of a line; words are separated by any number of spaces or tabs. */
static wq_str word(wq_str *line)
{
	size_t n = 0;
	wq_str w;

	*line = wq_str_trim(*line);
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	w = wq_str_head(*line, n);
	*line = wq_str_from(*line, n);
	return w;
}

static bool parse_person(wq_str line, struct wq_trust_person *ret)
{
	wq_str kind;

	ret->id = word(&line);
	if (!wq_id_valid(ret->id) || !wq_str_unhex(word(&line), ret->key.point, WQ_SM2_PUBLIC_BYTES) ||
		ret->key.point[0] != UNCOMPRESSED || !wq_roles_parse(word(&line), &ret->roles))
		return false;
	kind = word(&line);
	ret->in_establishment = wq_str_eq(kind, WQ_S("in-establishment"));
	return (ret->in_establishment || wq_str_eq(kind, WQ_S("contractor"))) && word(&line).n == 0;
}

static bool parse_app(wq_str line, struct wq_trust_app *ret)
{
	wq_str approvals, kind, stages;
	uint64_t n;

	ret->id = word(&line);
	approvals = word(&line);
	kind = word(&line);
	stages = word(&line);
	ret->stages_n = 0;
	if (stages.n > 0 &&
		(!wq_str_starts(stages, WQ_S("stages=")) ||
			!wq_stages_parse(wq_str_from(stages, 7), ret->stages, &ret->stages_n)))
		return false;
	if ((!wq_id_valid(ret->id) && !wq_str_eq(ret->id, WQ_S("*"))) ||
		!wq_str_starts(approvals, WQ_S("approvals=")) ||
		!wq_str_to_u64(wq_str_from(approvals, 10), WQ_DECISIONS_MAX, &n) || n == 0)
		return false;
	ret->approvals = (unsigned)n;
	ret->in_establishment = wq_str_eq(kind, WQ_S("in-establishment=yes"));
	return (ret->in_establishment || wq_str_eq(kind, WQ_S("in-establishment=no"))) && word(&line).n == 0;
}

static const struct wq_trust_app *app_row(const struct wq_trust *trust, wq_str id)
{
	for (size_t i = 0; i < trust->apps_n; i++)
		if (wq_str_eq(trust->apps[i].id, id))
			return &trust->apps[i];
	return NULL;
}

const struct wq_trust_person *wq_trust_person_find(const struct wq_trust *trust, wq_str id)
{
	for (size_t i = 0; i < trust->people_n; i++)
		if (wq_str_eq(trust->people[i].id, id))
			return &trust->people[i];
	return NULL;
}

static const struct wq_trust_person *key_owner(const struct wq_trust *trust, const wq_sm2_public *key)
{
	for (size_t i = 0; i < trust->people_n; i++)
		if (memcmp(trust->people[i].key.point, key->point, sizeof key->point) == 0)
			return &trust->people[i];
	return NULL;
}

/* One key under two names would be one person who approves twice. */
static wq_err add_person(struct wq_trust *trust, size_t number, wq_str line)
{
	struct wq_trust_person *p = &trust->people[trust->people_n];

	if (trust->people_n >= WQ_TRUST_PEOPLE_MAX)
		return wq_error(WQ_E_LIMIT, "trust list, line %zu: more than %d people", number, WQ_TRUST_PEOPLE_MAX);
	if (!parse_person(line, p))
		return wq_error(WQ_E_CONFIG, "trust list, line %zu: not a person", number);
	if (wq_trust_person_find(trust, p->id))
		return wq_error(WQ_E_CONFIG, "trust list, line %zu: %.*s is there twice", number, WQ_S_ARG(p->id));
	if (key_owner(trust, &p->key))
		return wq_error(WQ_E_CONFIG, "trust list, line %zu: %.*s has the same key as %.*s", number,
			WQ_S_ARG(p->id), WQ_S_ARG(key_owner(trust, &p->key)->id));
	trust->people_n++;
	return WQ_OK;
}

static wq_err add_app(struct wq_trust *trust, size_t number, wq_str line)
{
	struct wq_trust_app *a = &trust->apps[trust->apps_n];

	if (trust->apps_n >= WQ_TRUST_APPS_MAX)
		return wq_error(
			WQ_E_LIMIT, "trust list, line %zu: more than %d applications", number, WQ_TRUST_APPS_MAX);
	if (!parse_app(line, a))
		return wq_error(WQ_E_CONFIG, "trust list, line %zu: not an application", number);
	if (app_row(trust, a->id))
		return wq_error(WQ_E_CONFIG, "trust list, line %zu: %.*s is there twice", number, WQ_S_ARG(a->id));
	trust->apps_n++;
	return WQ_OK;
}

static wq_err add_row(struct wq_trust *trust, size_t number, wq_str line)
{
	wq_str kind = word(&line);

	if (kind.n == 0)
		return WQ_OK;
	if (wq_str_eq(kind, WQ_S("person")))
		return add_person(trust, number, line);
	if (wq_str_eq(kind, WQ_S("app")))
		return add_app(trust, number, line);
	return wq_error(WQ_E_CONFIG, "trust list, line %zu: begins with neither person nor app", number);
}

wq_err wq_trust_parse(wq_str text, struct wq_arena *arena, struct wq_trust *ret_trust)
{
	struct wq_trust trust = {0};
	size_t number = 0;
	bool begun = false;

	if (text.n > WQ_TRUST_BYTES_MAX)
		return wq_error(WQ_E_LIMIT, "the trust list is larger than %d bytes", WQ_TRUST_BYTES_MAX);
	text = wq_arena_str(arena, text);
	trust.people = WQ_NEW_ARRAY(arena, struct wq_trust_person, WQ_TRUST_PEOPLE_MAX);
	trust.apps = WQ_NEW_ARRAY(arena, struct wq_trust_app, WQ_TRUST_APPS_MAX);
	WQ_TRY(wq_arena_err(arena));
	while (text.p) {
		wq_str line = wq_str_cut(&text, '\n');

		line = wq_str_trim(wq_str_cut(&line, '#'));
		if (number++ > 0)
			WQ_TRY(add_row(&trust, number, line));
		else if (!wq_str_eq(line, WQ_S("weique-trust 1")))
			break;
		else
			begun = true;
	}
	if (!begun)
		return wq_error(WQ_E_CONFIG, "trust list, line 1: not 'weique-trust 1'");
	*ret_trust = trust;
	return WQ_OK;
}

wq_err wq_trust_person_line(const struct wq_trust_person *person, struct wq_buf *out)
{
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1], text[WQ_ROLES_TEXT];

	wq_buf_printf(out, "person %.*s %s %s %s\n", WQ_S_ARG(person->id),
		wq_hex(person->key.point, WQ_SM2_PUBLIC_BYTES, hex), wq_roles_text(person->roles, text),
		person->in_establishment ? "in-establishment" : "contractor");
	return wq_buf_err(out);
}

struct wq_trust_app wq_trust_app_find(const struct wq_trust *trust, wq_str app)
{
	const struct wq_trust_app *row = app_row(trust, app);

	if (!row)
		row = app_row(trust, WQ_S("*"));
	return row ? *row : (struct wq_trust_app){.id = app, .approvals = 2, .in_establishment = true};
}

/* A release's decisions while they are counted. */
struct count {
	const struct wq_trust *trust;
	struct wq_trust_app needs;
	struct wq_statement statement;
	wq_digest digest;
	const struct wq_trust_person *counted[WQ_DECISIONS_MAX];
	unsigned n;
	bool filled[WQ_STAGES_MAX]; /* of needs.stages */
	char idle[WQ_ID_MAX + 80];  /* who did not count last, and why */
};

static void idle(struct count *c, wq_str person, const char *why)
{
	snprintf(c->idle, sizeof c->idle, "; %.*s %s", WQ_S_ARG(person), why);
}

/* Whether an approval belongs to one of the stages; the first open one is filled. */
static bool take_stage(struct count *c, const struct wq_trust_person *person, const struct wq_decision *d)
{
	const struct wq_stage *stage = wq_stage_find(d->stage);
	bool fits = false;

	for (size_t i = 0; stage && person->roles & stage->role && i < c->needs.stages_n; i++)
		if (c->needs.stages[i] == stage) {
			fits = true;
			if (!c->filled[i]) {
				c->filled[i] = true;
				break;
			}
		}
	return fits;
}

static void count_one(struct count *c, const struct wq_trust_person *person, const struct wq_decision *d)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->counted[i] == person)
			return;
	if (c->needs.in_establishment && !person->in_establishment)
		idle(c, d->person, "is not in-establishment staff (2024 art. 13)");
	else if (c->needs.stages_n == 0 && !(person->roles & WQ_ROLE_REVIEWER))
		idle(c, d->person, "is not a reviewer");
	else if (c->needs.stages_n > 0 && !take_stage(c, person, d))
		idle(c, d->person, "has not the role of the stage that was named");
	else
		c->counted[c->n++] = person;
}

/* One decision: whether it may stand among the others, and whether it counts. */
static wq_err take_one(struct count *c, const struct wq_signed_decision *signed_decision)
{
	const struct wq_trust_person *person;
	struct wq_decision d;

	WQ_TRY(wq_decision_decode(signed_decision->canonical, &d));
	if (!wq_digest_eq(d.statement, c->digest) || !wq_str_eq(d.release, c->statement.release))
		return wq_error(WQ_E_SIGNATURE, "the decision of %.*s is about something else", WQ_S_ARG(d.person));
	person = wq_trust_person_find(c->trust, d.person);
	if (!person) {
		idle(c, d.person, "is not on the trust list");
		return WQ_OK;
	}
	if (wq_failed(wq_sm2_verify(&person->key, signed_decision->canonical, &signed_decision->sig)))
		return wq_error(
			WQ_E_SIGNATURE, "the decision of %.*s is not signed by the pinned key", WQ_S_ARG(d.person));
	if (d.verdict == WQ_VERDICT_REJECT)
		return wq_error(WQ_E_UNAPPROVED, "%.*s rejected it", WQ_S_ARG(d.person));
	if (wq_str_eq(d.person, c->statement.author))
		return wq_error(WQ_E_SELF_REVIEW, "%.*s is the author", WQ_S_ARG(d.person));
	count_one(c, person, &d);
	return WQ_OK;
}

/* Whoever is named as the author is excluded from deciding: a name that nobody answers to would exclude nobody. */
static wq_err check_author(const struct wq_trust *trust, wq_str author)
{
	const struct wq_trust_person *person = wq_trust_person_find(trust, author);

	if (!person || !(person->roles & WQ_ROLE_AUTHOR))
		return wq_error(WQ_E_UNAPPROVED, "%.*s is not on the trust list as an author", WQ_S_ARG(author));
	return WQ_OK;
}

static wq_err check_enough(const struct count *c)
{
	for (size_t i = 0; i < c->needs.stages_n; i++)
		if (!c->filled[i])
			return wq_error(WQ_E_UNAPPROVED, "the stage %s is missing (%u of %u approvals)%s",
				c->needs.stages[i]->name, c->n, c->needs.approvals, c->idle);
	if (c->n < c->needs.approvals)
		return wq_error(WQ_E_UNAPPROVED, "%u of %u approvals%s", c->n, c->needs.approvals, c->idle);
	return WQ_OK;
}

static wq_err count_approvals(
	struct count *c, wq_str statement_bytes, const struct wq_signed_decision *decisions, size_t decisions_n)
{
	if (decisions_n > WQ_DECISIONS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d decisions", WQ_DECISIONS_MAX);
	WQ_TRY(wq_statement_decode(statement_bytes, &c->statement));
	c->digest = wq_sm3(statement_bytes);
	WQ_TRY(check_author(c->trust, c->statement.author));
	c->needs = wq_trust_app_find(c->trust, c->statement.app);
	for (size_t i = 0; i < decisions_n; i++)
		WQ_TRY(take_one(c, &decisions[i]));
	return check_enough(c);
}

wq_err wq_trust_check(const struct wq_trust *trust, wq_str statement_bytes, const struct wq_signed_decision *decisions,
	size_t decisions_n, unsigned *ret_approvals)
{
	struct count c = {.trust = trust};
	wq_err e = count_approvals(&c, statement_bytes, decisions, decisions_n);

	if (ret_approvals)
		*ret_approvals = c.n;
	return e;
}
