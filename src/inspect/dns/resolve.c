#include "inspect/dns/look_priv.h"

#include <poll.h>
#include <unbound.h>

struct wq_dns_unbound {
	struct wq_arena *arena;
	struct ub_ctx *plain, *strict; /* strict validates; NULL without a trust anchor */
	FILE *nowhere;                 /* what libunbound has to say */
};

struct resolving {
	struct wq_arena *arena;
	struct wq_dns_resolve *of;
	int id;
	bool done;
};

/* Where no server of a domain may stand: the ranges that wq_addr_class() calls by other names than global. */
static const char *const forbidden[] = {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/3", "::/8", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "2002::/16",
	"3fff::/20", "fc00::/7", "fe80::/9", "ff00::/8"};

static bool guard(struct ub_ctx *ctx, bool allow_private)
{
	bool ok = ub_ctx_set_option(ctx, "do-not-query-localhost:", allow_private ? "no" : "yes") == 0;

	for (size_t i = 0; i < WQ_COUNT(forbidden) && ok && !allow_private; i++)
		ok = ub_ctx_set_option(ctx, "do-not-query-address:", forbidden[i]) == 0;
	return ok;
}

static bool roots(struct ub_ctx *ctx, const struct wq_dns_looking *look)
{
	char text[80];
	bool ok = true;

	for (size_t i = 0; i < look->options.roots_n && ok; i++) {
		const struct wq_dns_endpoint *r = &look->options.roots[i];
		(void)snprintf(text, sizeof text, "%.*s@%u", WQ_S_ARG(wq_dns_text_of(look->arena, &r->addr)),
			r->port ? r->port : 53);
		ok = ub_ctx_set_stub(ctx, ".", text, 0) == 0;
	}
	return ok;
}

static struct ub_ctx *context(struct wq_dns_unbound *u, const struct wq_dns_looking *look, bool strict)
{
	struct ub_ctx *ctx = ub_ctx_create();

	if (!ctx)
		return NULL;
	(void)ub_ctx_debugout(ctx, u->nowhere);
	if (ub_ctx_async(ctx, 1) == 0 && guard(ctx, look->options.allow_private) && roots(ctx, look) &&
		ub_ctx_set_option(ctx, "module-config:", strict ? "validator iterator" : "iterator") == 0)
		return ctx;
	ub_ctx_delete(ctx);
	return NULL;
}

/* Not /dev/null: a process that has locked itself in cannot open that for writing. */
static ssize_t swallow(void *nothing, const char *text, size_t n)
{
	(void)nothing;
	(void)text;
	return (ssize_t)n;
}

wq_err wq_dns_unbound_new(struct wq_dns_looking *look, struct wq_dns_unbound **ret_unbound)
{
	struct wq_dns_unbound *u = calloc(1, sizeof *u);

	if (!u)
		return wq_error_id(WQ_E_NO_MEMORY);
	u->arena = look->arena;
	u->nowhere = fopencookie(NULL, "w", (cookie_io_functions_t){.write = swallow});
	u->plain = u->nowhere ? context(u, look, false) : NULL;
	bool ok = u->plain;
	if (ok && look->options.anchor_file) {
		u->strict = context(u, look, true);
		ok = u->strict;
		if (ok && ub_ctx_add_ta_file(u->strict, look->options.anchor_file) != 0) {
			wq_dns_unbound_free(&u);
			return wq_error(WQ_E_CONFIG, "the trust anchor %s cannot be read", look->options.anchor_file);
		}
	}
	if (!ok) {
		wq_dns_unbound_free(&u);
		return wq_error(WQ_E_UNSUPPORTED, "libunbound does not start");
	}
	*ret_unbound = u;
	return WQ_OK;
}

void wq_dns_unbound_free(struct wq_dns_unbound **unbound)
{
	if (!*unbound)
		return;
	if ((*unbound)->plain)
		ub_ctx_delete((*unbound)->plain);
	if ((*unbound)->strict)
		ub_ctx_delete((*unbound)->strict);
	if ((*unbound)->nowhere)
		(void)fclose((*unbound)->nowhere);
	free(*unbound);
	*unbound = NULL;
}

static void resolved(void *data, int failed, struct ub_result *result)
{
	struct resolving *r = data;

	r->done = true;
	if (failed || !result) {
		r->of->outcome = WQ_DNS_UNREACHABLE;
		return;
	}
	r->of->secure = result->secure;
	r->of->bogus = result->bogus;
	if (result->bogus && result->why_bogus)
		r->of->why = wq_arena_str(r->arena, wq_str_c(result->why_bogus));
	r->of->outcome = WQ_DNS_ANSWERED;
	if (!wq_dns_message_read(
		    r->arena, wq_str_of(result->answer_packet, (size_t)WQ_MAX(result->answer_len, 0)), &r->of->message))
		r->of->message = (struct wq_dns_message){0};
	r->of->message.rcode = result->rcode;
	ub_resolve_free(result);
}

static void wait_on(struct wq_dns_looking *look, struct ub_ctx *ctx, struct resolving *all, size_t n)
{
	for (;;) {
		size_t open = 0;
		for (size_t i = 0; i < n; i++)
			open += !all[i].done;
		uint32_t left = wq_dns_left(look);
		if (open == 0 || left == 0)
			break;
		struct pollfd fd = {.fd = ub_fd(ctx), .events = POLLIN};
		if (poll(&fd, 1, (int)left) < 0 || ub_process(ctx) != 0)
			break;
	}
	for (size_t i = 0; i < n; i++)
		if (!all[i].done) {
			wq_dns_limited(look, "time");
			all[i].of->outcome = WQ_DNS_TIMEOUT;
			(void)ub_cancel(ctx, all[i].id);
		}
}

static wq_err resolve_in(
	struct wq_dns_looking *look, struct ub_ctx *ctx, struct wq_dns_resolve *resolves, size_t n, bool strict)
{
	struct resolving *all = WQ_NEW_ARRAY(look->arena, struct resolving, n + 1);
	size_t started = 0;

	if (!all)
		return wq_arena_err(look->arena);
	for (size_t i = 0; i < n; i++) {
		if (resolves[i].validate != strict)
			continue;
		struct resolving *r = &all[started];
		const char *name = wq_arena_cstr(look->arena, resolves[i].name);
		*r = (struct resolving){.arena = look->arena, .of = &resolves[i]};
		resolves[i].outcome = WQ_DNS_NOT_ASKED;
		if (!name || !ctx || look->queries >= WQ_DNS_QUERIES_MAX)
			continue;
		if (ub_resolve_async(ctx, name, resolves[i].type, 1, r, resolved, &r->id) == 0) {
			look->queries++;
			started++;
		}
	}
	if (started)
		wait_on(look, ctx, all, started);
	return wq_arena_err(look->arena);
}

wq_err wq_dns_resolve_all(struct wq_dns_looking *look, struct wq_dns_resolve *resolves, size_t n)
{
	WQ_TRY(resolve_in(look, look->unbound->plain, resolves, n, false));
	return resolve_in(look, look->unbound->strict, resolves, n, true);
}
