/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/conf/conf.h"

#include <stdarg.h>
#include <stdio.h>

void qiao_diags_free(struct qiao_diags *d)
{
	qiao_buf_free(&d->text);
	d->errors = d->warnings = 0;
}

/* One line per finding, whatever a value in it holds. */
static void line_put(struct qiao_buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char ch = (unsigned char)*text;

		if (ch < 0x20 || ch == 0x7f)
			qiao_buf_printf(b, "\\x%02x", ch);
		else
			qiao_buf_put_u8(b, ch);
	}
	qiao_buf_put_u8(b, '\n');
}

void qiao_diag(struct qiao_diags *d, const char *file, unsigned int line,
	       unsigned int col, const char *code, const char *fmt, ...)
{
	bool warning = code[0] == 'W';
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (warning)
		d->warnings++;
	else
		d->errors++;
	qiao_buf_printf(&d->text, "%s:%u:%u: %s %s: ", file, line, col,
			warning ? "warning" : "error", code);
	line_put(&d->text, text);
}
