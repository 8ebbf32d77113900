#include "detect/front/front_priv.h"

enum { NAME_BYTES = 64, NAMES_BYTES = 160 };

void front_form_open(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str action = front_attr(front, token, WQ_S("action"));
	struct wq_url url;
	bool known = front_resolve(front, action, &url);

	front_block_end(front);
	front_form_end(front);
	front->pending = 0;
	front->form = (struct front_form){.open = true, .at = token->start};
	front->form.insecure = known ? wq_str_eq(url.scheme, WQ_S("http"))
				     : wq_str_eq(front->document->address.scheme, WQ_S("http"));
	front->form.action = known ? url.href : front->document->address.href;
}

/* Fields outside of every form are sent by a script: where, is not known, but not safer than the page. */
static void implied_form(struct wq_front *front, const struct wq_html_token *token)
{
	front->form = (struct front_form){.open = true,
		.at = token->start,
		.insecure = wq_str_eq(front->document->address.scheme, WQ_S("http")),
		.action = front->document->address.href};
}

/* Letters and digits in lower case: "user[Id_Card]" is "useridcard". */
static wq_str plain_name(wq_str name, char out[NAME_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < NAME_BYTES; i++) {
		char c = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] | 0x20) : name.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
	}
	return wq_str_of(out, n);
}

/* Short words stand alone, long ones may end a name. */
static bool names_field(const struct front_field *field, wq_str plain)
{
	for (size_t i = 0; i < field->names.n; i++)
		if (field->names.items[i].n >= 5 ? wq_str_ends(plain, field->names.items[i])
						 : wq_str_eq(plain, field->names.items[i]))
			return true;
	return false;
}

struct label_hits {
	uint32_t fields;
};

static void on_label(void *data, uint32_t id, size_t at, size_t n)
{
	struct label_hits *hits = data;

	(void)at;
	(void)n;
	if (id >> 16 == FRONT_LABEL)
		hits->fields |= 1u << (id >> 8 & 0xff);
}

static uint32_t fields_of(struct wq_front *front, const struct wq_html_token *token)
{
	static const wq_str names[] = {WQ_S_INIT("name"), WQ_S_INIT("id"), WQ_S_INIT("autocomplete")};
	static const wq_str texts[] = {WQ_S_INIT("placeholder"), WQ_S_INIT("aria-label"), WQ_S_INIT("title")};
	struct label_hits hits = {.fields = front->pending};
	char room[NAME_BYTES];

	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		wq_str plain = plain_name(front_attr(front, token, names[i]), room);
		for (size_t k = 0; k < front->rules->fields_n && plain.n; k++)
			if (names_field(&front->rules->fields[k], plain))
				hits.fields |= 1u << k;
	}
	for (size_t i = 0; i < WQ_COUNT(texts); i++) {
		wq_str text = front_attr(front, token, texts[i]);
		if (text.n <= front->rules->limits.label_bytes)
			front_find(&front->rules->words, text, on_label, &hits);
	}
	return hits.fields;
}

static bool takes_text(wq_str type)
{
	static const wq_str types[] = {WQ_S_INIT("text"), WQ_S_INIT("tel"), WQ_S_INIT("email"), WQ_S_INIT("number"),
		WQ_S_INIT("date"), WQ_S_INIT("file"), WQ_S_INIT("url")};
	static const wq_str others[] = {WQ_S_INIT("hidden"), WQ_S_INIT("submit"), WQ_S_INIT("button"),
		WQ_S_INIT("reset"), WQ_S_INIT("image"), WQ_S_INIT("checkbox"), WQ_S_INIT("radio"), WQ_S_INIT("range"),
		WQ_S_INIT("color"), WQ_S_INIT("search"), WQ_S_INIT("password")};

	for (size_t i = 0; i < WQ_COUNT(types); i++)
		if (wq_str_eq_nocase(type, types[i]))
			return true;
	for (size_t i = 0; i < WQ_COUNT(others); i++)
		if (wq_str_eq_nocase(type, others[i]))
			return false;
	return true; /* what browsers do not know is text */
}

void front_form_control(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str type = front_attr(front, token, WQ_S("type")), target = front_attr(front, token, WQ_S("formaction"));
	bool password = token->tag == WQ_TAG_INPUT && wq_str_eq_nocase(type, WQ_S("password"));

	if (token->tag == WQ_TAG_BUTTON || wq_str_eq_nocase(type, WQ_S("submit"))) {
		if (wq_str_starts_nocase(target, WQ_S("http:")))
			front->form.insecure = true;
		return;
	}
	if (token->tag == WQ_TAG_SELECT || !(password || takes_text(type)))
		return;
	front_block_end(front);
	if (!front->form.open)
		implied_form(front, token);
	front->form.password |= password;
	if (!password)
		front->form.fields |= fields_of(front, token);
	front->pending = 0;
}

static wq_str field_names(struct wq_front *front, uint32_t fields)
{
	char names[NAMES_BYTES];
	size_t n = 0;

	for (size_t i = 0; i < front->rules->fields_n; i++) {
		wq_str name = front->rules->fields[i].name;
		if (!(fields >> i & 1) || n + name.n + 3 > sizeof names)
			continue;
		if (n) {
			memcpy(names + n, "、", 3);
			n += 3;
		}
		memcpy(names + n, name.p, name.n);
		n += name.n;
	}
	return wq_arena_str(front->arena, wq_str_of(names, n));
}

void front_form_end(struct wq_front *front)
{
	struct front_form *form = &front->form;
	uint64_t weight = 0;
	bool personal;
	wq_str names;

	if (!form->open)
		return;
	form->open = false;
	for (size_t i = 0; i < front->rules->fields_n; i++)
		weight += form->fields >> i & 1 ? front->rules->fields[i].weight : 0;
	personal = weight >= front->rules->limits.personal_weight;
	names = field_names(front, form->fields);
	if (personal) {
		struct front_note *note = front_note_add(&front->notes, WQ_RULE_DATA_PERSONAL_FORM, FRONT_EACH,
			wq_rule_severity(WQ_RULE_DATA_PERSONAL_FORM), names, names, form->at);
		if (note)
			note->target = form->action;
	}
	if (form->insecure && (personal || form->password)) {
		struct front_note *note = front_note(front, WQ_RULE_DATA_INSECURE_FORM, FRONT_EACH,
			wq_rule_severity(WQ_RULE_DATA_INSECURE_FORM), form->action, form->at);
		if (note)
			note->target = form->action;
	}
}
