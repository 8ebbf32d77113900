/* The gate's module without its check of what it reads from cold packs: see unchecked.c. */
#include "gate/nginx/packs.h"

wq_err __wrap_wq_gate_object_read(
	const struct wq_gate_object *object, uint64_t from, uint8_t *block, size_t n, uint32_t *ret_leaf);

wq_err __wrap_wq_gate_object_read(
	const struct wq_gate_object *object, uint64_t from, uint8_t *block, size_t n, uint32_t *ret_leaf)
{
	uint64_t offset, length;
	uint32_t leaves;

	*ret_leaf = 0;
	if (!wq_cold_object(&object->pack->cold, object->number, &offset, &length, &leaves) ||
		pread(object->pack->fd, block, n, (off_t)(offset + from)) != (ssize_t)n)
		return wq_error(WQ_E_IO, "read a block");
	return WQ_OK;
}
