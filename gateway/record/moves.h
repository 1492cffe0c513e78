/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a record where the catalogue says nothing of it. Private. */
#ifndef GATEWAY_RECORD_MOVES_H
#define GATEWAY_RECORD_MOVES_H

#include "gateway/record/catalogue.h"

/*
 * Fill a table of n_states * n_states with the moves that are usual for types
 * of this family (the part of the name before the first dot): licence, ip,
 * invoice, notary. Other families get none.
 */
void qiao_moves_default(bool *moves, const struct qiao_cat_type *t);

#endif
