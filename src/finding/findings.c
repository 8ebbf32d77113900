#include "finding/finding.h"

enum { FIRST_ROOM = 8 };

wq_err wq_findings_init(struct wq_findings *findings, struct wq_arena *arena, size_t max)
{
	if (max == 0 || max > WQ_FINDINGS_MAX)
		return wq_error(WQ_E_LIMIT, "findings: a maximum between 1 and %d", WQ_FINDINGS_MAX);
	*findings = (struct wq_findings){.arena = arena, .max = max};
	return WQ_OK;
}

/* Identities are uniform, so their first bytes serve as the hash. Slots are twice the room: never full. */
static size_t slot_of(const struct wq_findings *findings, const struct wq_finding *finding)
{
	struct wq_finding_id id = wq_finding_identity(finding);
	size_t mask = 2 * findings->room - 1, at;
	memcpy(&at, id.bytes, sizeof(at));
	for (at &= mask; findings->slots[at]; at = (at + 1) & mask)
		if (wq_finding_same(&findings->items[findings->slots[at] - 1], finding))
			break;
	return at;
}

/* Doubles the room. The old blocks stay in the arena: at most as much again. */
static wq_err grow(struct wq_findings *findings)
{
	size_t room = findings->room ? 2 * findings->room : FIRST_ROOM;
	struct wq_finding *items = WQ_NEW_ARRAY(findings->arena, struct wq_finding, room);
	uint32_t *slots = WQ_NEW_ARRAY(findings->arena, uint32_t, 2 * room);
	if (!items || !slots)
		return wq_arena_err(findings->arena);
	if (findings->count)
		memcpy(items, findings->items, findings->count * sizeof(*items));
	findings->items = items;
	findings->slots = slots;
	findings->room = room;
	for (size_t i = 0; i < findings->count; i++)
		slots[slot_of(findings, &items[i])] = (uint32_t)i + 1;
	return WQ_OK;
}

static wq_err copy(struct wq_arena *arena, const struct wq_finding *finding, struct wq_finding *ret_copy)
{
	struct wq_finding c = *finding;
	wq_str *const members[] = {&c.rule, &c.place.app, &c.place.key, &c.place.url, &c.place.file,
		&c.evidence.excerpt, &c.evidence.subject, &c.evidence.target, &c.advice_zh, &c.advice_en, &c.owner};
	for (size_t i = 0; i < WQ_COUNT(members); i++)
		*members[i] = wq_arena_str(arena, *members[i]);
	for (size_t i = 0; i < c.clause_count; i++)
		c.clauses[i] = wq_arena_str(arena, c.clauses[i]);
	c.evidence.count = WQ_MAX(c.evidence.count, 1u);
	WQ_TRY(wq_arena_err(arena));
	*ret_copy = c;
	return WQ_OK;
}

static wq_err join(struct wq_arena *arena, struct wq_finding *into, const struct wq_finding *finding)
{
	uint32_t more = WQ_MAX(finding->evidence.count, 1u);
	into->evidence.count = into->evidence.count > UINT32_MAX - more ? UINT32_MAX : into->evidence.count + more;
	into->severity = WQ_MAX(into->severity, finding->severity);
	if (finding->found_at && (into->found_at == 0 || finding->found_at < into->found_at))
		into->found_at = finding->found_at;
	size_t had = into->clause_count;
	for (size_t i = 0; i < finding->clause_count; i++)
		(void)wq_finding_add_clause(into, finding->clauses[i]);
	for (size_t i = had; i < into->clause_count; i++)
		into->clauses[i] = wq_arena_str(arena, into->clauses[i]);
	return wq_arena_err(arena);
}

wq_err wq_findings_add(struct wq_findings *findings, const struct wq_finding *finding)
{
	WQ_TRY(wq_finding_check(finding));
	findings->worst = WQ_MAX(findings->worst, finding->severity);
	size_t at = findings->room ? slot_of(findings, finding) : 0;
	if (findings->room && findings->slots[at])
		return join(findings->arena, &findings->items[findings->slots[at] - 1], finding);
	if (findings->count == findings->max) {
		findings->dropped++;
		return WQ_OK;
	}
	if (findings->count == findings->room) {
		WQ_TRY(grow(findings));
		at = slot_of(findings, finding);
	}
	WQ_TRY(copy(findings->arena, finding, &findings->items[findings->count]));
	findings->slots[at] = (uint32_t)++findings->count;
	return WQ_OK;
}
