#include "flow/diff.h"

static const struct {
	const char *name, *zh, *en;
} kinds[] = {{"added", "新增", "added"}, {"changed", "修改", "changed"}, {"gone", "消失", "gone"}};

const char *wq_change_name(enum wq_change_kind kind)
{
	return kinds[kind].name;
}

const char *wq_change_title(enum wq_change_kind kind, enum wq_lang lang)
{
	return lang == WQ_LANG_ZH ? kinds[kind].zh : kinds[kind].en;
}

bool wq_entry_same(const struct wq_entry *a, const struct wq_entry *b)
{
	return a->status == b->status && wq_str_eq(a->type, b->type) && wq_str_eq(a->headers, b->headers) &&
		wq_digest_eq(a->identity.digest, b->identity.digest);
}

wq_err wq_diff(const struct wq_snapshot *base, const struct wq_snapshot *proposed, wq_change_fn visit, void *data)
{
	uint32_t i = 0, j = 0, base_n = base ? base->entries_n : 0;

	while (i < base_n || j < proposed->entries_n) {
		struct wq_entry was, is;
		struct wq_change change = {.was = &was, .is = &is};
		int order;

		if ((i < base_n && !wq_snapshot_entry(base, i, &was)) ||
			(j < proposed->entries_n && !wq_snapshot_entry(proposed, j, &is)))
			return wq_error(WQ_E_FORMAT, "entry %u or %u", i, j);
		order = i >= base_n ? 1 : j >= proposed->entries_n ? -1 : wq_str_cmp(was.key, is.key);
		i += order <= 0;
		j += order >= 0;
		if (order == 0 && wq_entry_same(&was, &is))
			continue;
		change.kind = order < 0 ? WQ_CHANGE_GONE : order > 0 ? WQ_CHANGE_ADDED : WQ_CHANGE_CHANGED;
		change.key = order < 0 ? was.key : is.key;
		if (order < 0)
			change.is = NULL;
		if (order > 0)
			change.was = NULL;
		WQ_TRY(visit(data, &change));
	}
	return WQ_OK;
}
