#include "ledger/statement_priv.h"

#include "base/utf8.h"
#include "crypto/canon.h"

enum { STATEMENT_VERSION = 1, DECISION_VERSION = 1 };

bool wq_id_valid(wq_str id)
{
	if (id.n == 0 || id.n > WQ_ID_MAX || id.p[0] == '-')
		return false;
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= '0' && id.p[i] <= '9') || id.p[i] == '-'))
			return false;
	return true;
}

static wq_err check_id(const char *what, wq_str id)
{
	if (!wq_id_valid(id))
		return wq_error(WQ_E_INPUT, "%s is not 1 to %d of a-z, 0-9, '-'", what, WQ_ID_MAX);
	return WQ_OK;
}

static wq_err check_statement(const struct wq_statement *s)
{
	WQ_TRY(check_id("the release", s->release));
	WQ_TRY(check_id("the application", s->app));
	if ((s->base_serial == 0) != wq_digest_is_zero(s->base))
		return wq_error(WQ_E_INPUT, "a release builds on a serial and its digest, or on neither");
	return check_id("the author", s->author);
}

wq_err wq_statement_encode(const struct wq_statement *s, struct wq_buf *out)
{
	WQ_TRY(check_statement(s));
	wq_canon_begin(out, WQ_DOMAIN_RELEASE, STATEMENT_VERSION, WQ_ALG_SM3);
	wq_canon_text(out, s->release);
	wq_canon_text(out, s->app);
	wq_canon_text(out, s->author);
	wq_canon_u64(out, s->base_serial);
	wq_canon_digest(out, s->base);
	wq_canon_digest(out, s->body_root);
	wq_canon_u64(out, s->body_bytes);
	wq_canon_u64(out, s->entries);
	wq_canon_u64(out, s->added);
	wq_canon_u64(out, s->changed);
	wq_canon_u64(out, s->gone);
	wq_canon_time(out, s->created);
	return wq_buf_err(out);
}

wq_err wq_statement_decode(wq_str canonical, struct wq_statement *ret_statement)
{
	struct wq_cursor c = wq_cursor_of(canonical);
	struct wq_statement s;

	if (wq_canon_read_begin(&c, WQ_DOMAIN_RELEASE, WQ_ALG_SM3) != STATEMENT_VERSION)
		wq_cursor_fail(&c);
	s.release = wq_canon_read_text(&c, WQ_ID_MAX);
	s.app = wq_canon_read_text(&c, WQ_ID_MAX);
	s.author = wq_canon_read_text(&c, WQ_ID_MAX);
	s.base_serial = wq_canon_read_u64(&c);
	s.base = wq_canon_read_digest(&c);
	s.body_root = wq_canon_read_digest(&c);
	s.body_bytes = wq_canon_read_u64(&c);
	s.entries = wq_canon_read_u64(&c);
	s.added = wq_canon_read_u64(&c);
	s.changed = wq_canon_read_u64(&c);
	s.gone = wq_canon_read_u64(&c);
	s.created = wq_canon_read_time(&c);
	WQ_TRY(wq_cursor_end(&c));
	WQ_TRY(check_statement(&s));
	*ret_statement = s;
	return WQ_OK;
}

static wq_err check_text(const char *what, wq_str text, size_t max)
{
	if (text.n > max)
		return wq_error(WQ_E_LIMIT, "%s is longer than %zu bytes", what, max);
	if (!wq_utf8_valid(text) || wq_str_chr(text, '\0') >= 0)
		return wq_error(WQ_E_INPUT, "%s is not UTF-8 without NUL", what);
	return WQ_OK;
}

static wq_err check_decision(const struct wq_decision *d)
{
	WQ_TRY(check_id("the release", d->release));
	WQ_TRY(check_id("the person", d->person));
	if (d->verdict != WQ_VERDICT_APPROVE && d->verdict != WQ_VERDICT_REJECT)
		return wq_error(WQ_E_INPUT, "the verdict is neither approve nor reject");
	WQ_TRY(check_text("the stage", d->stage, WQ_STAGE_MAX));
	return check_text("the comment", d->comment, WQ_COMMENT_MAX);
}

wq_err wq_decision_encode_in(const char *domain, const struct wq_decision *d, struct wq_buf *out)
{
	WQ_TRY(check_decision(d));
	wq_canon_begin(out, domain, DECISION_VERSION, WQ_ALG_SM2_SM3);
	wq_canon_digest(out, d->statement);
	wq_canon_text(out, d->release);
	wq_canon_text(out, d->person);
	wq_canon_text(out, d->stage);
	wq_canon_u64(out, (uint64_t)d->verdict);
	wq_canon_time(out, d->time);
	wq_canon_text(out, d->comment);
	wq_canon_u64(out, d->demonstration);
	return wq_buf_err(out);
}

wq_err wq_decision_decode_in(const char *domain, wq_str canonical, struct wq_decision *ret_decision)
{
	struct wq_cursor c = wq_cursor_of(canonical);
	struct wq_decision d;
	uint64_t verdict, demonstration;

	if (wq_canon_read_begin(&c, domain, WQ_ALG_SM2_SM3) != DECISION_VERSION)
		wq_cursor_fail(&c);
	d.statement = wq_canon_read_digest(&c);
	d.release = wq_canon_read_text(&c, WQ_ID_MAX);
	d.person = wq_canon_read_text(&c, WQ_ID_MAX);
	d.stage = wq_canon_read_text(&c, WQ_STAGE_MAX);
	verdict = wq_canon_read_u64(&c);
	d.time = wq_canon_read_time(&c);
	d.comment = wq_canon_read_text(&c, WQ_COMMENT_MAX);
	demonstration = wq_canon_read_u64(&c);
	if (verdict > WQ_VERDICT_REJECT || demonstration > 1)
		wq_cursor_fail(&c);
	WQ_TRY(wq_cursor_end(&c));
	d.verdict = (enum wq_verdict)verdict;
	d.demonstration = demonstration != 0;
	WQ_TRY(check_decision(&d));
	*ret_decision = d;
	return WQ_OK;
}

wq_err wq_decision_encode(const struct wq_decision *d, struct wq_buf *out)
{
	return wq_decision_encode_in(WQ_DOMAIN_DECISION, d, out);
}

wq_err wq_decision_decode(wq_str canonical, struct wq_decision *ret_decision)
{
	return wq_decision_decode_in(WQ_DOMAIN_DECISION, canonical, ret_decision);
}
