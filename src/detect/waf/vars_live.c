#include "detect/waf/eval_priv.h"

static struct wq_waf_item *push(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name)
{
	struct wq_waf_item *item = wq_waf_grow(
		tx, (void **)&tx->items.list, tx->items.n, &tx->items.room, sizeof *item);

	if (!item)
		return NULL;
	*item = (struct wq_waf_item){.var = (uint8_t)var, .name = name, .string = WQ_STRING_NONE};
	tx->items.n++;
	return item;
}

static void fill_value(struct wq_waf_item *item, const struct wq_waf_value *value)
{
	item->text = value->text;
	item->is_number = value->is_number;
	item->number = value->number;
}

static void push_value(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name, const struct wq_waf_value *value)
{
	struct wq_waf_item *item = value->set ? push(tx, var, name) : NULL;

	if (item)
		fill_value(item, value);
}

static void live_tx(struct wq_waf_tx *tx, const struct wq_waf_source *source)
{
	const struct wq_waf_target *target = &source->target;
	const wq_str *names = tx->program->slots;

	if (target->slot != WQ_WAF_NONE) {
		push_value(tx, WQ_VAR_TX, target->name, &tx->slots[target->slot]);
		return;
	}
	if (target->selector == WQ_SEC_SELECT_REGEX)
		for (uint32_t i = 0; i < source->slots_n; i++) {
			uint32_t slot = tx->plan->slots[source->slots + i];
			push_value(tx, WQ_VAR_TX, names[slot], &tx->slots[slot]);
		}
	else
		for (uint32_t i = 0; i < tx->program->slots_n; i++)
			if (tx->slots[i].set && wq_waf_selects(tx, target, tx->program->regexes, names[i]))
				push_value(tx, WQ_VAR_TX, names[i], &tx->slots[i]);
}

static void live_dynamic(struct wq_waf_tx *tx, const struct wq_waf_target *target)
{
	for (uint32_t i = 0; i < tx->dynamic_n; i++) {
		const struct wq_waf_dynamic *it = &tx->dynamic[i];
		if (it->var == target->var && it->value.set &&
			wq_waf_selects(tx, target, tx->program->regexes, it->name))
			push_value(tx, target->var, it->name, &it->value);
	}
}

static void live_matched(struct wq_waf_tx *tx, const struct wq_waf_target *target)
{
	for (uint32_t i = 0; i < tx->matched.n; i++) {
		const struct wq_waf_item from = tx->matched.list[i];
		wq_str name = wq_waf_item_name(tx, &from);
		struct wq_waf_item *item;
		if (!wq_waf_selects(tx, target, tx->program->regexes, name) || !(item = push(tx, from.var, from.name)))
			continue;
		*item = from;
		if (target->var == WQ_VAR_MATCHED_VARS_NAMES)
			*item = (struct wq_waf_item){
				.var = target->var, .name = name, .text = name, .string = WQ_STRING_NONE};
	}
}

static const struct {
	wq_str name;
	size_t offset;
} rule_fields[] = {
	{WQ_S_INIT("rev"), offsetof(struct wq_waf_rule, rev)},
	{WQ_S_INIT("ver"), offsetof(struct wq_waf_rule, ver)},
	{WQ_S_INIT("file"), offsetof(struct wq_waf_rule, file)},
};

/* RULE:id, RULE:severity, RULE:msg, RULE:logdata, RULE:rev, …: of the rule that is being looked at. */
static bool of_rule(struct wq_waf_tx *tx, wq_str name, struct wq_waf_item *item)
{
	const struct wq_waf_rule *rule = tx->head;

	if (!rule)
		return false;
	item->is_number = wq_str_eq_nocase(name, WQ_S("id")) || wq_str_eq_nocase(name, WQ_S("severity"));
	item->number = name.n == 2 ? rule->id : rule->severity;
	if (item->is_number)
		return true;
	if (wq_str_eq_nocase(name, WQ_S("msg")) || wq_str_eq_nocase(name, WQ_S("logdata"))) {
		item->text = wq_waf_expand(tx, name.n == 3 ? &rule->message : &rule->data);
		return true;
	}
	for (size_t i = 0; i < WQ_COUNT(rule_fields); i++)
		if (wq_str_eq_nocase(name, rule_fields[i].name)) {
			memcpy(&item->text, (const char *)rule + rule_fields[i].offset, sizeof item->text);
			return true;
		}
	return false;
}

static int64_t combined(struct wq_waf_tx *tx)
{
	const struct wq_waf_values *args = wq_waf_values_of(tx, WQ_VAR_ARGS);
	size_t bytes = 0;

	for (uint32_t i = 0; i < args->n; i++)
		bytes += args->entries[i].name.n + wq_pool_str(&tx->pool, args->entries[i].string).n;
	return (int64_t)bytes;
}

