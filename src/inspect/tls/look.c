#include "inspect/tls/look_priv.h"

enum { HTTPS = 443, HTTP = 80, HOST_MAX = 255 };

static void look_at(struct tls_look *look)
{
	const struct wq_tls_options *options = look->options;
	uint16_t plain = options->http_port ? options->http_port : look->port == HTTPS ? HTTP : 0;

	if (!tls_dial_find(&look->dial, look->arena, look->host, look->o))
		return;
	tls_look_probe(look);
	if (!wq_failed(look->e))
		tls_look_talk(look);
	if (plain)
		tls_look_plain(look, plain);
}

wq_err wq_tls_look(struct wq_arena *arena, const struct wq_tls_options *options, wq_str host, uint16_t port,
	struct wq_tls_observation **ret_observation)
{
	struct tls_look look = {.arena = arena,
		.options = options,
		.rules = options->rules,
		.port = port,
		.o = WQ_NEW(arena, struct wq_tls_observation)};

	if (host.n == 0 || host.n > HOST_MAX || memchr(host.p, '\0', host.n) || port == 0)
		return wq_error(WQ_E_INPUT, "no host and port");
	look.host = wq_arena_str(arena, host);
	WQ_TRY(wq_arena_err(arena));
	look.o->host = look.host;
	look.o->port = port;
	look.o->at = wq_now(options->clock);
	tls_dial_init(&look.dial, options);
	look_at(&look);
	look.o->connections = look.dial.connections;
	look.o->msec = (uint32_t)(options->clock->monotonic_msec(options->clock->data) - look.dial.began);
	WQ_TRY(look.e);
	WQ_TRY(wq_arena_err(arena));
	*ret_observation = look.o;
	return WQ_OK;
}
