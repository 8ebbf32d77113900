#include "base/utf8.h"
#include "policy/block_priv.h"

int wq_path_rule_cmp(const void *a, const void *b)
{
	return wq_str_cmp(((const struct wq_path_rule *)a)->prefix, ((const struct wq_path_rule *)b)->prefix);
}

int wq_network_cmp(const void *a, const void *b)
{
	const struct wq_network *x = a, *y = b;
	int order = x->addr.family - y->addr.family;

	if (order == 0)
		order = memcmp(x->addr.bytes, y->addr.bytes, sizeof x->addr.bytes);
	return order ? order : x->bits - y->bits;
}

int wq_policy_str_cmp(const void *a, const void *b)
{
	return wq_str_cmp(*(const wq_str *)a, *(const wq_str *)b);
}

/* Two rules that differ in what they do with one place would contradict each other: only the place counts. */
int wq_volatile_rule_cmp(const void *a, const void *b)
{
	const struct wq_volatile_rule *x = a, *y = b;
	int order = wq_str_cmp(x->prefix, y->prefix);

	if (order == 0)
		order = wq_str_cmp(x->before, y->before);
	return order ? order : wq_str_cmp(x->after, y->after);
}

/* ---- texts ---- */

bool wq_policy_is_plain(wq_str text)
{
	for (wq_str rest = text; rest.n > 0;) {
		uint32_t code;
		size_t n = wq_utf8_step(rest, &code);

		if (code == WQ_UTF8_BAD || code < 0x20 || (code >= 0x7f && code < 0xa0))
			return false;
		rest = wq_str_from(rest, n);
	}
	return true;
}

wq_err wq_policy_check_path(wq_str path, struct wq_buf *key)
{
	enum wq_key_reason reason = WQ_KEY_NO_PATH;
	wq_str host, target;

	wq_buf_clear(key);
	if (!wq_policy_is_plain(path))
		return wq_error(WQ_E_INPUT, "a path is not UTF-8 without control characters");
	if (wq_failed(wq_key_make(WQ_S("h"), path, NULL, key, &reason)))
		return wq_error(WQ_E_INPUT, "%.*s: a path without query, as in an address (%s)", WQ_S_ARG(path),
			wq_key_reason_text(reason));
	wq_key_split(wq_buf_str(key), &host, &target);
	if (!wq_str_eq(target, path))
		return wq_error(WQ_E_INPUT, "%.*s: write %.*s", WQ_S_ARG(path), WQ_S_ARG(target));
	return WQ_OK;
}

static wq_err check_host(const char *what, wq_str host)
{
	char canonical[WQ_HOST_MAX + 1];
	size_t n;

	if (!wq_policy_is_plain(host))
		return wq_error(WQ_E_INPUT, "%s is no text", what);
	if (wq_key_host(host, canonical, &n) != WQ_KEY_FINE)
		return wq_error(WQ_E_INPUT, "%s: \"%.*s\" is no host", what, WQ_S_ARG(host));
	if (!wq_str_eq(wq_str_of(canonical, n), host))
		return wq_error(WQ_E_INPUT, "%s: %.*s: write %.*s", what, WQ_S_ARG(host), (int)n, canonical);
	return WQ_OK;
}

static wq_err check_parameter(wq_str name)
{
	if (name.n == 0 || name.n > WQ_POLICY_TEXT_MAX || !wq_policy_is_plain(name))
		return wq_error(WQ_E_INPUT, "the name of a parameter is empty, too long or no text");
	for (size_t i = 0; i < name.n; i++)
		if (strchr(" &=,", name.p[i]))
			return wq_error(WQ_E_INPUT, "\"%.*s\" is no name of a parameter", WQ_S_ARG(name));
	return WQ_OK;
}

/* ---- rows ---- */

