/* What the check `dns` is told on the command line; `weique inspect dns` reads some of it as well. */
#include "cli/inspect_priv.h"

enum { GAP_MSEC_MOST = 600000 };

wq_err wq_cli_inspect_endpoints(
	const struct wq_cli_args *args, const char *option, struct wq_dns_endpoint *list, size_t max, size_t *ret_n)
{
	wq_str value;
	size_t n = 0;

	for (; (value = wq_cli_value_at(args, option, n)).p; n++) {
		if (n == max)
			return wq_error(WQ_E_LIMIT, "--%s: at most %zu", option, max);
		if (!wq_dns_endpoint_parse(value, &list[n]))
			return wq_error(
				WQ_E_USAGE, "--%s %.*s: expected [NAME=]ADDRESS[:PORT]", option, WQ_S_ARG(value));
	}
	*ret_n = n;
	return WQ_OK;
}

/* dns-root-data, unbound-anchor */
const char *wq_cli_inspect_anchor(struct wq_cli *cli, const struct wq_cli_args *args)
{
	static const char *const usual[] = {"/usr/share/dns/root.key", "/var/lib/unbound/root.key"};
	wq_str given = wq_cli_value(args, "anchor");

	if (given.n)
		return wq_arena_cstr(&cli->arena, given);
	for (size_t i = 0; i < WQ_COUNT(usual); i++)
		if (access(usual[i], R_OK) == 0)
			return usual[i];
	return NULL;
}

static wq_err number(const struct wq_cli_args *args, const char *option, uint64_t most, uint32_t *ret)
{
	wq_str value = wq_cli_value(args, option);
	uint64_t n;

	if (!value.p)
		return WQ_OK;
	if (!wq_str_to_u64(value, most, &n) || n == 0)
		return wq_error(WQ_E_USAGE, "--%s takes a number from 1 to %llu", option, (unsigned long long)most);
	*ret = (uint32_t)n;
	return WQ_OK;
}

/* Said before the walk, not after it. */
static wq_err readable(const char *option, const char *path)
{
	return !path || access(path, R_OK) == 0 ? WQ_OK : wq_error(WQ_E_CONFIG, "--%s: cannot read %s", option, path);
}

wq_err wq_cli_inspect_names(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_cli_inspect *ret)
{
	struct wq_inspect_names *names = &ret->options.names;

	WQ_TRY(wq_cli_inspect_endpoints(
		args, "resolver", ret->resolvers, WQ_COUNT(ret->resolvers), &names->resolvers_n));
	WQ_TRY(wq_cli_inspect_endpoints(args, "root", ret->roots, WQ_COUNT(ret->roots), &names->roots_n));
	WQ_TRY(number(args, "rounds", WQ_DNS_ROUNDS_MAX, &names->rounds));
	WQ_TRY(number(args, "gap", GAP_MSEC_MOST, &names->round_gap_msec));
	names->resolvers = ret->resolvers;
	names->roots = ret->roots;
	names->allow_private = wq_cli_has(args, "allow-private");
	names->anchor_file = wq_cli_inspect_anchor(cli, args);
	if (wq_cli_has(args, "geo"))
		names->geo_file = wq_arena_cstr(&cli->arena, wq_cli_value(args, "geo"));
	WQ_TRY(wq_arena_err(&cli->arena));
	WQ_TRY(readable("geo", names->geo_file));
	return readable("anchor", names->anchor_file);
}
