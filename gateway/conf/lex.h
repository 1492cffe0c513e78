/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens of a configuration text, a subset of what libconfig 1.5 takes, and
 * the findings E000 to E011 that need no grammar. Inside gateway/conf only.
 *
 *   E000 syntax       E003 comment not closed     E008 strings side by side
 *   E001 BOM          E004 @include               E009 over 32 bits
 *   E002 character    E005 string not closed      E010 over 64 bits
 *                     E006 unknown escape         E011 leading 0 or +
 *                     E007 \xNN out of range
 *
 * After E000 to E005 and E007 libconfig must not see the text, or we its
 * strings (`unsafe`); after the others it reads the text whole, with another
 * meaning.
 */
#ifndef GATEWAY_CONF_LEX_H
#define GATEWAY_CONF_LEX_H

#include "gateway/base/reader.h"
#include "gateway/conf/conf.h"

enum qiao_tok_type {
	QIAO_TOK_END,
	QIAO_TOK_BAD, /* said already */
	QIAO_TOK_NAME,
	QIAO_TOK_STR,
	QIAO_TOK_BOOL,
	QIAO_TOK_INT,
	QIAO_TOK_INT64,
	QIAO_TOK_FLOAT,
	QIAO_TOK_EQUALS, /* = or : */
	QIAO_TOK_COMMA,
	QIAO_TOK_SEMICOLON,
	QIAO_TOK_GROUP,
	QIAO_TOK_GROUP_END,
	QIAO_TOK_LIST,
	QIAO_TOK_LIST_END,
	QIAO_TOK_ARRAY,
	QIAO_TOK_ARRAY_END,
};

/* A line, and a column in characters, both from 1. */
struct qiao_lex_pos {
	unsigned int line, col;
};

struct qiao_tok {
	enum qiao_tok_type type;
	struct qiao_lex_pos at;
	struct qiao_slice text; /* as written; points into the input */
};

struct qiao_lexer {
	struct qiao_reader r;
	struct qiao_lex_pos at; /* of the next character */
	enum qiao_tok_type last;
	const char *file;
	struct qiao_diags *d;
	unsigned int findings;
	bool unsafe;
	bool said_utf8; /* a file in another encoding has thousands */
};

void qiao_lex_init(struct qiao_lexer *lx, struct qiao_diags *d,
		   const char *file, struct qiao_slice text);
struct qiao_tok qiao_lex_next(struct qiao_lexer *lx);
/* A finding at a place of this text; by its code it makes it unsafe. */
void qiao_lex_finding(struct qiao_lexer *lx, struct qiao_lex_pos at,
		      const char *code, const char *fmt, ...) QIAO_PRINTF(4, 5);

#endif
