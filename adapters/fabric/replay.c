/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/replay.h"

#include "gateway/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool block_path(char *out, size_t size, const char *dir, uint64_t height)
{
	int n = snprintf(out, size, "%s/block_%04" PRIu64 ".pb", dir, height);

	return n > 0 && (size_t)n < size;
}

static bool node_has(const struct fabric_replay *r, size_t node,
		     uint64_t height)
{
	char path[QIAO_PATH_LEN + 32];
	struct stat st;

	return block_path(path, sizeof(path), r->node[node], height) &&
	       stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool any_has(const struct fabric_replay *r, uint64_t height)
{
	for (size_t i = 0; i < r->nodes; i++)
		if (node_has(r, i, height))
			return true;
	return false;
}

qiao_err fabric_replay_open(struct fabric_replay *r, struct qiao_why *why)
{
	r->blocks = 0;
	while (any_has(r, r->blocks))
		r->blocks++;
	if (r->blocks == 0)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "replay: no block_0000.pb in %s; name folders "
				 "of recorded blocks in `nodes`",
				 r->nodes ? r->node[0] : "(no folder given)");
	return QIAO_OK;
}

uint64_t fabric_replay_head(struct fabric_replay *r, uint64_t known,
			    unsigned int wait_ms)
{
	if (known >= r->blocks) {
		qiao_sleep_ms((int64_t)wait_ms);
		r->grown = r->blocks;
	} else if (r->block_ms == 0) {
		r->grown = r->blocks;
	} else {
		qiao_sleep_ms(r->block_ms < wait_ms ? r->block_ms : wait_ms);
		if (known + 1 > r->grown)
			r->grown = known + 1;
	}
	return r->grown;
}

static qiao_err read_block(struct qiao_buf *block, const char *path,
			   struct qiao_why *why)
{
	FILE *f = fopen(path, "rb");
	uint8_t piece[16384];
	size_t n;
	bool failed;

	if (!f)
		return qiao_fail(why, QIAO_E_IO, "replay: %s: %s", path,
				 strerror(errno));
	block->max = QIAO_BLOCK_MAX;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		qiao_buf_put_mem(block, piece, n);
	failed = ferror(f) != 0;
	fclose(f);
	if (failed)
		return qiao_fail(why, QIAO_E_IO, "replay: %s: read failed",
				 path);
	if (block->err != QIAO_OK)
		return qiao_fail(why, block->err, "replay: %s: %s", path,
				 qiao_strerror(block->err));
	return QIAO_OK;
}

/* The first node that has it, from `first` on, round once. */
static size_t find_node(const struct fabric_replay *r, size_t first,
			uint64_t height)
{
	for (size_t i = 0; i < r->nodes; i++) {
		size_t node = (first + i) % r->nodes;

		if (node_has(r, node, height))
			return node;
	}
	return r->nodes;
}

/* Asked again: the gateway refused what it got, so it is another node's turn.
 */
static size_t turn(struct fabric_replay *r, uint64_t height)
{
	if (height >= r->served)
		return 0;
	if (height != r->again_height)
		r->again = 0;
	r->again_height = height;
	return ++r->again;
}

qiao_err fabric_replay_fetch(struct fabric_replay *r, struct qiao_buf *block,
			     uint64_t height, struct qiao_why *why)
{
	size_t node = find_node(r, turn(r, height), height);
	char path[QIAO_PATH_LEN + 32];

	if (height >= r->grown || node == r->nodes)
		return qiao_fail(why, QIAO_E_NOTFOUND,
				 "replay: no node has block %" PRIu64, height);
	if (!block_path(path, sizeof(path), r->node[node], height))
		return qiao_fail(why, QIAO_E_LIMIT, "replay: path too long");
	if (height >= r->served)
		r->served = height + 1;
	return read_block(block, path, why);
}
