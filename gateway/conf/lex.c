/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/conf/lex.h"

#include "gateway/base/slice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FINDINGS_MAX 100 /* of one text: then it is no configuration */
#define NUMBER_LEN   32  /* -9223372036854775808LL has 22 */
#define BAD_CHAR     0xfffd

void qiao_lex_init(struct qiao_lexer *lx, struct qiao_diags *d,
		   const char *file, struct qiao_slice text)
{
	*lx = (struct qiao_lexer){
		.r = qiao_reader_of(text),
		.at = { 1, 1 },
		.last = QIAO_TOK_END,
		.file = file,
		.d = d,
	};
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		qiao_lex_finding(lx, lx->at, "E001",
				 "the file begins with a byte order mark; "
				 "save it as UTF-8 without BOM");
		qiao_get(&lx->r, 3);
	}
}

void qiao_lex_finding(struct qiao_lexer *lx, struct qiao_lex_pos at,
		      const char *code, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strcmp(code, "E005") <= 0 || strcmp(code, "E007") == 0)
		lx->unsafe = true;
	qiao_diag(lx->d, lx->file, at.line, at.col, code, "%s", text);
	if (++lx->findings < FINDINGS_MAX || lx->r.err != QIAO_OK)
		return;
	lx->unsafe = true;
	qiao_reader_fail(&lx->r, QIAO_E_LIMIT); /* reads as the end */
	qiao_diag(lx->d, lx->file, at.line, at.col, "E000",
		  "too many findings; the rest of the file was not read");
}

static bool at_end(const struct qiao_lexer *lx)
{
	return lx->r.left == 0 || lx->r.err != QIAO_OK;
}

static int peek(const struct qiao_lexer *lx)
{
	return at_end(lx) ? -1 : qiao_peek_u8(&lx->r);
}

static int peek_second(const struct qiao_lexer *lx)
{
	struct qiao_reader ahead = lx->r;

	qiao_get_u8(&ahead);
	return ahead.left == 0 || ahead.err != QIAO_OK ? -1
						       : qiao_peek_u8(&ahead);
}

/* --- characters ---------------------------------------------------------- */

/*
 * Characters that make a text mean something else than a reader sees, or that
 * libconfig takes for something else. "Trojan Source" (CVE-2021-42574) puts the
 * direction marks into comments too.
 */
static const struct {
	uint32_t from, to;
	bool in_comments; /* refused there as well */
	const char *what;
} refused[] = {
	/* clang-format off */
	{ 0x0000, 0x0008, true, "a control character" },
	{ 0x000b, 0x000c, true, "a control character" },
	{ 0x000e, 0x001f, true, "a control character" },
	{ 0x007f, 0x009f, true, "a control character" },
	{ 0x00ad, 0x00ad, false, "an invisible character" },
	{ 0x061c, 0x061c, true, "a text direction mark" },
	{ 0x180e, 0x180e, false, "an invisible character" },
	{ 0x200b, 0x200d, false, "an invisible character" },
	{ 0x200e, 0x200f, true, "a text direction mark" },
	{ 0x2028, 0x2029, true, "a line separator" },
	{ 0x202a, 0x202e, true, "a text direction mark" },
	{ 0x2060, 0x2064, false, "an invisible character" },
	{ 0x2066, 0x2069, true, "a text direction mark" },
	{ 0xfeff, 0xfeff, false, "an invisible character" },
	/* clang-format on */
};

static void char_check(struct qiao_lexer *lx, struct qiao_lex_pos at,
		       uint32_t ch, bool comment)
{
	if (ch == '\r' && peek(lx) != '\n')
		qiao_lex_finding(lx, at, "E002",
				 "a carriage return that ends no line; use "
				 "LF or CR LF line ends");
	if (ch >= 0x20 && ch < 0x7f)
		return;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (ch < refused[i].from || ch > refused[i].to)
			continue;
		if (!comment || refused[i].in_comments)
			qiao_lex_finding(lx, at, "E002",
					 "U+%04" PRIX32 " is %s; remove it", ch,
					 refused[i].what);
		return;
	}
}

/* How many bytes the lead byte of a UTF-8 sequence promises. */
static size_t utf8_len(uint8_t lead)
{
	if (lead >= 0xf0)
		return 4;
	if (lead >= 0xe0)
		return 3;
	return lead >= 0xc0 ? 2 : 1;
}

