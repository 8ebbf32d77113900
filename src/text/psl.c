#include "text/host.h"

#include "text/key.h"

#include <libpsl.h>

struct wq_psl {
	psl_ctx_t *list;
};

wq_err wq_psl_open(const char *path, struct wq_psl **ret_psl)
{
	struct wq_psl *psl = calloc(1, sizeof(*psl));

	if (!psl)
		return wq_error_id(WQ_E_NO_MEMORY);
	psl->list = path ? psl_load_file(path) : psl_latest(NULL);
	if (!psl->list || psl_suffix_count(psl->list) == 0) {
		wq_psl_close(&psl);
		return wq_error(WQ_E_CONFIG, "public suffix list %s", path ? path : "of the system");
	}
	*ret_psl = psl;
	return WQ_OK;
}

void wq_psl_close(struct wq_psl **psl)
{
	if (!psl || !*psl)
		return;
	psl_free((*psl)->list);
	free(*psl);
	*psl = NULL;
}

wq_str wq_psl_registrable(const struct wq_psl *psl, wq_str host)
{
	char name[WQ_HOST_MAX + 1];
	struct wq_addr addr;
	const char *domain;

	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (host.n == 0 || host.n > WQ_HOST_MAX || host.p[0] == '[' || wq_host_address(host, &addr))
		return WQ_S_NONE;
	memcpy(name, host.p, host.n);
	name[host.n] = 0;
	domain = psl_registrable_domain(psl->list, name);
	return domain ? wq_str_from(host, (size_t)(domain - name)) : WQ_S_NONE;
}
