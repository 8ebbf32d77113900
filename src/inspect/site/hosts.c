#include "inspect/crawl/robots.h"
#include "inspect/site/site_priv.h"

enum { FAILURES_MAX = 3 };

wq_str url_origin(wq_str url)
{
	ptrdiff_t colon = wq_str_find(url, WQ_S("://")), slash;

	if (colon < 0)
		return url;
	slash = wq_str_chr(wq_str_from(url, (size_t)colon + 3), '/');
	return slash < 0 ? url : wq_str_head(url, (size_t)colon + 3 + (size_t)slash);
}

bool url_is_inside(const struct walk *w, wq_str url)
{
	wq_str origin = url_origin(url);
	ptrdiff_t colon = wq_str_find(origin, WQ_S("://"));

	return colon > 0 && wq_map_has(&w->inside, wq_str_from(origin, (size_t)colon + 3));
}

struct host *host_of(struct walk *w, wq_str url)
{
	wq_str origin = url_origin(url);
	struct host *host = wq_map_get(&w->hosts, origin);

	if (host || origin.n >= ORIGIN_BYTES)
		return host;
	if (wq_map_count(&w->hosts) >= HOSTS_MAX) {
		walk_limited(w, "hosts");
		return NULL;
	}
	host = calloc(1, sizeof(*host));
	if (!host) {
		walk_fail(w, wq_error_id(WQ_E_NO_MEMORY));
		return NULL;
	}
	memcpy(host->origin, origin.p, origin.n);
	host->inside = url_is_inside(w, url);
	wq_buf_init(&host->robots, 512 * WQ_KIB);
	walk_fail(w, wq_map_put(&w->hosts, origin, host, NULL));
	if (wq_failed(w->err)) {
		free(host);
		return NULL;
	}
	return host;
}

void hosts_free(struct walk *w)
{
	const struct wq_map_entry *entry;
	size_t at = 0;

	while ((entry = wq_map_next(&w->hosts, &at))) {
		struct host *host = entry->value;

		wq_buf_done(&host->robots);
		soft_free(&host->soft);
		free(host->waiting);
		free(host);
	}
	wq_map_done(&w->hosts);
}

bool host_allows(const struct walk *w, const struct host *host, wq_str url)
{
	wq_str target = wq_str_from(url, url_origin(url).n);

	return w->options.ignore_robots || host->robots.len == 0 || wq_robots_allow(wq_buf_str(&host->robots), target);
}

void host_wait(struct walk *w, struct host *host, uint32_t number, bool first)
{
	if (first && host->waiting_at > 0) {
		host->waiting[--host->waiting_at] = number;
	} else {
		if (host->waiting_at > 0 && host->waiting_at * 2 >= host->waiting_n) {
			memmove(host->waiting, host->waiting + host->waiting_at,
				(host->waiting_n - host->waiting_at) * sizeof(*host->waiting));
			host->waiting_n -= host->waiting_at;
			host->waiting_at = 0;
		}
		if (host->waiting_n == host->waiting_room) {
			size_t room = host->waiting_room ? 2 * host->waiting_room : 16;
			uint32_t *waiting = realloc(host->waiting, room * sizeof(*waiting));

			if (!waiting) {
				walk_fail(w, wq_error_id(WQ_E_NO_MEMORY));
				return;
			}
			host->waiting = waiting;
			host->waiting_room = room;
		}
		host->waiting[host->waiting_n++] = number;
	}
	w->waiting++;
	if (!host->active) {
		host->active = true;
		host->next_active = w->active;
		w->active = host;
	}
}

bool host_next(struct walk *w, struct host *host, uint32_t *ret_number)
{
	if (host->waiting_at == host->waiting_n)
		return false;
	*ret_number = host->waiting[host->waiting_at++];
	w->waiting--;
	return true;
}

void host_heard(struct walk *w, struct host *host, enum wq_fetch_result result)
{
	uint64_t now = walk_msec(w);
	/* what came back from the server, however wrong, is an answer */
	bool answered = result == WQ_FETCH_ANSWERED || result == WQ_FETCH_TRUNCATED || result == WQ_FETCH_TOO_LARGE ||
		result == WQ_FETCH_FAILED;

	host->answered |= answered;
	if (answered) {
		host->failures = 0;
		host->silent_since = 0;
		return;
	}
	host->failures++;
	host->why = result;
	if (host->silent_since == 0)
		host->silent_since = now;
	if (host->gone)
		return;
	/* a name without address, or a closed port, is the same for every path */
	host->gone = host->failures >= FAILURES_MAX &&
		(result == WQ_FETCH_DNS || result == WQ_FETCH_REFUSED || result == WQ_FETCH_FORBIDDEN ||
			result == WQ_FETCH_TLS || result == WQ_FETCH_UNREACHABLE);
	if (!host->gone && now - host->silent_since >= w->options.host_msec_max) {
		char by[64];

		snprintf(by, sizeof(by), "time of %.50s", host->origin);
		host->gone = true;
		w->stats.hosts_given_up++;
		walk_limited(w, by);
		if (host->inside && host->answered)
			walk_sign(w, WQ_SITE_SIGN_SILENCE, wq_str_c(host->origin));
	}
}
