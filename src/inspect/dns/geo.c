#include "inspect/dns/look_priv.h"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>

struct wq_dns_geo {
	MMDB_s file;
};

wq_err wq_dns_geo_open(const char *path, struct wq_dns_geo **ret_geo)
{
	struct wq_dns_geo *geo = calloc(1, sizeof *geo);

	if (!geo)
		return wq_error_id(WQ_E_NO_MEMORY);
	int status = MMDB_open(path, MMDB_MODE_MMAP, &geo->file);
	if (status != MMDB_SUCCESS) {
		free(geo);
		return wq_error(WQ_E_CONFIG, "the geo data file %s: %s", path, MMDB_strerror(status));
	}
	*ret_geo = geo;
	return WQ_OK;
}

void wq_dns_geo_close(struct wq_dns_geo **geo)
{
	if (!*geo)
		return;
	MMDB_close(&(*geo)->file);
	free(*geo);
	*geo = NULL;
}

static wq_str text_at(struct wq_arena *arena, MMDB_entry_s *entry, const char *const *path)
{
	MMDB_entry_data_s data;

	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
		data.type != MMDB_DATA_TYPE_UTF8_STRING)
		return WQ_S_NONE;
	return wq_arena_str(arena, wq_str_of(data.utf8_string, WQ_MIN(data.data_size, 128U)));
}

static wq_str owner_of(struct wq_arena *arena, MMDB_entry_s *entry)
{
	static const char *const number_path[] = {"autonomous_system_number", NULL};
	static const char *const name_path[] = {"autonomous_system_organization", NULL};
	wq_str name = text_at(arena, entry, name_path);
	MMDB_entry_data_s data;

	if (MMDB_aget_value(entry, &data, number_path) != MMDB_SUCCESS || !data.has_data ||
		data.type != MMDB_DATA_TYPE_UINT32)
		return name;
	return wq_arena_printf(arena, "AS%u%s%.*s", data.uint32, name.n ? " " : "", WQ_S_ARG(name));
}

bool wq_dns_geo_find(
	const struct wq_dns_geo *geo, struct wq_arena *arena, const struct wq_addr *addr, struct wq_dns_located *ret)
{
	static const char *const country[] = {"country", "iso_code", NULL};
	static const char *const province[] = {"subdivisions", "0", "names", "en", NULL};
	struct sockaddr_storage at = {0};
	int failed = MMDB_SUCCESS;

	if (addr->family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)(void *)&at;
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, addr->bytes, 4);
	} else {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)(void *)&at;
		in->sin6_family = AF_INET6;
		memcpy(&in->sin6_addr, addr->bytes, 16);
	}
	MMDB_lookup_result_s found = MMDB_lookup_sockaddr(
		&geo->file, (const struct sockaddr *)(const void *)&at, &failed);
	if (failed != MMDB_SUCCESS || !found.found_entry)
		return false;
	*ret = (struct wq_dns_located){.addr = *addr,
		.country = text_at(arena, &found.entry, country),
		.province = text_at(arena, &found.entry, province),
		.owner = owner_of(arena, &found.entry)};
	return true;
}
