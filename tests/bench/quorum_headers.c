/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quorum-headers [THOUSANDS]: header sync from claims on one core, batches of
 * 512 headers signed by 4 validators, a view in memory; against verifying the
 * signatures of every header. One line: headers/s of both, and their ratio.
 */
#include "tests/unit/verify/quorum_chain.h"

#include "gateway/base/clock.h"

#include <inttypes.h>

#define BATCH 512

/* Rows one after the other, as an overlay that is written out later. */
struct rows {
	uint8_t *p;
	size_t n, cap;
	struct mem_view *first; /* what `open` reads */
};

static qiao_err rows_get(void *ctx, struct qiao_buf *out, struct qiao_slice key)
{
	struct rows *r = ctx;

	return mem_get(r->first, out, key);
}

static qiao_err rows_put(void *ctx, struct qiao_slice key,
			 struct qiao_slice value)
{
	struct rows *r = ctx;

	if (r->cap - r->n < key.n + value.n)
		r->n = 0; /* written out */
	memcpy(r->p + r->n, key.p, key.n);
	memcpy(r->p + r->n + key.n, value.p, value.n);
	r->n += key.n + value.n;
	return QIAO_OK;
}

static void chain_make(struct chain *c, struct qiao_buf *claims, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct qiao_inhouse_header h = chain_next(c);

		/* signing is not measured: only where it is looked at */
		chain_append(c, &claims[i], &h,
			     (i + 1) % BATCH == 0 || i < BATCH ? ALL : 0);
	}
}

static double rate(size_t n, int64_t since_ms)
{
	int64_t ms = qiao_monotonic_ms() - since_ms;

	return 1000.0 * (double)n / (double)(ms > 0 ? ms : 1);
}

static double run(struct client *k, const struct qiao_view *view,
		  const struct qiao_buf *claims, size_t n, size_t batch)
{
	int64_t start = qiao_monotonic_ms();
	struct qiao_slice s[BATCH];
	size_t bad;

	for (size_t i = 0; i < n; i += batch) {
		for (size_t j = 0; j < batch; j++)
			s[j] = qiao_buf_slice(&claims[i + j]);
		if (qiao_lc_quorum.advance(k->lc, &bad, s, batch, view,
					   &k->why) != QIAO_OK) {
			fprintf(stderr, "%s\n", k->why.text);
			exit(1);
		}
	}
	return rate(n, start);
}

int main(int argc, char **argv)
{
	size_t n = (argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 200) * 1000;
	struct rows rows = { .cap = 64 << 20 };
	struct qiao_view view = { &rows, rows_get, rows_put, NULL };
	struct qiao_buf *claims;
	struct client k;
	struct chain c;
	double each, batched;

	n = n / BATCH * BATCH;
	rows.p = malloc(rows.cap);
	claims = calloc(n + BATCH, sizeof(*claims));
	if (!rows.p || !claims || n == 0)
		return 1;
	chain_new(&c, 4, false);
	if (client_open(&k, &c) != QIAO_OK)
		return 1;
	rows.first = &k.mem;
	chain_make(&c, claims, n + BATCH);
	each = run(&k, &view, claims, BATCH, 1);
	batched = run(&k, &view, claims + BATCH, n, BATCH);
	printf("quorum-headers: batched %.0f/s, every signature %.0f/s, "
	       "ratio %.0f\n",
	       batched, each, batched / each);
	for (size_t i = 0; i < n + BATCH; i++)
		qiao_buf_free(&claims[i]);
	free(claims);
	free(rows.p);
	client_free(&k);
	chain_free(&c);
	return 0;
}
