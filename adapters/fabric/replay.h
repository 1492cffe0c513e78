/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded blocks served as if by nodes: one directory a node, one file a block
 * ("block_0025.pb", a serialised common.Block). What comes of them is labelled
 * `recorded`. Nothing is judged here.
 */
#ifndef ADAPTERS_FABRIC_REPLAY_H
#define ADAPTERS_FABRIC_REPLAY_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/include/qiao/limits.h"

#define FABRIC_NODES_MAX 8

struct fabric_replay {
	char node[FABRIC_NODES_MAX][QIAO_PATH_LEN];
	size_t nodes;
	uint64_t blocks;       /* how many heights, from 0, some node holds */
	unsigned int block_ms; /* the chain grows by one block in this time */
	uint64_t grown;        /* heights below exist already */
	uint64_t served;       /* heights below were served before */
	uint64_t again_height; /* asked for more than once, the last time */
	size_t again;          /* how often */
};

/* Count the blocks; QIAO_E_CONFIG when there is none. */
qiao_err fabric_replay_open(struct fabric_replay *r, struct qiao_why *why);
/* The chain as a follower that knows `known` blocks sees it grow. */
uint64_t fabric_replay_head(struct fabric_replay *r, uint64_t known,
			    unsigned int wait_ms);
/*
 * The block's bytes. Asked again for a height that it served, it takes the copy
 * of the next node that has one, and begins again after the last.
 */
qiao_err fabric_replay_fetch(struct fabric_replay *r, struct qiao_buf *block,
			     uint64_t height, struct qiao_why *why);

#endif
