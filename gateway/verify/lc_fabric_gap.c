/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heights left out. A block names, under its orderers' signatures, the
 * configuration that it was made under; if that is ours, nothing that lies
 * between our head and it could have changed who may sign it. So a client that
 * reads no records may go from configuration to configuration, and take a
 * header in between when somebody needs it.
 */
#include "gateway/base/slice.h"
#include "gateway/verify/lc_fabric.h"

#include <inttypes.h>

/* Every configuration's row names the one before it. */
qiao_err qiao_fabric_in_force(const struct qiao_lightclient *lc,
			      uint64_t *config, uint64_t height,
			      const struct qiao_view *view)
{
	struct qiao_fabric_block_row row;

	*config = lc->config->height;
	while (*config >= height) {
		qiao_err err = qiao_fabric_row_get(&row, *config, view);

		if (err != QIAO_OK)
			return err == QIAO_E_NOTFOUND ? QIAO_E_IO : err;
		if (row.config >= *config)
			return QIAO_E_IO; /* no height has a judge above it */
		*config = row.config;
	}
	return QIAO_OK;
}

/* QIAO_E_NOTFOUND is what we hope for. */
static qiao_err check_unknown(uint64_t height, const struct qiao_view *view,
			      struct qiao_why *why)
{
	struct qiao_fabric_block_row row;
	qiao_err err = qiao_fabric_row_get(&row, height, view);

	if (err == QIAO_E_NOTFOUND)
		return QIAO_OK;
	return err != QIAO_OK ? err
			      : qiao_fail(why, QIAO_E_STALE,
					  "block %" PRIu64 " is known already",
					  height);
}

static qiao_err check_below(const struct qiao_fabric_block *b,
			    const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_fabric_block_row row;
	qiao_err err = qiao_fabric_row_get(&row, b->number - 1, view);

	if (err != QIAO_OK)
		return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
	if (qiao_slice_eq(b->previous_hash, qiao_slice_hash(&row.hash)))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_LINK,
			 "block %" PRIu64
			 " does not follow the trusted block %" PRIu64,
			 b->number, b->number - 1);
}

qiao_err qiao_fabric_fill(struct qiao_lightclient *lc,
			  struct qiao_fabric_block_row *row,
			  const struct qiao_fabric_block *b,
			  struct qiao_slice raw, const struct qiao_view *view,
			  struct qiao_why *why)
{
	struct qiao_fabric_config *c, *next = NULL;
	qiao_err err = check_unknown(b->number, view, why);

	if (err == QIAO_OK)
		err = check_below(b, view, why);
	if (err == QIAO_OK)
		err = qiao_fabric_in_force(lc, &row->config, b->number, view);
	if (err == QIAO_OK)
		err = qiao_fabric_config_at(lc, &c, row->config, view, why);
	if (err == QIAO_OK)
		err = qiao_fabric_check_block(&next, b, raw, c, &lc->demand,
					      why);
	row->height = b->number;
	row->hash = b->hash;
	if (!next)
		return err;
	qiao_fabric_config_free(next);
	return qiao_fail(why, QIAO_E_CONFIG,
			 "block %" PRIu64 " is a configuration between two "
			 "that follow each other",
			 b->number);
}

/* Its pointer is signed by those whom we do not know yet: it only says what to
 * ask for. */
qiao_err qiao_fabric_missing(const struct qiao_fabric_config *c,
			     const struct qiao_fabric_block *b,
			     struct qiao_why *why)
{
	uint64_t last;

	if (qiao_fabric_last_config(&last, b, NULL) != QIAO_OK ||
	    last <= c->height || last >= b->number)
		return QIAO_E_BADSIG;
	return qiao_fail(why, QIAO_E_CONFIG,
			 "block %" PRIu64 " names configuration %" PRIu64
			 ", which is not known; give it first",
			 b->number, last);
}
