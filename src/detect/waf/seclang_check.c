#include "detect/waf/seclang_priv.h"

/* A rule's number and its place in the list; sorted by both. */
struct numbered {
	uint32_t id;
	size_t at;
};
struct marked {
	wq_str name;
	size_t at;
};

struct check {
	const struct wq_sec_rules *rules;
	wq_sec_notice_fn notice;
	void *notice_data;
	struct wq_arena arena;
	struct numbered *ids;
	size_t ids_n;
	struct marked *marks;
	size_t marks_n;
};

static struct wq_sec_parser at(const struct check *c, const struct wq_sec_item *item)
{
	return (struct wq_sec_parser){.place = item->place, .notice = c->notice, .notice_data = c->notice_data};
}

static const struct wq_sec_action *find(const struct wq_sec_item *item, enum wq_waf_action action)
{
	for (size_t i = item->actions_n; i-- > 0;) {
		if (item->actions[i].action == action)
			return &item->actions[i];
	}
	return NULL;
}

static const struct wq_sec_action *find_disruptive(const struct wq_sec_item *item)
{
	static const enum wq_waf_action list[] = {
		WQ_ACT_ALLOW, WQ_ACT_BLOCK, WQ_ACT_DENY, WQ_ACT_DROP, WQ_ACT_PASS, WQ_ACT_REDIRECT};
	const struct wq_sec_action *found = NULL;

	for (size_t i = 0; i < WQ_COUNT(list) && !found; i++)
		found = find(item, list[i]);
	return found;
}

static unsigned phase_of(const struct wq_sec_action *action)
{
	unsigned phase = 0;

	(void)wq_sec_phase_parse(action->argument, &phase);
	return phase;
}

static bool is_rule(const struct wq_sec_item *item)
{
	return item->kind == WQ_SEC_RULE || item->kind == WQ_SEC_ACTION;
}

/* ---- one rule ---- */

static wq_err head_check(const struct check *c, const struct wq_sec_item *item)
{
	struct wq_sec_parser p = at(c, item);

	if (!find(item, WQ_ACT_ID))
		return wq_sec_fail(
			&p, "the rule has no number: add id:N to its actions (1 to 99999 are for own rules)");
	if (!find(item, WQ_ACT_PHASE))
		return wq_sec_fail(&p,
			"rule %.*s has no phase: add phase:2, which is what ModSecurity takes when nothing is said",
			WQ_SEC_CUT(find(item, WQ_ACT_ID)->argument));
	return WQ_OK;
}

static wq_err link_check(const struct check *c, const struct wq_sec_item *item, const struct wq_sec_item *head)
{
	static const enum wq_waf_action only_head[] = {WQ_ACT_ID, WQ_ACT_SKIP, WQ_ACT_SKIP_AFTER};
	struct wq_sec_parser p = at(c, item);
	const struct wq_sec_action *found = find_disruptive(item), *phase = find(item, WQ_ACT_PHASE);

	for (size_t i = 0; i < WQ_COUNT(only_head) && !found; i++)
		found = find(item, only_head[i]);
	if (found)
		return wq_sec_fail(&p,
			"action %s in a link of a chain: it belongs to the chain's first rule, at line %u",
			wq_waf_action_name(found->action), head->place.line);
	if (phase && phase_of(phase) != phase_of(find(head, WQ_ACT_PHASE)))
		return wq_sec_fail(&p,
			"phase:%.*s in a link of a chain: all its rules run in the phase of the first, at line %u",
			WQ_SEC_CUT(phase->argument), head->place.line);
	return WQ_OK;
}

static wq_err default_check(const struct check *c, const struct wq_sec_item *item)
{
	static const enum wq_waf_action never[] = {
		WQ_ACT_ID, WQ_ACT_CHAIN, WQ_ACT_MSG, WQ_ACT_REV, WQ_ACT_VER, WQ_ACT_SKIP, WQ_ACT_SKIP_AFTER};
	struct wq_sec_parser p = at(c, item);
	const struct wq_sec_action *found = find(item, WQ_ACT_BLOCK);

	if (!find(item, WQ_ACT_PHASE))
		return wq_sec_fail(&p, "SecDefaultAction needs a phase: one directive for each, as phase:1,log,pass");
	for (size_t i = 0; i < WQ_COUNT(never) && !found; i++)
		found = find(item, never[i]);
	if (found)
		return wq_sec_fail(&p, "SecDefaultAction cannot have %s: it is what rules fall back on",
			wq_waf_action_name(found->action));
	if (!find_disruptive(item))
		return wq_sec_fail(
			&p, "SecDefaultAction needs one of pass, deny, drop, redirect, allow: what block means");
	return WQ_OK;
}

/* ---- between rules ---- */