static int64_t full_length(struct wq_waf_tx *tx)
{
	const struct wq_waf_values *headers = &tx->sets[WQ_VAR_REQUEST_HEADERS];
	size_t bytes = tx->line.n + 4 + tx->body_bytes;

	for (uint32_t i = 0; i < headers->n; i++)
		bytes += headers->entries[i].name.n + wq_pool_str(&tx->pool, headers->entries[i].string).n + 4;
	return (int64_t)bytes;
}

static bool odd_query(struct wq_waf_tx *tx)
{
	const uint64_t percent = UINT64_C(1) << WQ_ODD_PERCENT;
	const struct wq_body_report *report = wq_waf_body_report(tx);

	(void)wq_waf_values_of(tx, WQ_VAR_ARGS_GET);
	return (tx->odd & percent) || (report && report->oddities & percent && tx->kind == WQ_BODY_URLENCODED);
}

static int64_t of_report(struct wq_waf_tx *tx, enum wq_waf_var var)
{
	const struct wq_body_report *report = wq_waf_body_report(tx);

	switch ((int)var) {
	case WQ_VAR_REQBODY_ERROR:
	case WQ_VAR_REQBODY_PROCESSOR_ERROR: return report && report->failed;
	case WQ_VAR_MULTIPART_STRICT_ERROR:
		return report && tx->kind == WQ_BODY_MULTIPART && wq_body_strict_error(report);
	case WQ_VAR_MULTIPART_FILE_LIMIT_EXCEEDED: return report && tx->kind == WQ_BODY_MULTIPART && report->over;
	default:
		return report && tx->kind == WQ_BODY_MULTIPART &&
			(report->oddities & wq_body_variable_oddities(wq_str_c(wq_waf_var_name(var)))) != 0;
	}
}

static int64_t number_of(struct wq_waf_tx *tx, enum wq_waf_var var)
{
	switch ((int)var) {
	case WQ_VAR_DURATION: return (int64_t)(wq_waf_elapsed(tx) / 1000);
	case WQ_VAR_HIGHEST_SEVERITY: return tx->highest_severity;
	case WQ_VAR_INBOUND_DATA_ERROR: return tx->body_partial;
	case WQ_VAR_OUTBOUND_DATA_ERROR: return tx->response_partial;
	case WQ_VAR_MSC_PCRE_LIMITS_EXCEEDED: return tx->pattern_limit;
	case WQ_VAR_REQUEST_BODY_LENGTH: return (int64_t)tx->body_bytes;
	case WQ_VAR_FULL_REQUEST_LENGTH: return full_length(tx);
	case WQ_VAR_ARGS_COMBINED_SIZE: return combined(tx);
	case WQ_VAR_FILES_COMBINED_SIZE: return (int64_t)tx->files_bytes;
	case WQ_VAR_URLENCODED_ERROR: return odd_query(tx);
	default: return of_report(tx, var);
	}
}

static bool of_text(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str *ret_text)
{
	const struct wq_body_report *report = wq_waf_body_report(tx);

	switch ((int)var) {
	case WQ_VAR_SESSIONID: *ret_text = tx->session; return tx->session.p != NULL;
	case WQ_VAR_USERID: *ret_text = tx->user; return tx->user.p != NULL;
	case WQ_VAR_WEBAPPID:
		*ret_text = tx->program->web_app_id.n > 0 ? tx->program->web_app_id : WQ_S("default");
		return true;
	case WQ_VAR_MATCHED_VAR_NAME: *ret_text = wq_waf_item_name(tx, &tx->last); return tx->last.var != WQ_VAR_COUNT;
	case WQ_VAR_REQBODY_PROCESSOR: *ret_text = wq_str_c(wq_body_kind_name(tx->kind)); return true;
	case WQ_VAR_REQBODY_ERROR_MSG:
	case WQ_VAR_REQBODY_PROCESSOR_ERROR_MSG:
		*ret_text = wq_str_c(report && report->failed ? report->text : "");
		return true;
	case WQ_VAR_MULTIPART_NAME: *ret_text = report ? report->part_name : WQ_S_NONE; return ret_text->p != NULL;
	default: /* MULTIPART_FILENAME */
		*ret_text = report ? report->part_filename : WQ_S_NONE;
		return ret_text->p != NULL;
	}
}

static bool is_text(enum wq_waf_var var)
{
	switch ((int)var) {
	case WQ_VAR_SESSIONID:
	case WQ_VAR_USERID:
	case WQ_VAR_WEBAPPID:
	case WQ_VAR_MATCHED_VAR_NAME:
	case WQ_VAR_REQBODY_PROCESSOR:
	case WQ_VAR_REQBODY_ERROR_MSG:
	case WQ_VAR_REQBODY_PROCESSOR_ERROR_MSG:
	case WQ_VAR_MULTIPART_NAME:
	case WQ_VAR_MULTIPART_FILENAME: return true;
	default: return false;
	}
}

