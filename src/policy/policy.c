#include "policy/policy.h"

const struct wq_policy wq_policy_default = {
	.leave_prefix = WQ_S_INIT("/leave/"),
	.guard = WQ_GUARD_DEFAULT,
};

/* ---- classes ---- */

static const struct {
	const char *name, *zh, *en;
} classes[] = {
	[WQ_CLASS_SEALED] = {"sealed", "封存", "sealed: only approved responses"},
	[WQ_CLASS_DYNAMIC] = {"dynamic", "动态", "dynamic: passed on to the origin"},
	[WQ_CLASS_STAFF] = {"staff", "内部", "staff: from listed networks only"},
	[WQ_CLASS_CLOSED] = {"closed", "关闭", "closed: to everybody"},
};

const char *wq_path_class_name(enum wq_path_class class)
{
	return (size_t) class < WQ_COUNT(classes) ? classes[class].name : "unknown";
}

const char *wq_path_class_title(enum wq_path_class class, enum wq_lang lang)
{
	if ((size_t) class >= WQ_COUNT(classes))
		return lang == WQ_LANG_ZH ? "未知" : "unknown";
	return lang == WQ_LANG_ZH ? classes[class].zh : classes[class].en;
}

bool wq_path_class_parse(wq_str name, enum wq_path_class *ret_class)
{
	for (size_t i = 0; i < WQ_COUNT(classes); i++)
		if (wq_str_eq(name, wq_str_c(classes[i].name))) {
			*ret_class = (enum wq_path_class)i;
			return true;
		}
	return false;
}

/* ---- paths ---- */

bool wq_policy_below(wq_str prefix, wq_str path)
{
	if (prefix.n == 0 || !wq_str_starts(path, prefix))
		return false;
	return path.n == prefix.n || prefix.p[prefix.n - 1] == '/' || path.p[prefix.n] == '/';
}

/* How many of the first `n` rules do not sort after `path`. */
static size_t not_after(const struct wq_path_rule *rules, size_t n, wq_str path)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;

		if (wq_str_cmp(rules[middle].prefix, path) <= 0)
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

static size_t common_bytes(wq_str a, wq_str b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return n;
}

/* The longest part of `path`, of at most `n` bytes, that could be a prefix of it: it ends before or after a slash. */
static size_t boundary(wq_str path, size_t n)
{
	while (n > 0 && path.p[n - 1] != '/' && path.p[n] != '/')
		n--;
	return n;
}

/* A rule that matches `path` is a prefix of it and sorts before it; so is it of every rule that sorts between them. Hence
 * what the last rule not after `path` has in common with it bounds the rules that are still to be looked at. */
const struct wq_path_rule *wq_policy_path(const struct wq_policy *policy, wq_str path)
{
	size_t n = policy->paths_n;

	for (wq_str part = path; part.n > 0;) {
		const struct wq_path_rule *rule;

		n = not_after(policy->paths, n, part);
		if (n == 0)
			return NULL;
		rule = &policy->paths[n - 1];
		if (wq_policy_below(rule->prefix, path))
			return rule;
		part.n = boundary(path, WQ_MIN(common_bytes(rule->prefix, part), part.n - 1));
	}
	return NULL;
}

enum wq_path_class wq_policy_class(const struct wq_policy *policy, wq_str path)
{
	const struct wq_path_rule *rule = wq_policy_path(policy, path);

	if (!rule)
		return WQ_CLASS_SEALED;
	return (size_t)rule->class < WQ_COUNT(classes) ? rule->class : WQ_CLASS_CLOSED;
}

/* ---- networks ---- */

static struct wq_addr unmapped(const struct wq_addr *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 §2.5.5.2 */
	struct wq_addr four = {.family = 4};

	if (addr->family != 6 || memcmp(addr->bytes, mapped, sizeof mapped) != 0)
		return *addr;
	memcpy(four.bytes, addr->bytes + sizeof mapped, 4);
	return four;
}

bool wq_network_has(const struct wq_network *network, const struct wq_addr *addr)
{
	struct wq_addr a = unmapped(addr);
	unsigned whole = network->bits / 8, rest = network->bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (a.family != network->addr.family || network->bits > (a.family == 4 ? 32 : 128))
		return false;
	return memcmp(a.bytes, network->addr.bytes, whole) == 0 &&
		(rest == 0 || ((a.bytes[whole] ^ network->addr.bytes[whole]) & mask) == 0);
}

bool wq_policy_staff(const struct wq_policy *policy, const struct wq_addr *addr)
{
	for (size_t i = 0; i < policy->staff_n; i++)
		if (wq_network_has(&policy->staff[i], addr))
			return true;
	return false;
}
