/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a configuration text as our own grammar sees it, with columns,
 * in the order of the text. conf.c lays libconfig's settings over it, one to
 * one. Inside gateway/conf only.
 */
#ifndef GATEWAY_CONF_TREE_H
#define GATEWAY_CONF_TREE_H

#include "gateway/conf/lex.h"

struct config_setting_t;

struct qiao_cnode {
	struct config_setting_t *setting; /* set by conf.c, never NULL after */
	struct qiao_slice name;           /* into the text; empty in a list */
	struct qiao_lex_pos at; /* of the name; in a list, of the value */
	uint32_t before;        /* the member before it in its group, or 0 */
	uint32_t type;          /* one bit of enum qiao_ctype */
};

/* nodes[0] is the root group. */
struct qiao_ctree {
	struct qiao_cnode *nodes;
	size_t n, cap;
};

/*
 * Read all tokens of a text; what is wrong goes to lx->d. The tree is whole
 * only if QIAO_OK; QIAO_E_CONFIG after a finding that ends the parse. The
 * caller frees nodes in every case.
 */
qiao_err qiao_ctree_parse(struct qiao_ctree *out, struct qiao_lexer *lx);

#endif
