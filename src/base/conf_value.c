#include "base/conf_value.h"

#include <inttypes.h>

struct suffix {
	const char *name;
	uint64_t factor;
};

static const struct suffix sizes[] = {{"", 1}, {"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30},
	{"TiB", 1ULL << 40}, {NULL, 0}};
static const struct suffix durations[] = {
	{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};

static wq_err scaled(wq_str text, const struct suffix *suffixes, const char *example, int64_t *ret_number)
{
	size_t digits = 0;
	uint64_t n, product;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	for (const struct suffix *s = suffixes; s->name; s++)
		if (wq_str_eq(wq_str_trim(wq_str_from(text, digits)), wq_str_c(s->name)) &&
			wq_str_to_u64(wq_str_head(text, digits), INT64_MAX, &n) &&
			!__builtin_mul_overflow(n, s->factor, &product) && product <= INT64_MAX) {
			*ret_number = (int64_t)product;
			return WQ_OK;
		}
	return wq_error(WQ_E_INPUT, "expected something like %s", example);
}

static wq_err whole(wq_str text, int64_t *ret_number)
{
	bool negative = wq_str_starts(text, WQ_S("-"));
	uint64_t n;

	if (!wq_str_to_u64(wq_str_from(text, negative), INT64_MAX, &n))
		return wq_error(WQ_E_INPUT, "expected a whole number");
	*ret_number = negative ? -(int64_t)n : (int64_t)n;
	return WQ_OK;
}

static wq_err truth(wq_str text, int64_t *ret_number)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (wq_str_eq(text, wq_str_c(words[i]))) {
			*ret_number = i & 1;
			return WQ_OK;
		}
	return wq_error(WQ_E_INPUT, "expected true or false");
}

static wq_err path(wq_str text)
{
	wq_str rest = text;

	if (!wq_str_starts(text, WQ_S("/")))
		return wq_error(WQ_E_INPUT, "expected an absolute path");
	while (rest.p)
		if (wq_str_eq(wq_str_cut(&rest, '/'), WQ_S("..")))
			return wq_error(WQ_E_INPUT, "a path without \"..\" is needed");
	return WQ_OK;
}

wq_err wq_conf_host_port(wq_str text, wq_str *ret_host, uint16_t *ret_port)
{
	ptrdiff_t colon = wq_str_rchr(text, ':');
	wq_str host = wq_str_head(text, colon < 0 ? 0 : (size_t)colon);
	uint64_t port;

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = wq_str_head(wq_str_from(host, 1), host.n - 2);
	else if (wq_str_chr(host, ':') >= 0)
		host.n = 0;
	if (host.n == 0 || host.n > 253 || !wq_str_to_u64(wq_str_from(text, (size_t)colon + 1), 65535, &port) ||
		port == 0)
		return wq_error(WQ_E_INPUT, "expected host:port or [address]:port");
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] <= ' ' || host.p[i] > '~' || strchr("/[]@", host.p[i]))
			return wq_error(WQ_E_INPUT, "not the name of a host");
	*ret_host = host;
	*ret_port = (uint16_t)port;
	return WQ_OK;
}

wq_err wq_conf_value_range(const struct wq_conf_row *row, int64_t n)
{
	if ((row->min != 0 || row->max != 0) && (n < row->min || n > row->max))
		return wq_error(WQ_E_INPUT, "outside %" PRId64 " to %" PRId64, row->min, row->max);
	return WQ_OK;
}

static wq_err split_list(
	struct wq_arena *arena, const struct wq_conf_row *row, wq_str text, struct wq_conf_value *value)
{
	wq_str rest = text;

	value->list = WQ_NEW_ARRAY(arena, const char *, WQ_CONF_LIST_MAX);
	if (!value->list)
		return wq_arena_err(arena);
	while (text.n > 0 && rest.p && value->list_count < WQ_CONF_LIST_MAX)
		value->list[value->list_count++] = wq_arena_cstr(arena, wq_str_trim(wq_str_cut(&rest, ',')));
	return wq_conf_value_range(row, (int64_t)value->list_count);
}

wq_err wq_conf_value_read(
	struct wq_arena *arena, const struct wq_conf_row *row, wq_str text, struct wq_conf_value *ret_value)
{
	struct wq_conf_value value = {.text = wq_arena_cstr(arena, text)};
	wq_str host;
	uint16_t port;

	if (!value.text || text.n > WQ_CONF_TEXT_MAX)
		return wq_error(WQ_E_INPUT, "longer than %d bytes", WQ_CONF_TEXT_MAX);
	switch (row->type) {
	case WQ_CONF_BOOL: WQ_TRY(truth(text, &value.number)); break;
	case WQ_CONF_INT: WQ_TRY(whole(text, &value.number)); break;
	case WQ_CONF_SIZE: WQ_TRY(scaled(text, sizes, "64MiB", &value.number)); break;
	case WQ_CONF_DURATION: WQ_TRY(scaled(text, durations, "30s", &value.number)); break;
	case WQ_CONF_TEXT: value.number = (int64_t)text.n; break;
	case WQ_CONF_PATH: WQ_TRY(path(text)); break;
	case WQ_CONF_HOST_PORT: WQ_TRY(wq_conf_host_port(text, &host, &port)); break;
	case WQ_CONF_LIST: WQ_TRY(split_list(arena, row, text, &value)); break;
	}
	if (row->type != WQ_CONF_LIST && row->type != WQ_CONF_PATH && row->type != WQ_CONF_HOST_PORT)
		WQ_TRY(wq_conf_value_range(row, value.number));
	*ret_value = value;
	return WQ_OK;
}

const char *wq_conf_type_name(enum wq_conf_type type, enum wq_lang lang)
{
	static const char *const names[][2] = {{"布尔", "true or false"}, {"整数", "whole number"},
		{"大小（如 64MiB）", "size, e.g. 64MiB"}, {"时长（如 30s）", "duration, e.g. 30s"}, {"文本", "text"},
		{"绝对路径", "absolute path"}, {"文本列表", "list of texts"}, {"主机:端口", "host:port"}};

	return (size_t)type < WQ_COUNT(names) ? names[type][lang == WQ_LANG_EN] : "";
}
