#include "detect/front/front_priv.h"
#include "finding/excerpt.h"

struct front_note *front_note_add(struct front_notes *notes, enum wq_rule_id rule, enum front_scope scope,
	enum wq_severity severity, wq_str subject, wq_str excerpt, uint64_t at)
{
	uint64_t hash = wq_str_hash(subject, (uint64_t)rule + 1);
	struct front_note **slot = &notes->slots[hash % WQ_COUNT(notes->slots)], *note;

	for (note = *slot; note; note = note->same)
		if (note->hash == hash && note->rule == rule) {
			note->count++;
			note->severity = WQ_MAX(note->severity, severity);
			return NULL;
		}
	if (notes->n == FRONT_NOTES_MAX)
		return NULL;
	note = WQ_NEW(notes->arena, struct front_note);
	if (!note)
		return NULL;
	*note = (struct front_note){.same = *slot,
		.rule = rule,
		.scope = scope,
		.severity = severity,
		.hash = hash,
		.subject = wq_clean(notes->arena, subject, FRONT_SUBJECT_BYTES),
		.excerpt = wq_clean(notes->arena, excerpt, WQ_EXCERPT_BYTES),
		.at = at,
		.count = 1};
	*slot = note;
	*notes->last = note;
	notes->last = &note->next;
	notes->n++;
	return note;
}
