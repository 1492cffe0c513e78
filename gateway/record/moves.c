/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/moves.h"

#include <string.h>

struct move {
	const char *from, *to;
};

/* clang-format off */
/* Licence states: those of the housing ministry's interface codes. */
static const struct move licence[] = {
	{ "valid", "suspended" }, { "valid", "revoked" },
	{ "valid", "cancelled" }, { "valid", "expired" },
	{ "valid", "transferred_out" }, { "valid", "withdrawn" },
	{ "suspended", "valid" }, { "suspended", "revoked" },
	{ "suspended", "withdrawn" }, { "suspended", "cancelled" },
	{ NULL, NULL },
};
static const struct move ip[] = {
	{ "timestamped", "registered" }, { "registered", "disputed" },
	{ "disputed", "registered" }, { "registered", "withdrawn" },
	{ "disputed", "withdrawn" },
	{ NULL, NULL },
};
/* Issue, claim, lock, book, pay; void; a red-letter pre-empts. */
static const struct move invoice[] = {
	{ "issued", "claimed" }, { "claimed", "locked" },
	{ "locked", "booked" }, { "locked", "claimed" },
	{ "booked", "reimbursed" },
	{ "issued", "void" }, { "claimed", "void" },
	{ "issued", "red_lettered" }, { "claimed", "red_lettered" },
	{ "locked", "red_lettered" },
	{ NULL, NULL },
};
static const struct move notary[] = {
	{ "valid", "withdrawn" }, { "valid", "superseded" },
	{ NULL, NULL },
};
static const struct {
	const char *prefix;
	const struct move *moves;
} families[] = {
	{ "licence.", licence },
	{ "ip.", ip },
	{ "invoice.", invoice },
	{ "notary.", notary },
};
/* clang-format on */

static void fill(bool *moves, const struct qiao_cat_type *t,
		 const struct move *m)
{
	for (; m->from; m++) {
		int from = qiao_cat_state(t, m->from);
		int to = qiao_cat_state(t, m->to);

		if (from >= 0 && to >= 0)
			moves[(size_t)from * t->n_states + (size_t)to] = true;
	}
}

void qiao_moves_default(bool *moves, const struct qiao_cat_type *t)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (strncmp(t->type, families[i].prefix,
			    strlen(families[i].prefix)) == 0)
			fill(moves, t, families[i].moves);
}
