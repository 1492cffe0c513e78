/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/blocks.h"

#include "adapters/fabric/block.h"
#include "adapters/fabric/explain.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"

#include <inttypes.h>
#include <string.h>

#define ORDERER_DELIVER "/orderer.AtomicBroadcast/Deliver"
#define PEER_DELIVER    "/protos.Deliver/Deliver"
#define CACHE_BYTES     QIAO_MIB(16)
#define BATCH_BYTES     QIAO_MIB(2) /* of one message to the gateway */
#define BLOCK_MS        2000        /* for a block that is said to exist */
#define PAUSE_MS        2000  /* before a server that failed is asked again */
#define COPIES_MS       3000  /* for the copies of one block */
#define NO_COPY_MS      10000 /* before a server that gave none is asked */
#define ANSWER_MAX      (QIAO_BLOCK_MAX + QIAO_KIB(1))

void fabric_blocks_open(struct fabric_blocks *b,
			struct fabric_sessions *sessions)
{
	memset(b, 0, sizeof(*b));
	b->sessions = sessions;
	b->cfg = sessions->cfg;
	pthread_mutex_init(&b->lock, NULL);
}

static void stream_close(struct fabric_blocks *b)
{
	fabric_stream_close(b->stream);
	if (b->session)
		fabric_session_release(b->sessions, b->session);
	b->stream = NULL;
	b->session = NULL;
}

static void cache_clear(struct fabric_blocks *b)
{
	for (size_t i = 0; i < b->n; i++)
		qiao_buf_free(&b->cache[i].block);
	b->n = 0;
	b->bytes = 0;
	b->first = b->next;
}

void fabric_blocks_close(struct fabric_blocks *b)
{
	stream_close(b);
	cache_clear(b);
	pthread_mutex_destroy(&b->lock);
}

/* Forget what stands below a height; it was served. */
static void cache_drop(struct fabric_blocks *b, uint64_t height)
{
	size_t k = 0;

	while (k < b->n && b->first + k < height)
		b->bytes -= b->cache[k++].block.n;
	for (size_t i = 0; i < k; i++)
		qiao_buf_free(&b->cache[i].block);
	memmove(b->cache, b->cache + k, (b->n - k) * sizeof(b->cache[0]));
	b->n -= k;
	b->first += k;
}

/* The next answer goes to `from`; what is cached is not of that way. */
static void move_to(struct fabric_blocks *b, uint64_t from)
{
	stream_close(b);
	b->next = from;
	cache_clear(b);
}

/* --- one stream of one server --------------------------------------------- */
static qiao_err seek(struct fabric_stream **out,
		     const struct fabric_session *session, size_t source,
		     const struct fabric_seek *what)
{
	const struct fabric_asker who = fabric_session_asker(session);
	struct qiao_buf request = QIAO_BUF;
	qiao_err err = fabric_seek_put(&request, &who, what);

	*out = NULL;
	if (err == QIAO_OK)
		err = fabric_stream_open(out, session->link[source],
					 session->cfg->source[source].is_peer
						 ? PEER_DELIVER
						 : ORDERER_DELIVER,
					 qiao_buf_slice(&request));
	qiao_buf_free(&request);
	return err;
}

/*
 * The next block of a stream into an empty buffer, its number as it says.
 * QIAO_E_TIMEOUT: none yet. Any other error ends the stream.
 */
