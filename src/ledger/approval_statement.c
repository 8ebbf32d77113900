#include "ledger/approval.h"

#include "base/utf8.h"
#include "crypto/canon.h"
#include "ledger/statement_priv.h"

enum { STATEMENT_VERSION = 1 };

static wq_err check_text(const char *what, wq_str text, size_t least, size_t most)
{
	if (text.n < least || text.n > most)
		return wq_error(WQ_E_INPUT, "%s has %zu to %zu bytes", what, least, most);
	if (!wq_utf8_valid(text) || wq_str_chr(text, '\0') >= 0)
		return wq_error(WQ_E_INPUT, "%s is not UTF-8 without NUL", what);
	return WQ_OK;
}

static bool subject_valid(wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '.' || s.p[i] == '-'))
			return false;
	return s.n > 0 && s.n <= WQ_ID_MAX;
}

static wq_err check_statement(const struct wq_approval_statement *s)
{
	if (!wq_id_valid(s->id) || !wq_id_valid(s->asker) || (s->app.n > 0 && !wq_id_valid(s->app)) ||
		(s->rule.n > 0 && !wq_id_valid(s->rule)))
		return wq_error(WQ_E_INPUT, "an approval names ids of 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	if (!subject_valid(s->subject))
		return wq_error(WQ_E_INPUT, "the subject is not 1 to %d of a-z, '.', '-'", WQ_ID_MAX);
	if (s->stages_n == 0 || s->stages_n > WQ_STAGES_MAX)
		return wq_error(WQ_E_INPUT, "an approval has 1 to %d stages", WQ_STAGES_MAX);
	if (s->until != 0 && s->until <= s->asked)
		return wq_error(WQ_E_INPUT, "it would end before it is asked for");
	WQ_TRY(check_text("the object", s->object, 1, WQ_APPROVAL_OBJECT_MAX));
	return check_text("the text", s->text, 0, WQ_APPROVAL_TEXT_MAX);
}

wq_err wq_approval_encode(const struct wq_approval_statement *s, struct wq_buf *out)
{
	WQ_TRY(check_statement(s));
	wq_canon_begin(out, WQ_DOMAIN_APPROVAL, STATEMENT_VERSION, WQ_ALG_SM3);
	wq_canon_text(out, s->id);
	wq_canon_text(out, s->subject);
	wq_canon_text(out, s->object);
	wq_canon_text(out, s->app);
	wq_canon_text(out, s->asker);
	wq_canon_text(out, s->text);
	wq_canon_text(out, s->rule);
	wq_canon_list(out, (uint32_t)s->stages_n);
	for (size_t i = 0; i < s->stages_n; i++)
		wq_canon_text(out, wq_str_c(s->stages[i]->name));
	wq_canon_u64(out, s->in_establishment);
	wq_canon_time(out, s->asked);
	wq_canon_time(out, s->until);
	return wq_buf_err(out);
}

wq_err wq_approval_decode(wq_str canonical, struct wq_approval_statement *ret_statement)
{
	struct wq_cursor c = wq_cursor_of(canonical);
	struct wq_approval_statement s = {0};
	uint64_t in_establishment;

	if (wq_canon_read_begin(&c, WQ_DOMAIN_APPROVAL, WQ_ALG_SM3) != STATEMENT_VERSION)
		wq_cursor_fail(&c);
	s.id = wq_canon_read_text(&c, WQ_ID_MAX);
	s.subject = wq_canon_read_text(&c, WQ_ID_MAX);
	s.object = wq_canon_read_text(&c, WQ_APPROVAL_OBJECT_MAX);
	s.app = wq_canon_read_text(&c, WQ_ID_MAX);
	s.asker = wq_canon_read_text(&c, WQ_ID_MAX);
	s.text = wq_canon_read_text(&c, WQ_APPROVAL_TEXT_MAX);
	s.rule = wq_canon_read_text(&c, WQ_ID_MAX);
	s.stages_n = wq_canon_read_list(&c, WQ_STAGES_MAX);
	for (size_t i = 0; i < s.stages_n; i++) {
		s.stages[i] = wq_stage_find(wq_canon_read_text(&c, WQ_STAGE_MAX));
		if (!s.stages[i])
			wq_cursor_fail(&c);
	}
	in_establishment = wq_canon_read_u64(&c);
	s.asked = wq_canon_read_time(&c);
	s.until = wq_canon_read_time(&c);
	if (in_establishment > 1)
		wq_cursor_fail(&c);
	WQ_TRY(wq_cursor_end(&c));
	s.in_establishment = in_establishment != 0;
	WQ_TRY(check_statement(&s));
	*ret_statement = s;
	return WQ_OK;
}

wq_err wq_approval_decision_encode(const struct wq_decision *decision, struct wq_buf *out)
{
	return wq_decision_encode_in(WQ_DOMAIN_APPROVAL_DECISION, decision, out);
}

wq_err wq_approval_decision_decode(wq_str canonical, struct wq_decision *ret_decision)
{
	return wq_decision_decode_in(WQ_DOMAIN_APPROVAL_DECISION, canonical, ret_decision);
}