static uint32_t utf8_take(struct qiao_lexer *lx)
{
	uint8_t lead = qiao_peek_u8(&lx->r);
	size_t n = utf8_len(lead);
	struct qiao_reader ahead = lx->r;
	struct qiao_slice s = qiao_get(&ahead, n);
	uint32_t ch = lead & (0x7fu >> n);

	if (!s.n || !qiao_utf8_valid(s)) {
		qiao_get_u8(&lx->r);
		if (!lx->said_utf8)
			qiao_lex_finding(lx, lx->at, "E002",
					 "byte 0x%02x is not UTF-8; save the "
					 "file as UTF-8",
					 lead);
		lx->said_utf8 = true;
		return BAD_CHAR;
	}
	lx->r = ahead;
	for (size_t i = 1; i < n; i++)
		ch = ch << 6 | (s.p[i] & 0x3f);
	return ch;
}

/* Take one character, count it, complain about it. Never at the end. */
static uint32_t char_take(struct qiao_lexer *lx, bool comment)
{
	struct qiao_lex_pos at = lx->at;
	uint32_t ch = qiao_peek_u8(&lx->r);

	if (ch < 0x80)
		qiao_get_u8(&lx->r);
	else
		ch = utf8_take(lx);
	char_check(lx, at, ch, comment);
	lx->at.col++;
	if (ch == '\n')
		lx->at = (struct qiao_lex_pos){ at.line + 1, 1 };
	return ch;
}

/* --- spaces and comments ------------------------------------------------- */

static void line_take(struct qiao_lexer *lx)
{
	while (!at_end(lx) && peek(lx) != '\n')
		char_take(lx, true);
}

/*
 * A comment inside a comment is the usual look of one whose end was forgotten:
 * the next comment's end closes it, and the settings between are gone.
 */
static void comment_take(struct qiao_lexer *lx)
{
	struct qiao_lex_pos opened = lx->at;
	uint32_t last = 0;
	bool inner = false;

	char_take(lx, true);
	char_take(lx, true);
	while (!at_end(lx)) {
		uint32_t ch = char_take(lx, true);

		if (last == '/' && ch == '*' && !inner) {
			inner = true;
			qiao_lex_finding(lx, opened, "E003",
					 "comment opened here holds another "
					 "/* in line %u: is its end missing?",
					 lx->at.line);
		}
		if (last == '*' && ch == '/')
			return;
		last = ch;
	}
	qiao_lex_finding(lx, opened, "E003",
			 "comment opened here is never closed: everything "
			 "after it would be silently ignored");
}