static bool single(struct wq_waf_tx *tx, enum wq_waf_var var, struct wq_waf_item *item)
{
	if (var == WQ_VAR_MATCHED_VAR) {
		*item = tx->last;
		return tx->last.var != WQ_VAR_COUNT;
	}
	*item = (struct wq_waf_item){.var = (uint8_t)var, .string = WQ_STRING_NONE};
	if (is_text(var))
		return of_text(tx, var, &item->text);
	item->is_number = true;
	item->number = number_of(tx, var);
	return true;
}

static void live_one(struct wq_waf_tx *tx, enum wq_waf_var var)
{
	struct wq_waf_item found, *item;

	if (single(tx, var, &found) && (item = push(tx, var, WQ_S_NONE)))
		*item = found;
}

void wq_waf_live(struct wq_waf_tx *tx, const struct wq_waf_source *source)
{
	const struct wq_waf_target *target = &source->target;

	tx->items.n = 0;
	switch ((int)target->var) {
	case WQ_VAR_MATCHED_VARS:
	case WQ_VAR_MATCHED_VARS_NAMES: live_matched(tx, target); return;
	case WQ_VAR_RULE: {
		struct wq_waf_item found = {.var = WQ_VAR_RULE, .name = target->name, .string = WQ_STRING_NONE}, *item;
		if (of_rule(tx, target->name, &found) && (item = push(tx, WQ_VAR_RULE, target->name)))
			*item = found;
		return;
	}
	case WQ_VAR_GEO: return;
	case WQ_VAR_TX:
		live_tx(tx, source);
		if (target->slot == WQ_WAF_NONE)
			live_dynamic(tx, target);
		return;
	case WQ_VAR_ENV: live_dynamic(tx, target); return;
	default:
		if (wq_waf_var_shape(target->var) == WQ_SHAPE_STORE)
			live_dynamic(tx, target);
		else
			live_one(tx, target->var);
	}
}

static bool first_of_set(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name, struct wq_waf_item *item)
{
	const struct wq_waf_values *set = wq_waf_values_of(tx, var);

	for (uint32_t i = 0; i < set->n; i++)
		if (name.n == 0 || wq_str_eq_nocase(set->entries[i].name, name)) {
			item->name = set->entries[i].name;
			item->string = set->entries[i].string;
			return true;
		}
	return false;
}

bool wq_waf_live_one(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name, struct wq_waf_item *ret_item)
{
	struct wq_waf_item item = {.var = (uint8_t)var, .name = name, .string = WQ_STRING_NONE};
	bool found;

	if (!wq_waf_var_live(var))
		found = first_of_set(tx, var, name, &item);
	else if (var == WQ_VAR_RULE)
		found = of_rule(tx, name, &item);
	else if (var == WQ_VAR_TX || var == WQ_VAR_ENV || wq_waf_var_shape(var) == WQ_SHAPE_STORE) {
		struct wq_waf_value *value = wq_waf_value_find(tx, var, name);
		if ((found = value != NULL))
			fill_value(&item, value);
	} else if (var == WQ_VAR_MATCHED_VARS || var == WQ_VAR_MATCHED_VARS_NAMES || var == WQ_VAR_GEO)
		found = false;
	else
		found = single(tx, var, &item);
	if (found)
		*ret_item = item;
	return found;
}

wq_str wq_waf_item_name(struct wq_waf_tx *tx, const struct wq_waf_item *item)
{
	wq_str var = wq_str_c(item->var < WQ_VAR_COUNT ? wq_waf_var_name(item->var) : "");
	char *text;

	if (item->name.n == 0 || item->var == WQ_VAR_MATCHED_VARS_NAMES)
		return item->name.n == 0 ? var : item->name;
	if (item->var == WQ_VAR_XML)
		return var;
	text = wq_arena_alloc(&tx->arena, var.n + 1 + item->name.n);
	if (!text) {
		tx->no_memory = true;
		return var;
	}
	memcpy(text, var.p, var.n);
	text[var.n] = ':';
	memcpy(text + var.n + 1, item->name.p, item->name.n);
	return wq_str_of(text, var.n + 1 + item->name.n);
}

wq_str wq_waf_item_text(struct wq_waf_tx *tx, const struct wq_waf_item *item)
{
	if (item->string != WQ_STRING_NONE)
		return wq_pool_str(&tx->pool, item->string);
	if (item->is_number && !item->text.p)
		return wq_waf_decimal(tx, item->number);
	return item->text;
}