static qiao_err next_block(struct fabric_stream *s, struct qiao_buf *block,
			   uint64_t *number,
			   const struct fabric_session *session, size_t source,
			   unsigned int timeout_ms, struct qiao_why *why)
{
	struct qiao_buf answer = { .max = ANSWER_MAX };
	struct fabric_delivered d = { .status = 0 };
	struct fabric_status st;
	qiao_err err = fabric_stream_next(s, &answer, &st, timeout_ms);

	if (err == QIAO_E_CLOSED)
		qiao_fail(why, err, "%s: ended the stream",
			  session->cfg->source[source].address);
	else if (err != QIAO_OK && err != QIAO_E_TIMEOUT)
		fabric_explain_call(why, session, source, "Deliver", &st, err);
	fabric_status_free(&st);
	if (err == QIAO_OK) {
		err = fabric_delivered_parse(&d, qiao_buf_slice(&answer));
		if (err == QIAO_OK && d.status == 0)
			err = fabric_block_number(number, d.block);
		if (err != QIAO_OK)
			qiao_fail(why, err, "%s: its answer is no block",
				  session->cfg->source[source].address);
	}
	if (err == QIAO_OK && d.status != 0)
		err = fabric_explain_deliver(why, session, source, d.status);
	if (err == QIAO_OK) { /* it may be large: not copied */
		memmove(answer.p, d.block.p, d.block.n);
		answer.n = d.block.n;
		*block = answer;
		answer = QIAO_BUF;
	}
	qiao_buf_free(&answer);
	return err;
}

/* --- one block ------------------------------------------------------------ */
static qiao_err get_from(struct fabric_blocks *b, struct qiao_buf *block,
			 uint64_t height, size_t source, bool headers_only,
			 struct qiao_why *why)
{
	const struct fabric_seek what = { .start = height,
					  .stop = height,
					  .wait = true,
					  .headers_only = headers_only };
	struct fabric_session *session = fabric_session_take(b->sessions);
	struct fabric_stream *s;
	uint64_t number = 0;
	qiao_err err = seek(&s, session, source, &what);

	if (err == QIAO_OK)
		err = next_block(s, block, &number, session, source, BLOCK_MS,
				 why);
	if (err == QIAO_OK && number != height)
		err = qiao_fail(why, QIAO_E_NUMBER, "%s: gave another block",
				b->cfg->source[source].address);
	if (err != QIAO_OK)
		qiao_buf_free(block);
	fabric_stream_close(s);
	fabric_session_release(b->sessions, session);
	return err;
}

/* --- following ------------------------------------------------------------ */
/* This server's turn is over. */
static void give_up(struct fabric_blocks *b, qiao_err err,
		    const struct qiao_why *why)
{
	qiao_log(QIAO_LOG_WARN, "source-left", "server=%s err=%s why=\"%s\"",
		 b->cfg->source[b->source].address, qiao_errname(err),
		 why->text);
	b->not_before_ms[b->source] = qiao_monotonic_ms() + PAUSE_MS;
	b->failures++;
	b->err = err;
	b->why = *why;
	stream_close(b);
	b->source = (b->source + 1) % b->cfg->sources;
}

/* False: all are pausing. */
static bool choose(struct fabric_blocks *b)
{
	int64_t now = qiao_monotonic_ms();

	for (size_t i = 0; i < b->cfg->sources; i++) {
		size_t s = (b->source + i) % b->cfg->sources;

		if (b->not_before_ms[s] > now)
			continue;
		b->source = s;
		return true;
	}
	return false;
}

static qiao_err stream_open(struct fabric_blocks *b)
{
	const struct fabric_seek what = {
		.start = b->next,
		.stop = UINT64_MAX,
		.wait = true,
	};
	struct qiao_why why = { "no memory for a stream" };
	qiao_err err;

	if (!choose(b))
		return QIAO_E_BUSY;
	b->session = fabric_session_take(b->sessions);
	err = seek(&b->stream, b->session, b->source, &what);
	b->news_ms = qiao_monotonic_ms();
	if (err != QIAO_OK)
		give_up(b, err, &why);
	return err;
}

static bool is_full(const struct fabric_blocks *b)
{
	return b->n == FABRIC_CACHE_BLOCKS || b->bytes >= CACHE_BYTES;
}

