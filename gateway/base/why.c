/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/why.h"

#include "gateway/base/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A cut in the middle of a character would make the whole line invalid. */
static void trim_to_utf8(char *text)
{
	size_t n = strlen(text);

	for (int i = 0; i < 3 && n > 0; i++) {
		if (qiao_utf8_valid(qiao_slice_of(text, n)))
			break;
		text[--n] = '\0';
	}
}

qiao_err qiao_fail(struct qiao_why *why, qiao_err err, const char *fmt, ...)
{
	char text[sizeof(why->text)]; /* an argument may be why->text itself */
	va_list ap;
	int n;

	if (!why)
		return err;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	else if ((size_t)n >= sizeof(text))
		trim_to_utf8(text);
	memcpy(why->text, text, sizeof(text));
	return err;
}