static wq_err check_path_rule(const struct wq_path_rule *rule, struct wq_buf *key)
{
	WQ_TRY(wq_policy_check_path(rule->prefix, key));
	if (rule->class > WQ_CLASS_CLOSED || rule->query > WQ_KEY_QUERY_KEEP)
		return wq_error(WQ_E_INPUT, "%.*s: no such class or query policy", WQ_S_ARG(rule->prefix));
	if (rule->class != WQ_CLASS_SEALED && rule->query != WQ_KEY_QUERY_REFUSE)
		return wq_error(WQ_E_INPUT, "%.*s: only a sealed path has a query policy", WQ_S_ARG(rule->prefix));
	if ((rule->query == WQ_KEY_QUERY_LISTED) != (rule->listed_n > 0))
		return wq_error(WQ_E_INPUT, "%.*s: listed parameters are missing or too many", WQ_S_ARG(rule->prefix));
	if (rule->listed_n > WQ_POLICY_LISTED_MAX)
		return wq_error(
			WQ_E_LIMIT, "%.*s: more than %d parameters", WQ_S_ARG(rule->prefix), WQ_POLICY_LISTED_MAX);
	for (size_t i = 0; i < rule->listed_n; i++) {
		WQ_TRY(check_parameter(rule->listed[i]));
		for (size_t j = 0; j < i; j++)
			if (wq_str_eq(rule->listed[i], rule->listed[j]))
				return wq_error(WQ_E_INPUT, "%.*s: parameter %.*s twice", WQ_S_ARG(rule->prefix),
					WQ_S_ARG(rule->listed[i]));
	}
	return WQ_OK;
}

static wq_err check_network(const struct wq_network *network)
{
	const struct wq_addr *a = &network->addr;
	unsigned bytes = a->family == 4 ? 4 : 16;

	if ((a->family != 4 && a->family != 6) || network->bits > bytes * 8)
		return wq_error(WQ_E_INPUT, "a network is neither IPv4 nor IPv6");
	for (unsigned bit = network->bits; bit < sizeof a->bytes * 8; bit++)
		if (a->bytes[bit / 8] >> (7 - bit % 8) & 1)
			return wq_error(WQ_E_INPUT, "a network has bits beyond its length");
	return WQ_OK;
}

static wq_err check_volatile(const struct wq_volatile_rule *rule, struct wq_buf *key)
{
	WQ_TRY(wq_policy_check_path(rule->prefix, key));
	if (rule->action > WQ_VOLATILE_REMOVE || rule->bytes > WQ_VOLATILE_ANY)
		return wq_error(WQ_E_INPUT, "%.*s: no such volatile region", WQ_S_ARG(rule->prefix));
	if (rule->before.n > WQ_VOLATILE_CONTEXT_MAX || rule->after.n > WQ_VOLATILE_CONTEXT_MAX)
		return wq_error(WQ_E_LIMIT, "%.*s: what stands before or after a volatile region is over %d bytes",
			WQ_S_ARG(rule->prefix), WQ_VOLATILE_CONTEXT_MAX);
	if (rule->before.n == 0 && rule->after.n == 0)
		return wq_error(WQ_E_INPUT, "%.*s: nothing says where the volatile region is", WQ_S_ARG(rule->prefix));
	if (rule->max_bytes == 0 || rule->max_bytes > WQ_VOLATILE_REGION_MAX)
		return wq_error(WQ_E_LIMIT, "%.*s: a volatile region is 1 to %d bytes long", WQ_S_ARG(rule->prefix),
			WQ_VOLATILE_REGION_MAX);
	return WQ_OK;
}

/* ---- lists ---- */

static wq_err check_count(const char *what, size_t n, size_t max)
{
	return n <= max ? WQ_OK : wq_error(WQ_E_LIMIT, "more than %zu %s", max, what);
}

static wq_err check_paths(const struct wq_policy *p, struct wq_buf *key)
{
	WQ_TRY(check_count("paths", p->paths_n, WQ_POLICY_PATHS_MAX));
	for (size_t i = 0; i < p->paths_n; i++) {
		WQ_TRY(check_path_rule(&p->paths[i], key));
		if (i > 0 && wq_path_rule_cmp(&p->paths[i - 1], &p->paths[i]) >= 0)
			return wq_error(WQ_E_INPUT, "path %.*s twice", WQ_S_ARG(p->paths[i].prefix));
	}
	return WQ_OK;
}

