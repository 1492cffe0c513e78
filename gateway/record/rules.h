/* SPDX-License-Identifier: Apache-2.0 */
/* A mapping file in memory. Private to this folder. */
#ifndef GATEWAY_RECORD_RULES_H
#define GATEWAY_RECORD_RULES_H

#include "gateway/record/convert.h"
#include "gateway/record/load.h"
#include "gateway/record/mapping.h"

struct qiao_map_pair {
	const char *from, *to;
};

/* Where a value comes from. Neither path nor constant: from nowhere. */
struct qiao_map_value {
	const char *path;     /* dotted, in the JSON document */
	const char *constant; /* `value` */
	struct qiao_form form;
	size_t n_pairs; /* 0: no value map */
	const struct qiao_map_pair *pairs;
	size_t n_none; /* texts that mean: absent */
	const char *const *none;
	bool required;
};

struct qiao_map_field {
	const char *name;
	bool list;
	struct qiao_map_value from;
};

/* From one kind of write to one record type. */
struct qiao_map_rule {
	const char *space, *key_prefix;
	bool key_is_id;
	size_t n_when; /* all must hold: path, value */
	const struct qiao_map_pair *when;
	const char *type;
	struct qiao_map_value id, version, state;
	struct qiao_map_value issued, valid_from, valid_to;
	const char *region;    /* "": nil */
	enum qiao_share share; /* at least this */
	const char *on_delete; /* "": a delete is no state change */
	size_t n_fields;
	const struct qiao_map_field *fields;
};

struct qiao_map_issuer {
	const char *type;
	const char *msp, *ou; /* "": any OU; msp "" when an org is named */
	const char *org;
};

/* Keys that hold no records. */
struct qiao_map_ignore {
	const char *space;
	bool composite;         /* keys that begin with byte 00 */
	const char *key_prefix; /* "" and not composite: all of the namespace */
};

struct qiao_mapping {
	struct qiao_pool pool;
	size_t n_rules;
	const struct qiao_map_rule *rules;
	size_t n_issuers;
	const struct qiao_map_issuer *issuers;
	size_t n_ignore;
	const struct qiao_map_ignore *ignore;
};

#endif