static void space_take(struct qiao_lexer *lx)
{
	for (;;) {
		int ch = peek(lx);
		int next = ch == '/' ? peek_second(lx) : -1;

		if (ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r')
			char_take(lx, false);
		else if (ch == '#' || next == '/')
			line_take(lx);
		else if (next == '*')
			comment_take(lx);
		else
			return;
	}
}

/* --- strings ------------------------------------------------------------- */

static int hex_digit(int ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	return ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}

/* After \x. libconfig drops \x00, and \xNN could make what E002 refuses. */
static void hex_escape_take(struct qiao_lexer *lx, struct qiao_lex_pos at)
{
	int high = hex_digit(peek(lx));
	int low = hex_digit(peek_second(lx));
	int value = high * 16 + low;

	if (high < 0 || low < 0) {
		qiao_lex_finding(lx, at, "E006",
				 "\\x must be followed by two hex digits");
		return;
	}
	char_take(lx, false);
	char_take(lx, false);
	if (value == 0)
		qiao_lex_finding(lx, at, "E007",
				 "\\x00 would silently vanish; remove it");
	else if (value < 0x20 || value > 0x7e)
		qiao_lex_finding(lx, at, "E007",
				 "\\x%02x is not a printable ASCII character; "
				 "write the character itself",
				 (unsigned int)value);
}

static void escape_take(struct qiao_lexer *lx)
{
	struct qiao_lex_pos at = lx->at;
	int ch;

	char_take(lx, false);
	ch = peek(lx);
	if (ch < 0 || ch == '\n' || ch == '\r')
		return; /* the string is not closed: said by the caller */
	char_take(lx, false);
	if (ch == 'x' || ch == 'X')
		hex_escape_take(lx, at);
	else if (!strchr("nrtf\\\"", ch))
		qiao_lex_finding(lx, at, "E006",
				 "this escape is not known and would stay in "
				 "the text; write the character itself, or "
				 "\\\\ for a backslash");
}

static enum qiao_tok_type string_take(struct qiao_lexer *lx)
{
	struct qiao_lex_pos opened = lx->at;

	char_take(lx, false);
	for (;;) {
		int ch = peek(lx);

		if (ch == '"') {
			char_take(lx, false);
			return QIAO_TOK_STR;
		}
		if (ch == '\\') {
			escape_take(lx);
			continue;
		}
		if (ch < 0 || ch == '\n')
			break;
		char_take(lx, false);
	}
	qiao_lex_finding(lx, opened, "E005",
			 "string opened here is not closed on its line");
	return QIAO_TOK_STR;
}

/* --- words and numbers --------------------------------------------------- */

static bool is_alpha(int ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

static bool is_digit(int ch)
{
	return ch >= '0' && ch <= '9';
}

static bool in_name(int ch)
{
	return is_alpha(ch) || is_digit(ch) || ch == '-' || ch == '_' ||
	       ch == '*';
}

static bool in_number(int ch)
{
	return in_name(ch) || ch == '.' || ch == '+';
}

static struct qiao_slice run_take(struct qiao_lexer *lx, bool (*in)(int))
{
	struct qiao_slice from = { lx->r.p, lx->r.left };

	while (in(peek(lx)))
		char_take(lx, false);
	return qiao_slice_of(from.p, from.n - lx->r.left);
}

static enum qiao_tok_type name_take(struct qiao_lexer *lx)
{
	struct qiao_slice s = run_take(lx, in_name);
	char word[6];

	if (qiao_str_copy(word, sizeof(word), s) &&
	    (strcasecmp(word, "true") == 0 || strcasecmp(word, "false") == 0))
		return QIAO_TOK_BOOL;
	return QIAO_TOK_NAME;
}

/* digits, point, digits, exponent: with a point or an exponent, and a digit */
static bool is_float(const char *s)
{
	size_t whole, part = 0;
	bool point;

	s += *s == '-' || *s == '+';
	whole = strspn(s, "0123456789");
	s += whole;
	point = *s == '.';
	if (point) {
		part = strspn(++s, "0123456789");
		s += part;
	}
	if (whole + part == 0)
		return false;
	if (*s == '\0')
		return point;
	if (*s++ != 'e' && s[-1] != 'E')
		return false;
	s += *s == '-' || *s == '+';
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/* A whole number as written, taken apart. */
struct whole {
	bool plus, minus, hex, wide; /* wide: with L or LL */
	const char *digits;
	size_t n;
};

static bool whole_split(struct whole *w, const char *s)
{
	*w = (struct whole){ .plus = *s == '+', .minus = *s == '-' };
	s += w->plus || w->minus;
	w->hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	w->digits = w->hex ? s + 2 : s;
	w->n = strspn(w->digits,
		      w->hex ? "0123456789abcdefABCDEF" : "0123456789");
	s = w->digits + w->n;
	w->wide = *s == 'L';
	s += w->wide;
	s += w->wide && *s == 'L';
	return w->n > 0 && *s == '\0' && !(w->hex && (w->plus || w->minus));
}

/* False when it does not fit 64 bits. */
static bool whole_value(int64_t *out, const struct whole *w)
{
	unsigned long long v;

	errno = 0;
	v = strtoull(w->digits, NULL, w->hex ? 16 : 10);
	if (errno || v > (uint64_t)INT64_MAX + w->minus)
		return false;
	*out = w->minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

/* What libconfig 1.5 makes of a number without L: the lower 32 bits. */
static int64_t cut_to_32(int64_t v)
{
	uint64_t low = (uint64_t)v & UINT32_MAX;

	return (int64_t)low - (low >> 31 ? (int64_t)1 << 32 : 0);
}

static void whole_check(struct qiao_lexer *lx, struct qiao_lex_pos at,
			const struct whole *w, const char *text)
{
	int64_t v;

	if (w->plus)
		qiao_lex_finding(lx, at, "E011", "write %s without the plus",
				 text);
	if (!w->hex && w->n > 1 && w->digits[0] == '0')
		qiao_lex_finding(lx, at, "E011",
				 "%s is decimal here, not octal; write it "
				 "without the leading 0",
				 text);
	if (!whole_value(&v, w))
		qiao_lex_finding(lx, at, "E010",
				 "%s does not fit 64 bits and would silently "
				 "become another number",
				 text);
	else if (!w->wide && (v < INT32_MIN || v > INT32_MAX))
		qiao_lex_finding(lx, at, "E009",
				 "%s does not fit 32 bits and would silently "
				 "become %" PRId64 "; write %sL",
				 text, cut_to_32(v), text);
}

static enum qiao_tok_type number_take(struct qiao_lexer *lx)
{
	struct qiao_lex_pos at = lx->at;
	struct qiao_slice s = run_take(lx, in_number);
	char text[NUMBER_LEN];
	struct whole w;

	if (qiao_str_copy(text, sizeof(text), s)) {
		if (whole_split(&w, text)) {
			whole_check(lx, at, &w, text);
			return w.wide ? QIAO_TOK_INT64 : QIAO_TOK_INT;
		}
		if (is_float(text))
			return QIAO_TOK_FLOAT;
	}
	qiao_lex_finding(lx, at, "E000",
			 "this is no number; dates, times and names stand in "
			 "double quotes");
	return QIAO_TOK_BAD;
}

/* --- the rest ------------------------------------------------------------ */

/* What a Chinese keyboard gives for the marks of this syntax; 0: another. */
static char ascii_of(uint32_t ch)
{
	if (ch == 0x201c || ch == 0x201d)
		return '"';
	if (ch == 0x3001)
		return ',';
	return ch >= 0xff01 && ch <= 0xff5e ? (char)(ch - 0xfee0) : '\0';
}

static enum qiao_tok_type stray_take(struct qiao_lexer *lx)
{
	struct qiao_lex_pos at = lx->at;
	uint32_t ch = char_take(lx, false);

	if (ch == BAD_CHAR && lx->said_utf8)
		return QIAO_TOK_BAD;
	if (ascii_of(ch))
		qiao_lex_finding(lx, at, "E000",
				 "full-width U+%04" PRIX32 "; write %c", ch,
				 ascii_of(ch));
	else if (ch > 0x20 && ch < 0x7f)
		qiao_lex_finding(lx, at, "E000", "unexpected %c", (char)ch);
	else {
		while (peek(lx) >= 0x80) /* a whole Chinese word */
			char_take(lx, false);
		qiao_lex_finding(lx, at, "E000",
				 "unexpected character U+%04" PRIX32
				 "; text stands in double quotes",
				 ch);
	}
	return QIAO_TOK_BAD;
}

/* libconfig follows @include: a directory ends the process, a FIFO hangs it. */
static enum qiao_tok_type include_take(struct qiao_lexer *lx)
{
	struct qiao_lex_pos at = lx->at;

	line_take(lx);
	qiao_lex_finding(lx, at, "E004",
			 "@include is not allowed; list the file where this "
			 "one is listed");
	return QIAO_TOK_BAD;
}

static enum qiao_tok_type mark_take(struct qiao_lexer *lx)
{
	static const struct {
		char mark;
		enum qiao_tok_type type;
	} marks[] = {
		{ '=', QIAO_TOK_EQUALS }, { ':', QIAO_TOK_EQUALS },
		{ ',', QIAO_TOK_COMMA },  { ';', QIAO_TOK_SEMICOLON },
		{ '{', QIAO_TOK_GROUP },  { '}', QIAO_TOK_GROUP_END },
		{ '(', QIAO_TOK_LIST },   { ')', QIAO_TOK_LIST_END },
		{ '[', QIAO_TOK_ARRAY },  { ']', QIAO_TOK_ARRAY_END },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (peek(lx) == marks[i].mark) {
			char_take(lx, false);
			return marks[i].type;
		}
	}
	return stray_take(lx);
}

static enum qiao_tok_type any_take(struct qiao_lexer *lx)
{
	int ch = peek(lx);

	if (ch < 0)
		return QIAO_TOK_END;
	if (ch == '"')
		return string_take(lx);
	if (ch == '@')
		return include_take(lx);
	if (is_alpha(ch) || ch == '*')
		return name_take(lx);
	if (is_digit(ch) || ch == '-' || ch == '+' || ch == '.')
		return number_take(lx);
	return mark_take(lx);
}

struct qiao_tok qiao_lex_next(struct qiao_lexer *lx)
{
	struct qiao_tok t;

	for (;;) {
		size_t left;

		space_take(lx);
		left = lx->r.left;
		t.at = lx->at;
		t.text.p = lx->r.p;
		t.type = any_take(lx);
		t.text.n = left - lx->r.left;
		if (t.type != QIAO_TOK_STR || lx->last != QIAO_TOK_STR)
			break;
		qiao_lex_finding(lx, t.at, "E008",
				 "two strings side by side are silently "
				 "joined; is a comma missing?");
	}
	lx->last = t.type;
	return t;
}
