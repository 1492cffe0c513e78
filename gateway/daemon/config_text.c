/* SPDX-License-Identifier: Apache-2.0 */
/* The option table as text. */
#include "gateway/daemon/config.h"
#include "gateway/daemon/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMN_MAX 78

static bool is_text(enum qiao_option_kind kind)
{
	switch (kind) {
	case QIAO_OPT_BOOL:
	case QIAO_OPT_INT:
	case QIAO_OPT_WORDS:
	case QIAO_OPT_GROUP:
	case QIAO_OPT_LIST:
		return false;
	case QIAO_OPT_NAME:
	case QIAO_OPT_TEXT:
	case QIAO_OPT_URL:
	case QIAO_OPT_FILE:
	case QIAO_OPT_PLACE:
	case QIAO_OPT_PROGRAM:
	case QIAO_OPT_HASH:
	case QIAO_OPT_KEY:
	case QIAO_OPT_KEY_ID:
	case QIAO_OPT_TIME:
	case QIAO_OPT_DURATION:
	case QIAO_OPT_CHOICE:
		return true;
	}
	return true;
}

static void indent(struct qiao_buf *out, unsigned int depth)
{
	for (unsigned int i = 0; i < depth; i++)
		qiao_buf_put_str(out, "    ");
}

/* The help, wrapped, as comment lines. */
static void comment(struct qiao_buf *out, unsigned int depth, const char *text)
{
	size_t room = COLUMN_MAX - 2 - 4 * (size_t)depth;

	while (*text) {
		size_t n = strlen(text);

		if (n > room) {
			for (n = room; n > 0 && text[n] != ' '; n--)
				;
			if (n == 0)
				n = strcspn(text, " ");
		}
		indent(out, depth);
		qiao_buf_printf(out, "# %.*s\n", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
}

static void example(struct qiao_buf *out, const struct qiao_option *table,
		    unsigned int depth);

static void example_value(struct qiao_buf *out, const struct qiao_option *o,
			  unsigned int depth)
{
	const char *value = o->example ? o->example : o->def;
	const char *quote = is_text(o->kind) ? "\"" : "";
	/* what has a default, or may be left out, stands as a comment */
	bool off = !o->required && !(o->example && !o->def);

	indent(out, depth);
	qiao_buf_printf(out, "%s%s = %s%s%s;\n", off || !value ? "# " : "",
			o->name, quote, value ? value : "", quote);
}

static void example_option(struct qiao_buf *out, const struct qiao_option *o,
			   unsigned int depth)
{
	comment(out, depth, o->help);
	if (o->kind == QIAO_OPT_GROUP || o->kind == QIAO_OPT_LIST) {
		bool list = o->kind == QIAO_OPT_LIST;

		indent(out, depth);
		qiao_buf_printf(out, "%s = %s{\n", o->name, list ? "( " : "");
		example(out, o->members, depth + 1);
		indent(out, depth);
		qiao_buf_printf(out, "}%s%s%s;\n", o->more ? ", " : "",
				o->more ? o->more : "", list ? " )" : "");
	} else {
		example_value(out, o, depth);
	}
}

static void example(struct qiao_buf *out, const struct qiao_option *table,
		    unsigned int depth)
{
	for (const struct qiao_option *o = table; o->name; o++) {
		/* would need a chain of its own kind */
		if (o->members && strcmp(o->name, "duty") == 0) {
			comment(out, depth, o->help);
			indent(out, depth);
			qiao_buf_printf(out,
					"# %s = { basis = \"...\"; "
					"case = \"...\"; };\n",
					o->name);
			continue;
		}
		if (depth == 0 && o != table)
			qiao_buf_put_str(out, "\n");
		example_option(out, o, depth);
	}
}

qiao_err qiao_config_example(struct qiao_buf *out)
{
	qiao_buf_put_str(out, "# Configuration of qiaod, made by `qiao config "
			      "example`. Paths that do not begin\n"
			      "# with / start at the folder of this file. See "
			      "qiao.conf(5).\n\n");
	example(out, qiao_options, 0);
	return out->err;
}

/* --- manual -------------------------------------------------------------- */

static const char *kind_text(enum qiao_option_kind kind)
{
	switch (kind) {
	case QIAO_OPT_NAME:
		return "name";
	case QIAO_OPT_TEXT:
		return "text";
	case QIAO_OPT_URL:
		return "url";
	case QIAO_OPT_FILE:
	case QIAO_OPT_PLACE:
		return "path";
	case QIAO_OPT_PROGRAM:
		return "program";
	case QIAO_OPT_HASH:
		return "64 hex digits";
	case QIAO_OPT_KEY:
		return "public key";
	case QIAO_OPT_KEY_ID:
		return "32 hex digits";
	case QIAO_OPT_TIME:
		return "time";
	case QIAO_OPT_BOOL:
		return "true or false";
	case QIAO_OPT_INT:
		return "number";
	case QIAO_OPT_DURATION:
		return "duration";
	case QIAO_OPT_CHOICE:
		return "one of";
	case QIAO_OPT_WORDS:
		return "array of words";
	case QIAO_OPT_GROUP:
		return "group";
	case QIAO_OPT_LIST:
		return "list of groups";
	}
	return "?";
}

/* One sentence a line; a backslash or a leading dot would be a macro. */
static void manual_help(struct qiao_buf *out, const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			qiao_buf_put_str(out, "\\&");
		if (*text == '\\')
			qiao_buf_put_str(out, "\\e");
		else if (*text == '"')
			qiao_buf_put_str(out, "\\(dq");
		else if (*text == '`' || *text == '\'')
			qiao_buf_put_str(out, *text == '`' ? "\\(oq" : "\\(cq");
		else
			qiao_buf_put_u8(out, (uint8_t)*text);
		start = false;
		if (*text == '.' && text[1] == ' ') {
			qiao_buf_put_str(out, "\n");
			text++;
			start = true;
		}
	}
	qiao_buf_put_str(out, "\n");
}

static void manual_head(struct qiao_buf *out, const struct qiao_option *o)
{
	qiao_buf_printf(out, ".It Ic %s Pq %s", o->name, kind_text(o->kind));
	for (size_t i = 0; o->words && o->words[i]; i++)
		qiao_buf_printf(out, "%s%s", i ? ", " : " ", o->words[i]);
	qiao_buf_put_str(out, "\n");
	if (o->required)
		qiao_buf_put_str(out, "Required.\n");
	else if (o->kind == QIAO_OPT_PLACE && o->def)
		/* another one for each installation */
		qiao_buf_put_str(out, "Default: where they are installed.\n");
	else if (o->def)
		qiao_buf_printf(out, "Default %s.\n", o->def);
	if (o->kind == QIAO_OPT_INT)
		qiao_buf_printf(out, "From %" PRId64 " to %" PRId64 ".\n",
				o->min, o->max);
	if (o->kind == QIAO_OPT_DURATION)
		qiao_buf_printf(out,
				"From %" PRId64 " to %" PRId64 " seconds.\n",
				o->min / 1000, o->max / 1000);
}

static void manual(struct qiao_buf *out, const struct qiao_option *table)
{
	qiao_buf_put_str(out, ".Bl -tag -width Ds\n");
	for (const struct qiao_option *o = table; o->name; o++) {
		manual_head(out, o);
		manual_help(out, o->help);
		if (o->members)
			manual(out, o->members);
	}
	qiao_buf_put_str(out, ".El\n");
}

qiao_err qiao_config_manual(struct qiao_buf *out)
{
	manual(out, qiao_options);
	return out->err;
}
