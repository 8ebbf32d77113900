/* The tree of chains as the pool reads it: made by chains.c when rules are compiled, not changed after. */
#ifndef WQ_DETECT_TRANSFORM_CHAINS_PRIV_H
#define WQ_DETECT_TRANSFORM_CHAINS_PRIV_H

#include "detect/transform/pool.h"

struct wq_chain_node {
	uint64_t triggers[4]; /* of all its steps */
	uint64_t step_triggers[4];
	enum wq_transform step; /* the last one */
	uint16_t parent;
	uint8_t depth;
	bool any; /* a step changes strings without any byte */
};

struct wq_chains {
	struct wq_chain_node *nodes;
	uint16_t n, room;
	uint64_t key[4]; /* of the pools' hashes */
};

#endif
