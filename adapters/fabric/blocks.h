/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of the channel from whichever server gives good ones. One stream
 * follows the chain from one server and fills a small cache; a server that
 * fails, stalls, gives another block than the one asked for, or whose copy the
 * gateway refused (it asks for a height again) makes room for the next one.
 * Nothing is judged here.
 */
#ifndef ADAPTERS_FABRIC_BLOCKS_H
#define ADAPTERS_FABRIC_BLOCKS_H

#include "adapters/fabric/session.h"

#define FABRIC_CACHE_BLOCKS 128

struct fabric_blocks {
	struct fabric_sessions *sessions;
	const struct fabric_config *cfg;
	pthread_mutex_t lock; /* everything below */

	/* the stream, NULL: none; it gives block `next` */
	struct fabric_session *session;
	struct fabric_stream *stream;
	size_t source;
	uint64_t next;
	int64_t news_ms; /* monotonic: last block, or last look elsewhere */
	size_t asked;    /* who was asked last what it has */

	/* blocks from `first` on, up to below `next` */
	struct fabric_cached {
		struct qiao_buf block;
		size_t source;
	} cache[FABRIC_CACHE_BLOCKS];
	uint64_t first;
	size_t n, bytes;

	/* number of blocks seen, as far as they are believed; read by any
	 * thread */
	_Atomic uint64_t tip;
	uint64_t served;    /* heights below were served before */
	size_t server;      /* who gave the block served last */
	size_t batch;       /* bytes served since `head` was asked */
	uint64_t batch_end; /* block below has several signatures */

	int64_t not_before_ms[FABRIC_SOURCES_MAX]; /* monotonic */
	size_t failures; /* of servers, since the last block */
	qiao_err err;    /* the newest failure */
	struct qiao_why why;
};

void fabric_blocks_open(struct fabric_blocks *b,
			struct fabric_sessions *sessions);
void fabric_blocks_close(struct fabric_blocks *b);

/*
 * The adapter's `head` and `fetch`. head fails only when no server serves.
 * Blocks up to wait_ms, and two seconds more when servers have to be asked.
 */
qiao_err fabric_blocks_head(struct fabric_blocks *b, uint64_t *next_height,
			    uint64_t known, unsigned int wait_ms,
			    struct qiao_why *why);
qiao_err fabric_blocks_fetch(struct fabric_blocks *b, struct qiao_buf *block,
			     uint64_t height, struct qiao_why *why);
/*
 * One block that exists, whole, beside the stream: peers are asked first, for
 * their copy says which transactions they hold valid; `turn` more servers are
 * passed over than last time, when the copy was of no use. Any thread.
 */
qiao_err fabric_blocks_get(struct fabric_blocks *b, struct qiao_buf *block,
			   uint64_t height, size_t turn, struct qiao_why *why);

#endif