static int compare_ids(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int compare_marks(const void *a, const void *b)
{
	const struct marked *x = a, *y = b;
	int order = wq_str_cmp(x->name, y->name);

	return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

/* How many ids come before (id, at) in order. */
static size_t ids_before(const struct check *c, uint32_t id)
{
	size_t low = 0, high = c->ids_n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (c->ids[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static wq_err collect(struct check *c)
{
	c->ids = WQ_NEW_ARRAY(&c->arena, struct numbered, c->rules->n + 1);
	c->marks = WQ_NEW_ARRAY(&c->arena, struct marked, 2 * c->rules->n + 1);
	if (!c->ids || !c->marks)
		return wq_arena_err(&c->arena);
	for (size_t i = 0; i < c->rules->n; i++) {
		const struct wq_sec_item *item = &c->rules->items[i];
		const struct wq_sec_action *id = is_rule(item) ? find(item, WQ_ACT_ID) : NULL;
		uint64_t number;
		if (id && wq_str_to_u64(id->argument, UINT32_MAX, &number))
			c->ids[c->ids_n++] = (struct numbered){(uint32_t)number, i};
		if (id || item->kind == WQ_SEC_MARKER)
			c->marks[c->marks_n++] = (struct marked){id ? id->argument : item->argument, i};
	}
	qsort(c->ids, c->ids_n, sizeof *c->ids, compare_ids);
	qsort(c->marks, c->marks_n, sizeof *c->marks, compare_marks);
	return WQ_OK;
}

static wq_err doubles_check(const struct check *c)
{
	for (size_t i = 1; i < c->ids_n; i++) {
		if (c->ids[i].id != c->ids[i - 1].id)
			continue;
		const struct wq_sec_item *first = &c->rules->items[c->ids[i - 1].at];
		struct wq_sec_parser p = at(c, &c->rules->items[c->ids[i].at]);
		return wq_sec_fail(&p, "rule number %u is taken by %.120s:%u: give this one another", c->ids[i].id,
			first->place.file, first->place.line);
	}
	return WQ_OK;
}

static const char *mark_hint(const struct check *c, wq_str name, char out[WQ_SEC_HINT_BYTES])
{
	out[0] = 0;
	for (size_t i = 0; i < c->marks_n; i++) {
		if (wq_str_eq_nocase(c->marks[i].name, name))
			(void)snprintf(out, WQ_SEC_HINT_BYTES, ": did you mean %.*s?", WQ_SEC_CUT(c->marks[i].name));
	}
	return out;
}

static wq_err skip_check(const struct check *c, size_t i)
{
	const struct wq_sec_item *item = &c->rules->items[i];
	const struct wq_sec_action *skip = is_rule(item) ? find(item, WQ_ACT_SKIP_AFTER) : NULL;
	char hint[WQ_SEC_HINT_BYTES];
	size_t low = 0, high = c->marks_n;

	if (!skip)
		return WQ_OK;
	struct marked wanted = {skip->argument, i + 1};
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (compare_marks(&c->marks[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < c->marks_n && wq_str_eq(c->marks[low].name, skip->argument))
		return WQ_OK;
	struct wq_sec_parser p = at(c, item);
	return wq_sec_fail(&p, "skipAfter:%.*s: no SecMarker of this name stands behind the rule%s",
		WQ_SEC_CUT(skip->argument), mark_hint(c, skip->argument, hint));
}

/* A removal that removes nothing is most often a slip. */
static void removal_notice(const struct check *c, size_t i)
{
	const struct wq_sec_item *item = &c->rules->items[i];
	struct wq_sec_parser p = at(c, item);
	wq_str rest = item->argument;
	uint32_t first, last;

	if (item->kind != WQ_SEC_REMOVE_BY_ID && item->kind != WQ_SEC_UPDATE_TARGET_BY_ID &&
		item->kind != WQ_SEC_UPDATE_ACTION_BY_ID)
		return;
	while (wq_sec_ids_next(&rest, &first, &last)) {
		bool found = false;
		for (size_t j = ids_before(c, first); j < c->ids_n && c->ids[j].id <= last && !found; j++)
			found = c->ids[j].at < i;
		if (!found)
			wq_sec_notice(&p, "no rule numbered %u%s stands before this line: nothing is changed", first,
				first == last ? "" : " or up to the end of the range");
	}
}

/* ---- the list ---- */

static wq_err chains_check(const struct check *c)
{
	const struct wq_sec_item *head = NULL, *before = NULL;

	for (size_t i = 0; i < c->rules->n; i++) {
		const struct wq_sec_item *item = &c->rules->items[i];
		bool linked = before && find(before, WQ_ACT_CHAIN);
		if (linked && (!is_rule(item) || strcmp(item->place.file, before->place.file) != 0))
			break;
		if (item->kind == WQ_SEC_DEFAULT)
			WQ_TRY(default_check(c, item));
		if (is_rule(item)) {
			head = linked ? head : item;
			WQ_TRY(linked ? link_check(c, item, head) : head_check(c, item));
		}
		before = is_rule(item) ? item : NULL;
	}
	if (!before || !find(before, WQ_ACT_CHAIN))
		return WQ_OK;
	struct wq_sec_parser p = at(c, before);
	return wq_sec_fail(&p, "the rule ends in chain and no rule follows it: add the rule, or take chain off");
}

static wq_err all_check(struct check *c)
{
	WQ_TRY(chains_check(c));
	WQ_TRY(collect(c));
	WQ_TRY(doubles_check(c));
	for (size_t i = 0; i < c->rules->n; i++) {
		WQ_TRY(skip_check(c, i));
		if (c->notice)
			removal_notice(c, i);
	}
	return WQ_OK;
}

wq_err wq_sec_check(const struct wq_sec_rules *rules, wq_sec_notice_fn notice, void *data)
{
	struct check c = {.rules = rules, .notice = notice, .notice_data = data};

	wq_arena_init(&c.arena, 16 * WQ_MIB);
	wq_err e = all_check(&c);
	wq_arena_done(&c.arena);
	return e;
}