static wq_err check_staff(const struct wq_policy *p)
{
	WQ_TRY(check_count("networks", p->staff_n, WQ_POLICY_NETWORKS_MAX));
	for (size_t i = 0; i < p->staff_n; i++) {
		WQ_TRY(check_network(&p->staff[i]));
		if (i > 0 && wq_network_cmp(&p->staff[i - 1], &p->staff[i]) >= 0)
			return wq_error(WQ_E_INPUT, "a network of staff twice");
	}
	return WQ_OK;
}

static wq_err check_hosts(const char *what, const wq_str *hosts, size_t n)
{
	WQ_TRY(check_count("hosts", n, WQ_POLICY_INSIDE_MAX));
	for (size_t i = 0; i < n; i++) {
		WQ_TRY(check_host(what, hosts[i]));
		if (i > 0 && wq_str_cmp(hosts[i - 1], hosts[i]) >= 0)
			return wq_error(WQ_E_INPUT, "%s: %.*s twice", what, WQ_S_ARG(hosts[i]));
	}
	return WQ_OK;
}

/* Names of links are put into attributes, scripts and headers as they are (policy/rewrite.h). */
static bool needs_no_quoting(wq_str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (!path.p[i] ||
			!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._~%-", path.p[i]))
			return false;
	return true;
}

static wq_err check_leave(const struct wq_policy *p, struct wq_buf *key)
{
	if (p->portal.n > WQ_POLICY_TEXT_MAX || !wq_policy_is_plain(p->portal))
		return wq_error(WQ_E_INPUT, "the portal's name is longer than %d bytes or no text", WQ_POLICY_TEXT_MAX);
	WQ_TRY(wq_policy_check_path(p->leave_prefix, key));
	if (p->leave_prefix.n < 3 || !wq_str_ends(p->leave_prefix, WQ_S("/")))
		return wq_error(WQ_E_INPUT, "%.*s: the path of the prompt begins and ends with '/' and is not \"/\"",
			WQ_S_ARG(p->leave_prefix));
	if (!needs_no_quoting(p->leave_prefix))
		return wq_error(WQ_E_INPUT,
			"%.*s: the path of the prompt has other characters than letters, digits and ._~%%-",
			WQ_S_ARG(p->leave_prefix));
	WQ_TRY(check_hosts("a suffix", p->suffixes, p->suffixes_n));
	return check_hosts("a host inside", p->inside, p->inside_n);
}

wq_err wq_policy_check(const struct wq_policy *p)
{
	WQ_BUF(key, WQ_KEY_MAX);

	WQ_TRY(check_paths(p, &key));
	WQ_TRY(check_staff(p));
	WQ_TRY(check_leave(p, &key));
	WQ_TRY(check_count("bytes in the footer", p->footer.n, WQ_POLICY_FOOTER_MAX));
	if (!wq_utf8_valid(p->footer) || wq_str_chr(p->footer, '\0') >= 0)
		return wq_error(WQ_E_INPUT, "the footer is not UTF-8 without NUL");
	if (p->csp > WQ_CSP_ENFORCE)
		return wq_error(WQ_E_INPUT, "no such mode of the content security policy");
	WQ_TRY(check_count("volatile regions", p->volatiles_n, WQ_POLICY_VOLATILE_MAX));
	for (size_t i = 0; i < p->volatiles_n; i++) {
		WQ_TRY(check_volatile(&p->volatiles[i], &key));
		if (i > 0 && wq_volatile_rule_cmp(&p->volatiles[i - 1], &p->volatiles[i]) >= 0)
			return wq_error(WQ_E_INPUT, "%.*s: a volatile region twice", WQ_S_ARG(p->volatiles[i].prefix));
	}
	return wq_guard_check(&p->guard, &key);
}

bool wq_policy_is_default(const struct wq_policy *p)
{
	return p->paths_n == 0 && p->staff_n == 0 && !p->leave && p->portal.n == 0 &&
		wq_str_eq(p->leave_prefix, wq_policy_default.leave_prefix) && p->suffixes_n == 0 && p->inside_n == 0 &&
		p->footer.n == 0 && p->csp == WQ_CSP_OFF && p->volatiles_n == 0 && wq_guard_is_default(&p->guard);
}