static qiao_err take_block(struct fabric_blocks *b, struct qiao_buf *block,
			   uint64_t number, struct qiao_why *why)
{
	if (number != b->next)
		return qiao_fail(why, QIAO_E_NUMBER,
				 "%s: gave block %" PRIu64 " when %" PRIu64
				 " was its turn",
				 b->cfg->source[b->source].address, number,
				 b->next);
	b->bytes += block->n;
	b->cache[b->n++] = (struct fabric_cached){ *block, b->source };
	*block = QIAO_BUF;
	b->next++;
	if (b->next > b->tip)
		b->tip = b->next;
	b->news_ms = qiao_monotonic_ms();
	b->failures = 0;
	return QIAO_OK;
}

/*
 * One block more in the cache, from this server or another. QIAO_E_TIMEOUT:
 * none came. QIAO_E_BUSY: no server serves now.
 */
static qiao_err pump(struct fabric_blocks *b, unsigned int timeout_ms)
{
	struct qiao_buf block = QIAO_BUF;
	struct qiao_why why = { "" };
	uint64_t number = 0;
	qiao_err err = b->stream ? QIAO_OK : stream_open(b);

	if (err != QIAO_OK)
		return err;
	err = next_block(b->stream, &block, &number, b->session, b->source,
			 timeout_ms, &why);
	if (err == QIAO_OK)
		err = take_block(b, &block, number, &why);
	qiao_buf_free(&block);
	if (err != QIAO_OK && err != QIAO_E_TIMEOUT)
		give_up(b, err, &why);
	return err;
}

/* The newest block that a server says it has. */
static qiao_err ask_newest(struct fabric_blocks *b, uint64_t *number, size_t i)
{
	const struct fabric_seek what = { .newest = true,
					  .headers_only = true };
	struct fabric_session *session = fabric_session_take(b->sessions);
	struct qiao_buf block = QIAO_BUF;
	struct fabric_stream *s;
	struct qiao_why why;
	qiao_err err = seek(&s, session, i, &what);

	if (err == QIAO_OK)
		err = next_block(s, &block, number, session, i, BLOCK_MS, &why);
	qiao_buf_free(&block);
	fabric_stream_close(s);
	fabric_session_release(b->sessions, session);
	return err;
}

/* Silent for long: does another server have what this one does not give? */
static void look_elsewhere(struct fabric_blocks *b)
{
	struct qiao_why why;
	uint64_t newest = 0;

	if (b->cfg->sources < 2 || !b->stream ||
	    qiao_monotonic_ms() - b->news_ms < (int64_t)b->cfg->stall_ms)
		return;
	b->asked = (b->asked + 1) % b->cfg->sources;
	if (b->asked == b->source)
		b->asked = (b->asked + 1) % b->cfg->sources;
	b->news_ms = qiao_monotonic_ms();
	if (ask_newest(b, &newest, b->asked) != QIAO_OK || newest < b->next)
		return;
	qiao_fail(&why, QIAO_E_TIMEOUT,
		  "%s: silent for %u ms while %s has block %" PRIu64,
		  b->cfg->source[b->source].address, b->cfg->stall_ms,
		  b->cfg->source[b->asked].address, newest);
	give_up(b, QIAO_E_TIMEOUT, &why);
	b->source = b->asked;
}

/* Certificates were renewed: go on with the new ones. */
static void look_for_renewal(struct fabric_blocks *b)
{
	struct fabric_session *newest = fabric_session_take(b->sessions);

	if (b->session && newest != b->session)
		stream_close(b);
	fabric_session_release(b->sessions, newest);
}

static unsigned int rest(int64_t deadline)
{
	int64_t left = deadline - qiao_monotonic_ms();

	return left > 0 ? (unsigned int)left : 0;
}

