/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the loaders of catalogue, organisations and mappings share: memory that
 * is released in one piece, and settings read with a finding for what is wrong.
 * Private to this folder.
 */
#ifndef GATEWAY_RECORD_LOAD_H
#define GATEWAY_RECORD_LOAD_H

#include "gateway/conf/conf.h"

/* Blocks that live until the pool is freed. A failure is sticky. */
struct qiao_pool {
	struct qiao_pool_block *blocks;
	bool failed;
};

/* n zeroed elements; NULL, and failed set, when there is no memory. */
void *qiao_pool_take(struct qiao_pool *p, size_t n, size_t size);
/* A copy; "" when there is no memory. NULL stays NULL. */
const char *qiao_pool_str(struct qiao_pool *p, const char *s);
void qiao_pool_free(struct qiao_pool *p);

struct qiao_load {
	const struct qiao_conf *c;
	struct qiao_diags *d;
	struct qiao_pool *pool;
};

/*
 * The one group `kind` of a file of that kind, E100 and NULL if the file is of
 * another kind or has more. `format` and `id` are checked, `keys` are all keys.
 */
const struct qiao_cnode *qiao_load_root(const struct qiao_load *l,
					const char *kind,
					const struct qiao_ckey *keys);

/* A copy of a string setting, or a copy of def. */
const char *qiao_load_str(const struct qiao_load *l,
			  const struct qiao_cnode *group, const char *name,
			  const char *def);
/* Copies of an array of strings; NULL and *n 0 when absent. */
const char *const *qiao_load_array(const struct qiao_load *l, size_t *n,
				   const struct qiao_cnode *node);
/*
 * Index of a string setting in words (ends with NULL), def when absent; E105
 * and def when it is none of them. where: "catalogue.records[]".
 */
unsigned int qiao_load_word(const struct qiao_load *l,
			    const struct qiao_cnode *group, const char *where,
			    const char *name, const char *const *words,
			    unsigned int def);
/* 1 to max of a-z 0-9 . _ - : an organisation, type, state; else E109. */
void qiao_load_name_check(const struct qiao_load *l, const struct qiao_cnode *n,
			  size_t max);
/* A whole number of min or more, else E103 and def; def when absent. */
uint64_t qiao_load_uint(const struct qiao_load *l,
			const struct qiao_cnode *group, const char *name,
			int64_t min, uint64_t def);
/* E103 unless every element is a group. */
bool qiao_load_groups(const struct qiao_load *l, const struct qiao_cnode *list,
		      const char *where);

#endif
