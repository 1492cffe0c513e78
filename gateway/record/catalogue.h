/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data catalogue (政务数据目录): what each record type is, how far it may
 * be shared, which states it has, and the class of every field. A field that is
 * not listed never leaves. Immutable after parse: may be shared by threads.
 * Configuration: docs/records.md.
 */
#ifndef GATEWAY_RECORD_CATALOGUE_H
#define GATEWAY_RECORD_CATALOGUE_H

#include "gateway/conf/conf.h"
#include "gateway/record/check.h"
#include "gateway/record/head.h"

/* The most protected is zero. */
enum qiao_field_class {
	QIAO_CLASS_SECRET = 0, /* never leaves */
	QIAO_CLASS_SENSITIVE =
		1,               /* sealed, with consent or duty; else commit */
	QIAO_CLASS_PERSONAL = 2, /* without consent or duty: commit */
	QIAO_CLASS_INTERNAL = 3,
	QIAO_CLASS_PUBLIC = 4,
};
const char *qiao_field_class_name(enum qiao_field_class c);

struct qiao_cat_field {
	const char *name;
	const char *zh; /* title; "" when the file gives none */
	enum qiao_field_class class_;
	enum qiao_check check;
	bool warn_only; /* severity = "warn" */
};

struct qiao_cat_type {
	const char *type;
	const char *title;
	const char *basis; /* "" when the file gives none */
	uint64_t version;  /* head element 3; default 1 */
	enum qiao_share share;
	enum qiao_check id_kind;
	bool id_warn_only;
	size_t n_states;
	const char *const *states;
	/* moves[from * n_states + to]; false everywhere when nothing says */
	const bool *moves;
	size_t n_fields;
	const struct qiao_cat_field *fields; /* ascending by name */
	/* certificate types (21 characters) that ids may carry; 0: any */
	size_t n_cert_types;
	const char *const *cert_types;
};

struct qiao_catalogue;

/*
 * From a parsed file whose root holds the group `catalogue`; everything is
 * copied. NULL *out and QIAO_E_CONFIG when there are findings (all of them are
 * in d: E101 to E105, E107, E122 ...); QIAO_E_NOMEM.
 */
qiao_err qiao_catalogue_parse(struct qiao_catalogue **out, struct qiao_diags *d,
			      const struct qiao_conf *c);
void qiao_catalogue_free(struct qiao_catalogue *cat); /* NULL is fine */

const char *qiao_catalogue_id(const struct qiao_catalogue *cat);
int64_t qiao_catalogue_version(const struct qiao_catalogue *cat);
/* Types ascending by name. */
size_t qiao_catalogue_count(const struct qiao_catalogue *cat);
const struct qiao_cat_type *qiao_catalogue_at(const struct qiao_catalogue *cat,
					      size_t i);
/* Binary search; NULL when unknown. */
const struct qiao_cat_type *qiao_catalogue_type(
	const struct qiao_catalogue *cat, const char *type);
/*
 * The entry for a field name; for an element of a list ("author.0",
 * "author.#") that of the list ("author") unless it has its own. NULL when
 * unknown: such a field never leaves.
 */
const struct qiao_cat_field *qiao_cat_field(const struct qiao_cat_type *t,
					    const char *name);
/* Index of a state, or -1. */
int qiao_cat_state(const struct qiao_cat_type *t, const char *state);
/*
 * May a record go from one state to the other? Staying is always allowed (a
 * new version of the contents); an unknown state never.
 */
bool qiao_cat_move_ok(const struct qiao_cat_type *t, const char *from,
		      const char *to);
/*
 * Does this move take something away from a record: into a state that no move
 * leaves (revoked, cancelled, withdrawn ...), or into suspended or disputed? A
 * move that is not allowed, and staying, is none.
 */
bool qiao_cat_move_restricts(const struct qiao_cat_type *t, const char *from,
			     const char *to);
/* A value that the catalogue excepts from this check by name. */
bool qiao_catalogue_excepts(const struct qiao_catalogue *cat,
			    enum qiao_check check, struct qiao_slice value);

#endif