/* Wait for the first block, then take what is there already. */
static void fill(struct fabric_blocks *b, uint64_t known, int64_t deadline)
{
	qiao_err err = QIAO_OK;

	while (b->tip <= known && rest(deadline) > 0 && err != QIAO_E_BUSY)
		err = pump(b, rest(deadline));
	while (b->tip > known && !is_full(b) && pump(b, 0) == QIAO_OK)
		;
	if (err == QIAO_E_BUSY)
		qiao_sleep_ms(rest(deadline));
}

qiao_err fabric_blocks_head(struct fabric_blocks *b, uint64_t *next_height,
			    uint64_t known, unsigned int wait_ms,
			    struct qiao_why *why)
{
	int64_t deadline = qiao_monotonic_ms() + (int64_t)wait_ms;
	qiao_err err = QIAO_OK;

	pthread_mutex_lock(&b->lock);
	b->batch = 0;
	b->batch_end = 0;
	look_for_renewal(b);
	if (known < b->first || known > b->next)
		move_to(b, known);
	cache_drop(b, known);
	fill(b, known, deadline);
	if (b->tip <= known)
		look_elsewhere(b);
	*next_height = b->tip;
	if (b->tip <= known && b->failures >= b->cfg->sources) {
		err = b->err;
		*why = b->why;
	}
	pthread_mutex_unlock(&b->lock);
	return err;
}

/* Asked again: the gateway refused the copy, so it is another server's turn. */
static void refuse_copy(struct fabric_blocks *b, uint64_t height)
{
	struct qiao_why why;

	b->source = b->server;
	qiao_fail(&why, QIAO_E_BADSIG,
		  "%s: its block %" PRIu64 " is asked for again",
		  b->cfg->source[b->source].address, height);
	give_up(b, QIAO_E_BADSIG, &why);
	move_to(b, height);
	b->tip = height; /* what was seen above it is void */
	b->served = height;
}

static void leave_silent(struct fabric_blocks *b, uint64_t height)
{
	struct qiao_why why;

	qiao_fail(&why, QIAO_E_TIMEOUT,
		  "%s: does not give block %" PRIu64 ", which there is",
		  b->cfg->source[b->source].address, height);
	give_up(b, QIAO_E_TIMEOUT, &why);
}

/* Get a height into the cache; wait_ms 0: only if it is on its way. */
static qiao_err have(struct fabric_blocks *b, uint64_t height,
		     unsigned int wait_ms)
{
	int64_t deadline = qiao_monotonic_ms() + (int64_t)wait_ms;

	if (height < b->first || height > b->next)
		move_to(b, height);
	cache_drop(b, height);
	while (height >= b->next) {
		qiao_err err = pump(b, rest(deadline));

		if (err == QIAO_OK || (err != QIAO_E_BUSY && rest(deadline)))
			continue;
		if (err == QIAO_E_TIMEOUT && height < b->tip)
			leave_silent(b, height);
		return QIAO_E_NOTFOUND;
	}
	return QIAO_OK;
}

/* The same block with the signature of one orderer more, if it gives it. */
static void join_copy(struct fabric_blocks *b, struct qiao_buf *block,
		      uint64_t height, size_t orderer)
{
	struct qiao_buf copy = QIAO_BUF;
	struct qiao_buf joined = { .max = QIAO_BLOCK_MAX };
	struct qiao_why why = { "another block than that of the others" };
	qiao_err err = get_from(b, &copy, height, orderer, true, &why);

	if (err == QIAO_OK)
		err = fabric_block_join(&joined, qiao_buf_slice(block),
					qiao_buf_slice(&copy));
	if (err == QIAO_OK) {
		qiao_buf_free(block);
		*block = joined;
	} else {
		qiao_log(QIAO_LOG_WARN, "copy-missing",
			 "server=%s height=%" PRIu64 " err=%s why=\"%s\"",
			 b->cfg->source[orderer].address, height,
			 qiao_errname(err), why.text);
		b->not_before_ms[orderer] = qiao_monotonic_ms() + NO_COPY_MS;
		qiao_buf_free(&joined);
	}
	qiao_buf_free(&copy);
}

