#include "detect/transform/chains_priv.h"

enum { FIRST_ROOM = 64 };

wq_err wq_chains_new(const struct wq_random *random, struct wq_chains **ret_chains)
{
	struct wq_chains *chains = calloc(1, sizeof *chains);

	if (chains)
		chains->nodes = calloc(FIRST_ROOM, sizeof *chains->nodes);
	if (!chains || !chains->nodes) {
		wq_chains_free(&chains);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	random->fill(random->data, chains->key, sizeof chains->key);
	chains->n = 1;
	chains->room = FIRST_ROOM;
	*ret_chains = chains;
	return WQ_OK;
}

void wq_chains_free(struct wq_chains **chains)
{
	if (*chains)
		free((*chains)->nodes);
	free(*chains);
	*chains = NULL;
}

/* The node that leads on from `parent` by `step`; 0: there is none. */
static uint16_t find(const struct wq_chains *chains, uint16_t parent, enum wq_transform step)
{
	for (uint16_t i = 1; i < chains->n; i++)
		if (chains->nodes[i].parent == parent && chains->nodes[i].step == step)
			return i;
	return 0;
}

static wq_err add(struct wq_chains *chains, uint16_t parent, enum wq_transform step, uint16_t *ret_node)
{
	struct wq_chain_node *nodes = chains->nodes, *node;

	if (chains->n >= WQ_CHAINS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d chains of transformations", WQ_CHAINS_MAX);
	if (chains->n == chains->room) {
		nodes = realloc(nodes, 2u * chains->room * sizeof *nodes);
		if (!nodes)
			return wq_error_id(WQ_E_NO_MEMORY);
		chains->nodes = nodes;
		chains->room *= 2;
	}
	node = &nodes[chains->n];
	*node = nodes[parent];
	node->parent = parent;
	node->step = step;
	node->depth++;
	node->any |= wq_transform_any(step);
	wq_transform_triggers(step, node->step_triggers);
	for (int i = 0; i < 4; i++)
		node->triggers[i] |= node->step_triggers[i];
	*ret_node = chains->n++;
	return WQ_OK;
}

wq_err wq_chains_add(struct wq_chains *chains, const enum wq_transform *steps, size_t n, uint16_t *ret_node)
{
	uint16_t node = 0;

	if (n > WQ_CHAIN_STEPS_MAX)
		return wq_error(WQ_E_LIMIT, "a chain of more than %d transformations", WQ_CHAIN_STEPS_MAX);
	for (size_t i = 0; i < n; i++) {
		uint16_t next = find(chains, node, steps[i]);
		if (next == 0)
			WQ_TRY(add(chains, node, steps[i], &next));
		node = next;
	}
	*ret_node = node;
	return WQ_OK;
}

size_t wq_chains_count(const struct wq_chains *chains)
{
	return chains->n;
}

size_t wq_chains_steps(const struct wq_chains *chains, uint16_t node, enum wq_transform ret_steps[WQ_CHAIN_STEPS_MAX])
{
	size_t depth = chains->nodes[node].depth;

	for (size_t i = depth; i > 0; node = chains->nodes[node].parent)
		ret_steps[--i] = chains->nodes[node].step;
	return depth;
}

uint16_t wq_chains_parent(const struct wq_chains *chains, uint16_t node)
{
	return chains->nodes[node].parent;
}

const uint64_t *wq_chains_triggers(const struct wq_chains *chains, uint16_t node)
{
	return chains->nodes[node].triggers;
}
