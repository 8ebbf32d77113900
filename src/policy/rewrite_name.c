#include "policy/rewrite_priv.h"

enum { FIXED_MAX = 4 * WQ_MIB, SCRATCH_MAX = 4 * WQ_MIB };

wq_err wq_naming_init(struct wq_naming *naming, const struct wq_rewrite_options *options)
{
	wq_str whole;

	*naming = (struct wq_naming){.options = options};
	wq_arena_init(&naming->fixed, FIXED_MAX);
	wq_arena_init(&naming->scratch, SCRATCH_MAX);
	wq_buf_init(&naming->address, WQ_LEAVE_URL_MAX);
	wq_buf_init(&naming->name, WQ_LEAVE_TARGET_MAX + WQ_URL_MAX);
	if (options->key)
		wq_hmac_sm3_key(wq_str_of(options->key->b, sizeof(options->key->b)), &naming->key);
	whole = wq_arena_printf(&naming->fixed, "%.*s://%.*s%.*s", (int)options->scheme.n, options->scheme.p,
		(int)options->host.n, options->host.p, (int)options->path.n, options->path.p);
	WQ_TRY(wq_arena_err(&naming->fixed));
	WQ_TRY(wq_url_parse(&naming->fixed, whole, NULL, &naming->document));
	if (!wq_url_is_http(&naming->document))
		return wq_error(WQ_E_INPUT, "a document that is rewritten has an address of http or https");
	naming->base = naming->document;
	naming->at_home = wq_leave_inside(&options->leave, naming->base.host);
	return WQ_OK;
}

void wq_naming_done(struct wq_naming *naming)
{
	explicit_bzero(&naming->key, sizeof(naming->key));
	wq_arena_done(&naming->fixed);
	wq_arena_done(&naming->scratch);
	wq_buf_done(&naming->address);
	wq_buf_done(&naming->name);
}

void wq_naming_base(struct wq_naming *naming, wq_str address)
{
	struct wq_url base;

	if (wq_failed(wq_url_parse(&naming->fixed, address, &naming->document, &base)) || !wq_url_is_http(&base))
		return;
	naming->base = base;
	naming->at_home = wq_leave_inside(&naming->options->leave, base.host);
	naming->elsewhere = !wq_url_same_origin(&base, &naming->document);
}

/* Ends the part of a reference in which a ":" would make it absolute. */
static bool ends_first_part(char c)
{
	return c == '/' || c == '?' || c == '#';
}

/* Nothing of what makes an address lead elsewhere can be hidden in what is refused here: controls and white space (which
 * parsers drop), a backslash (which they turn), a reference (which is decoded before), a colon. */
bool wq_naming_stays(const struct wq_naming *naming, wq_str raw)
{
	if (!naming->at_home)
		return false;
	if (raw.n == 0 || raw.p[0] == '#' || raw.p[0] == '?')
		return true;
	if (raw.p[0] == '/')
		return raw.n == 1 ||
			((unsigned char)raw.p[1] > ' ' && raw.p[1] != '/' && raw.p[1] != '\\' && raw.p[1] != '&');
	for (size_t i = 0; i < raw.n && !ends_first_part(raw.p[i]); i++)
		if ((unsigned char)raw.p[i] <= ' ' || raw.p[i] == '\\' || raw.p[i] == '&' || raw.p[i] == ':')
			return false;
	return true;
}

enum wq_leave_verdict wq_naming_judge(struct wq_naming *naming, wq_str address)
{
	const struct wq_rewrite_options *options = naming->options;
	const struct wq_policy *policy = options->leave.policy;
	bool holds = wq_names_may_hold(naming, address);
	wq_str known = holds ? wq_names_find(options, address) : WQ_S_NONE;
	enum wq_leave_verdict verdict;

	wq_buf_clear(&naming->address);
	wq_buf_clear(&naming->name);
	if (known.p) {
		wq_buf_add(&naming->name, known);
		return WQ_LEAVE_LEADS_OUT;
	}
	verdict = wq_leave_judge(&options->leave, &naming->base, address, &naming->scratch, &naming->address);
	wq_arena_reset(&naming->scratch);
	if (verdict != WQ_LEAVE_LEADS_OUT && verdict != WQ_LEAVE_CUT)
		return verdict;
	if (naming->elsewhere)
		wq_buf_add(&naming->name,
			wq_str_head(
				naming->document.href, (size_t)(naming->document.path.p - naming->document.href.p)));
	if (verdict == WQ_LEAVE_CUT)
		wq_buf_add(&naming->name, policy->leave_prefix);
	else if (options->key)
		wq_leave_target_with(policy, wq_buf_str(&naming->address), &naming->key, &naming->name);
	else
		wq_leave_target(policy, wq_buf_str(&naming->address), NULL, &naming->name);
	if (holds && verdict == WQ_LEAVE_LEADS_OUT && !wq_failed(wq_buf_err(&naming->name)))
		wq_names_keep(options, address, wq_buf_str(&naming->name));
	return verdict;
}