/*
 * Each raft orderer signs its own copy, and the light client may want several
 * for the newest claim of a batch (docs/wire.md 8.1). Those that failed lately
 * are asked when the others are too few.
 */
static void join_copies(struct fabric_blocks *b, struct qiao_buf *block,
			uint64_t height, size_t server)
{
	int64_t deadline = qiao_monotonic_ms() + COPIES_MS;
	bool asked[FABRIC_SOURCES_MAX] = { false };
	size_t signers = 0;

	for (size_t i = 1; i < 2 * b->cfg->sources; i++) {
		size_t o = (server + i) % b->cfg->sources;
		bool again = i > b->cfg->sources;

		if (fabric_block_signers(&signers, qiao_buf_slice(block)) !=
			    QIAO_OK ||
		    signers >= b->cfg->copies || rest(deadline) == 0)
			return;
		if (o == server || b->cfg->source[o].is_peer || asked[o] ||
		    (!again && b->not_before_ms[o] > qiao_monotonic_ms()))
			continue;
		asked[o] = true;
		join_copy(b, block, height, o);
	}
}

/* Is this to be the last one of a batch? */
static bool is_last(const struct fabric_blocks *b, uint64_t height)
{
	size_t next = b->n > 1 ? b->cache[1].block.n : 0;

	return height + 1 == b->tip ||
	       b->batch + b->cache[0].block.n + next > BATCH_BYTES;
}

static qiao_err serve(struct fabric_blocks *b, struct qiao_buf *block,
		      uint64_t height, bool again)
{
	struct fabric_cached *c = &b->cache[0];

	b->server = c->source;
	b->served = height + 1;
	b->batch += c->block.n;
	if (b->cfg->copies > 1 && height > 0 && (again || is_last(b, height))) {
		b->bytes -= c->block.n;
		join_copies(b, &c->block, height, c->source);
		b->bytes += c->block.n;
		b->batch_end = height + 1;
	}
	qiao_buf_put(block, qiao_buf_slice(&c->block));
	return block->err;
}

/* After the last block of a batch: none until `head` is asked, or it insists.
 */
static bool is_behind_batch(struct fabric_blocks *b, uint64_t height)
{
	bool behind = b->batch_end > 0 && height == b->batch_end;

	b->batch_end = 0;
	return behind;
}

qiao_err fabric_blocks_fetch(struct fabric_blocks *b, struct qiao_buf *block,
			     uint64_t height, struct qiao_why *why)
{
	bool again, exists;
	qiao_err err;

	pthread_mutex_lock(&b->lock);
	if (is_behind_batch(b, height)) {
		pthread_mutex_unlock(&b->lock);
		return qiao_fail(why, QIAO_E_NOTFOUND,
				 "block %" PRIu64 " begins another batch",
				 height);
	}
	again = height < b->served;
	exists = again || height < b->tip;
	if (again)
		refuse_copy(b, height);
	err = have(b, height, exists ? BLOCK_MS : 0);
	if (err == QIAO_OK)
		err = serve(b, block, height, again);
	else if (b->failures > 0)
		*why = b->why;
	else
		qiao_fail(why, err, "no server has block %" PRIu64 " yet",
			  height);
	pthread_mutex_unlock(&b->lock);
	return err;
}

/* --- one block ------------------------------------------------------------ */
qiao_err fabric_blocks_get(struct fabric_blocks *b, struct qiao_buf *block,
			   uint64_t height, size_t turn, struct qiao_why *why)
{
	size_t sources = b->cfg->sources, orderers = 0;
	qiao_err err = QIAO_E_NOTFOUND;

	while (orderers < sources && !b->cfg->source[orderers].is_peer)
		orderers++;
	for (size_t i = 0; err != QIAO_OK && i < sources; i++)
		err = get_from(b, block, height,
			       (orderers + turn + i) % sources, false, why);
	return err;
}
