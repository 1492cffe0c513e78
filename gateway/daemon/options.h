/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of configuration options. Parser, checks, commented example and
 * man page are all made from it, so an option without its help cannot be.
 * Private to config*.c and operators.c.
 */
#ifndef GATEWAY_DAEMON_OPTIONS_H
#define GATEWAY_DAEMON_OPTIONS_H

#include "gateway/daemon/config.h"

enum qiao_option_kind {
	QIAO_OPT_NAME,     /* 1 to 64 of a-z 0-9 . - */
	QIAO_OPT_TEXT,     /* a string that fits */
	QIAO_OPT_URL,      /* tls+tcp:// or tcp:// */
	QIAO_OPT_FILE,     /* a file that is read, relative to ours */
	QIAO_OPT_PLACE,    /* a folder or file that the daemon makes */
	QIAO_OPT_PROGRAM,  /* without a slash: of gateway.libexec */
	QIAO_OPT_HASH,     /* 64 hex digits */
	QIAO_OPT_KEY,      /* "secp256k1:<66 hex>" */
	QIAO_OPT_KEY_ID,   /* 32 hex digits */
	QIAO_OPT_TIME,     /* RFC 3339, or a date */
	QIAO_OPT_BOOL,     /* true or false */
	QIAO_OPT_INT,      /* within min and max */
	QIAO_OPT_DURATION, /* "30s" "10m" "8h" "30d", min and max in ms */
	QIAO_OPT_CHOICE,   /* one of `words`, its position is kept */
	QIAO_OPT_WORDS,    /* [ ] of strings */
	QIAO_OPT_GROUP,    /* { }, kept in the struct of the group around it */
	QIAO_OPT_LIST,     /* ( ) of groups, each an element */
};

struct qiao_option {
	const char *name; /* NULL ends a table */
	enum qiao_option_kind kind;
	bool required;
	const char *def;  /* as a file would say it; NULL: none */
	int64_t value;    /* of def: BOOL, INT, DURATION, TIME */
	int64_t min, max; /* INT, DURATION; LIST and WORDS: elements */
	size_t at, size;  /* in the struct; LIST, WORDS: of one element */
	size_t count_at;  /* LIST, WORDS: size_t; KEY_ID: bool has_... */
	bool allocated;   /* LIST: `at` is a pointer */
	const char *const *words; /* CHOICE; NULL at the end */
	const char *const *later; /* CHOICE: not built yet, refused by name */
	const struct qiao_option *members; /* GROUP, LIST */
	const char *example;
	const char *more; /* LIST: a second element of the example */
	const char *help; /* whole sentences */
};

extern const struct qiao_option qiao_options[];
extern const struct qiao_option qiao_operator_options[];

/*
 * A whole file by a table without paths into *base, which is zeroed; findings
 * in d. QIAO_E_CONFIG, QIAO_E_NOMEM: lists may be there all the same.
 */
qiao_err qiao_options_read(void *base, const struct qiao_option *table,
			   const struct qiao_conf *file, struct qiao_diags *d);

#endif
