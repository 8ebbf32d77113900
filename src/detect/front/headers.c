#include "detect/front/front_priv.h"

/* ---- cookies ---- */

static bool cookie_ends(wq_str name, wq_str value)
{
	return wq_str_eq_nocase(name, WQ_S("max-age")) &&
		(wq_str_starts(value, WQ_S("0")) || wq_str_starts(value, WQ_S("-")));
}

/* RFC 6265bis §5.6: name=value; attribute[=value]; … */
static void check_cookie(struct wq_front *front, wq_str cookie)
{
	wq_str rest = cookie, pair = wq_str_cut(&rest, ';'), name = wq_str_trim(wq_str_cut(&pair, '=')), excerpt;
	bool secure = false, http_only = false, same_site = false, ends = false, weak;

	while (rest.p) {
		wq_str value = wq_str_cut(&rest, ';'), attr = wq_str_trim(wq_str_cut(&value, '='));
		secure |= wq_str_eq_nocase(attr, WQ_S("secure"));
		http_only |= wq_str_eq_nocase(attr, WQ_S("httponly"));
		same_site |= wq_str_eq_nocase(attr, WQ_S("samesite"));
		ends |= cookie_ends(attr, wq_str_trim(value));
		ends |= wq_str_eq_nocase(attr, WQ_S("expires")) && wq_str_find(value, WQ_S("1970")) >= 0;
	}
	if (ends || !front_list_in(&front->rules->sessions, name) || front_list_in(&front->rules->not_sessions, name))
		return;
	weak = !http_only || (front->https && !secure);
	if (!weak && same_site)
		return;
	/* the value is somebody's session: it is not shown */
	excerpt = wq_arena_printf(front->arena, "%.*s:%s%s%s", WQ_S_ARG(name), http_only ? "" : " HttpOnly",
		secure || !front->https ? "" : " Secure", same_site ? "" : " SameSite");
	front_note_add(&front->notes, WQ_RULE_FRONT_COOKIE, FRONT_ONCE,
		weak ? wq_rule_severity(WQ_RULE_FRONT_COOKIE) : WQ_SEVERITY_INFO, excerpt, excerpt, 0);
}

/* ---- software ---- */

static bool has_digit(wq_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= '0' && text.p[i] <= '9')
			return true;
	return false;
}

static void note_software(struct wq_front *front, wq_str name, wq_str value, uint64_t at)
{
	wq_str said = wq_arena_printf(front->arena, "%.*s: %.*s", WQ_S_ARG(name), WQ_S_ARG(wq_str_head(value, 120)));

	front_note_add(&front->notes, WQ_RULE_FRONT_DISCLOSES, FRONT_ONCE, wq_rule_severity(WQ_RULE_FRONT_DISCLOSES),
		said, said, at);
}

/* ---- header fields ---- */

struct seen {
	bool sniff, frame;
};

static void check_policy(struct wq_front *front, wq_str policy, struct seen *seen)
{
	for (wq_str rest = policy; rest.p;) {
		wq_str directive = wq_str_trim(wq_str_cut(&rest, ';'));
		seen->frame |= wq_str_starts_nocase(directive, WQ_S("frame-ancestors"));
		front->upgraded |= wq_str_eq_nocase(directive, WQ_S("upgrade-insecure-requests"));
	}
}

void front_headers(struct wq_front *front)
{
	const struct wq_document *document = front->document;
	struct seen seen = {false, false};
	wq_str rest = document->headers, name, value, missing;

	while (wq_header_next(&rest, &name, &value)) {
		if (wq_str_eq_nocase(name, WQ_S("set-cookie")))
			check_cookie(front, value);
		else if (wq_str_eq_nocase(name, WQ_S("content-security-policy")))
			check_policy(front, value, &seen);
		else if (wq_str_eq_nocase(name, WQ_S("x-content-type-options")))
			seen.sniff |= wq_str_eq_nocase(value, WQ_S("nosniff"));
		else if (wq_str_eq_nocase(name, WQ_S("x-frame-options")))
			seen.frame = true;
		else if (has_digit(value) && front_list_has(&front->rules->headers, name))
			note_software(front, name, value, 0);
	}
	if (!document->headers.n || document->status >= 300 || (seen.sniff && seen.frame))
		return;
	missing = wq_arena_printf(front->arena, "%.*s:%s%s", WQ_S_ARG(document->address.host),
		seen.sniff ? "" : " X-Content-Type-Options", seen.frame ? "" : " X-Frame-Options");
	front_note_add(&front->notes, WQ_RULE_FRONT_HEADER, FRONT_ONCE, wq_rule_severity(WQ_RULE_FRONT_HEADER), missing,
		missing, 0);
}

/* ---- meta ---- */

void front_meta(struct wq_front *front, const struct wq_html_token *token)
{
	wq_str name = front_attr(front, token, WQ_S("name")), equiv, content;
	struct seen seen = {false, false};

	if (wq_str_eq_nocase(name, WQ_S("viewport"))) {
		front_access_viewport(front, front_attr(front, token, WQ_S("content")), token->start);
		return;
	}
	if (wq_str_eq_nocase(name, WQ_S("generator"))) {
		content = front_attr(front, token, WQ_S("content"));
		for (size_t i = 0; i < front->rules->generators.n && has_digit(content); i++)
			if (wq_str_starts_nocase(content, front->rules->generators.items[i])) {
				note_software(front, name, content, token->start);
				return;
			}
		return;
	}
	equiv = front_attr(front, token, WQ_S("http-equiv"));
	if (wq_str_eq_nocase(equiv, WQ_S("content-security-policy")))
		check_policy(front, front_attr(front, token, WQ_S("content")), &seen);
	front->refreshes |= wq_str_eq_nocase(equiv, WQ_S("refresh")) &&
		wq_str_find(front_attr(front, token, WQ_S("content")), WQ_S("=")) >= 0;
}
