/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libconfig behind our pre-scan. libconfig 1.5 silently changes meaning (an
 * unclosed comment swallows the rest, 4294967296 becomes 0, adjacent strings
 * join, @include of a directory exits the process), so we look at the bytes
 * first (E000-E011), hand libconfig a string and never a path, and keep
 * columns, which it does not record.
 *
 * Everything wrong is collected in a qiao_diags, as "file:line:col: error
 * E101: ...", several per run.
 */
#ifndef GATEWAY_CONF_CONF_H
#define GATEWAY_CONF_CONF_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

struct qiao_diags {
	struct qiao_buf text; /* one line per finding */
	unsigned int errors, warnings;
};
void qiao_diags_free(struct qiao_diags *d);
void qiao_diag(struct qiao_diags *d, const char *file, unsigned int line,
	       unsigned int col, const char *code, const char *fmt, ...)
	QIAO_PRINTF(6, 7); /* code "E..." is an error, "W..." a warning */

struct qiao_conf;  /* one parsed file */
struct qiao_cnode; /* a setting in it; lives as long as the file */

enum qiao_ctype { /* bits, so that a key may allow several */
	QIAO_C_STR = 1,
	QIAO_C_INT = 2, /* INT or INT64 */
	QIAO_C_BOOL = 4,
	QIAO_C_GROUP = 8,
	QIAO_C_LIST = 16,     /* ( ... ) */
	QIAO_C_ARRAY = 32,    /* [ ... ] of strings */
	QIAO_C_DURATION = 64, /* string "30s" "10m" "8h" "30d" */
	QIAO_C_FLOAT = 128,   /* never allowed: here to be named in errors */
};

/* One allowed key of a group; a table ends with .name = NULL. */
struct qiao_ckey {
	const char *name;
	unsigned int types; /* of enum qiao_ctype */
	bool required;
};

/*
 * Parse a file that was read by the caller. `file` is copied. NULL *out with
 * QIAO_E_CONFIG when anything lexical or syntactic is wrong (said in d).
 */
qiao_err qiao_conf_parse(struct qiao_conf **out, struct qiao_diags *d,
			 const char *file, struct qiao_slice text);
/*
 * The same for a checker that reports everything in one run: *out is given also
 * with QIAO_E_CONFIG when all that was found (E006, E008 to E011) leaves a text
 * that libconfig reads whole, if with other values, for more findings.
 */
qiao_err qiao_conf_parse_to_check(struct qiao_conf **out, struct qiao_diags *d,
				  const char *file, struct qiao_slice text);
/* Read a regular file of at most QIAO_CONF_FILE_MAX bytes and parse it. */
qiao_err qiao_conf_load(struct qiao_conf **out, struct qiao_diags *d,
			const char *path);
void qiao_conf_free(struct qiao_conf *c);

const struct qiao_cnode *qiao_conf_root(const struct qiao_conf *c);
const char *qiao_conf_file(const struct qiao_conf *c);
unsigned int qiao_cnode_type(const struct qiao_cnode *n); /* one bit; 0: NULL */
const char *qiao_cnode_name(const struct qiao_cnode *n);  /* NULL in a list */
size_t qiao_cnode_count(const struct qiao_cnode *n); /* 0 for NULL, scalars */
const struct qiao_cnode *qiao_cnode_at(const struct qiao_cnode *n, size_t i);
const struct qiao_cnode *qiao_cnode_get(const struct qiao_cnode *n,
					const char *name); /* NULL: absent */
/*
 * Of a scalar node; the default for NULL or another type (a string that is no
 * duration, too). Strings live as long as the file.
 */
const char *qiao_cnode_str(const struct qiao_cnode *n, const char *def);
int64_t qiao_cnode_int(const struct qiao_cnode *n, int64_t def);
bool qiao_cnode_bool(const struct qiao_cnode *n, bool def);
int64_t qiao_cnode_ms(const struct qiao_cnode *n, int64_t def); /* duration */
/* The same on a member of a group. */
const char *qiao_conf_str(const struct qiao_cnode *g, const char *name,
			  const char *def);
int64_t qiao_conf_int(const struct qiao_cnode *g, const char *name,
		      int64_t def);
bool qiao_conf_bool(const struct qiao_cnode *g, const char *name, bool def);
int64_t qiao_conf_ms(const struct qiao_cnode *g, const char *name, int64_t def);
/*
 * Line and column, in characters, from 1: of the name of a setting, of the
 * value in a list or array. Of the root (and NULL) 1:1.
 */
void qiao_conf_pos(const struct qiao_conf *c, const struct qiao_cnode *n,
		   unsigned int *line, unsigned int *col);

/*
 * Check a group against its table: unknown key E101 (did-you-mean), missing
 * E102, wrong type E103, empty array E106, bad duration E107. `where` names the
 * group in messages ("rule[]"). Returns true when nothing was found.
 */
bool qiao_conf_check(const struct qiao_conf *c, struct qiao_diags *d,
		     const struct qiao_cnode *group, const char *where,
		     const struct qiao_ckey *keys);
/* A finding at a node. */
void qiao_conf_error(const struct qiao_conf *c, struct qiao_diags *d,
		     const struct qiao_cnode *n, const char *code,
		     const char *fmt, ...) QIAO_PRINTF(5, 6);
/* The nearest of the words (edit distance <= 2, ignoring case), or NULL. */
const char *qiao_conf_did_you_mean(const char *word, const char *const *words);

#endif
