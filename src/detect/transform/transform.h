/* Transformations of rule values: what the languages behind a gate would make of a text, undone before it is judged.
 *
 * One row each in detect/transform/transform_table.h. A transformation is a pure function of its input. Each says which bytes
 * must be there for it to change anything (`triggers`), so that a string without them is known to be its own result without
 * being read again. Decoders never fold a code point that has no ASCII form to its low byte: full-width ASCII becomes ASCII, what is mapped
 * in the table of unmapped look-alikes becomes that, everything else keeps its bytes (CJK-safe: 医 %u533B never becomes ';').
 */
#ifndef WQ_DETECT_TRANSFORM_TRANSFORM_H
#define WQ_DETECT_TRANSFORM_TRANSFORM_H

#include "base/arena.h"

enum wq_transform {
#define WQ_TRANSFORM(id, name, triggers, function) WQ_T_##id,
#include "detect/transform/transform_table.h"
#undef WQ_TRANSFORM
	WQ_T_COUNT
};

/* Without case, "t:" left out: "urlDecodeUni". False: no such transformation. */
bool wq_transform_parse(wq_str name, enum wq_transform *ret_transform);
const char *wq_transform_name(enum wq_transform transform);

/* The bytes of which at least one must occur for the transformation to change a string; all ones when it may change any
 * (length, sha1, …). A string that is not changed for another reason is still allowed. */
void wq_transform_triggers(enum wq_transform transform, uint64_t ret_set[4]);
/* Whether it may change any string. Of these length, sha1 and md5 change the empty string too, in which no byte occurs. */
bool wq_transform_any(enum wq_transform transform);

/* The result lives in `arena`, or is `in` itself when nothing changed. Returns false, with `in` as the result, when the arena is full. */
bool wq_transform_apply(enum wq_transform transform, wq_str in, struct wq_arena *arena, wq_str *ret_out);

#endif
