#include "inspect/crawl/robots.h"

/* `*` is any run of bytes, `$` at the end is the end (RFC 9309 §2.2.3). Without recursion: on a mismatch the last star
 * takes one byte more. False when `*steps` are used up. */
static bool matches(wq_str pattern, wq_str target, size_t *steps)
{
	size_t p = 0, t = 0, star = SIZE_MAX, star_t = 0;

	for (; *steps > 0; --*steps) {
		if (p == pattern.n)
			return true;
		if (pattern.p[p] == '$' && p + 1 == pattern.n && t == target.n)
			return true;
		if (pattern.p[p] == '*') {
			star = p++;
			star_t = t;
		} else if (t < target.n && pattern.p[p] == target.p[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX && star_t < target.n) {
			p = star + 1;
			t = ++star_t;
		} else
			return false;
	}
	return false;
}

/* A line as key and value; false for what is none. */
static bool line_of(wq_str line, wq_str *ret_key, wq_str *ret_value)
{
	ptrdiff_t hash = wq_str_chr(line, '#'), colon;

	if (hash >= 0)
		line = wq_str_head(line, (size_t)hash);
	colon = wq_str_chr(line, ':');
	if (colon < 0)
		return false;
	*ret_key = wq_str_trim(wq_str_head(line, (size_t)colon));
	*ret_value = wq_str_trim(wq_str_from(line, (size_t)colon + 1));
	return true;
}

static bool names_agent(wq_str value, wq_str agent)
{
	return value.n > 0 && wq_str_starts_nocase(agent, value);
}

static bool has_group(wq_str text, wq_str agent)
{
	for (wq_str rest = text; rest.n > 0;) {
		wq_str key, value;

		if (line_of(wq_str_cut(&rest, '\n'), &key, &value) && wq_str_eq_nocase(key, WQ_S("user-agent")) &&
			names_agent(value, agent))
			return true;
	}
	return false;
}

wq_err wq_robots_read(wq_str text, wq_str agent, struct wq_buf *ret_rules)
{
	bool named = has_group(text, agent), in_group = false, in_agents = false;

	for (wq_str rest = text; rest.n > 0;) {
		wq_str key, value;

		if (!line_of(wq_str_cut(&rest, '\n'), &key, &value))
			continue;
		if (wq_str_eq_nocase(key, WQ_S("user-agent"))) {
			bool ours = named ? names_agent(value, agent) : wq_str_eq(value, WQ_S("*"));

			in_group = in_agents ? in_group || ours : ours;
			in_agents = true;
			continue;
		}
		bool allow = wq_str_eq_nocase(key, WQ_S("allow"));

		if (!allow && !wq_str_eq_nocase(key, WQ_S("disallow")))
			continue;
		in_agents = false;
		if (!in_group || value.n == 0)
			continue;
		wq_buf_byte(ret_rules, allow ? '+' : '-');
		wq_buf_add(ret_rules, value);
		wq_buf_byte(ret_rules, '\n');
	}
	return wq_buf_err(ret_rules);
}

bool wq_robots_allow(wq_str rules, wq_str target)
{
	size_t longest = 0, steps = WQ_ROBOTS_STEPS;
	bool allowed = true;

	for (wq_str rest = rules; rest.n > 0 && steps > 0;) {
		wq_str pattern = wq_str_cut(&rest, '\n');
		bool allow = pattern.p[0] == '+';

		pattern = wq_str_from(pattern, 1);
		if (pattern.n < longest || !matches(pattern, target, &steps))
			continue;
		if (pattern.n > longest || allow) {
			longest = pattern.n;
			allowed = allow;
		}
	}
	return allowed && steps > 0;
}
