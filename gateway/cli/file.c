/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/slice.h"
#include "gateway/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static qiao_err read_all(struct qiao_buf *out, FILE *f, size_t max)
{
	uint8_t piece[16384];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), f)) > 0) {
		if (n > max - out->n)
			return QIAO_E_LIMIT;
		qiao_buf_put_mem(out, piece, n);
		if (out->err != QIAO_OK)
			return out->err;
	}
	return ferror(f) ? QIAO_E_IO : QIAO_OK;
}

qiao_err qiao_cli_read(struct qiao_buf *out, const char *path, size_t max,
		       struct qiao_why *why)
{
	char name[256];
	FILE *f = fopen(path, "rb");
	qiao_err err = f ? read_all(out, f, max) : QIAO_E_IO;
	int cause = errno;

	if (f)
		fclose(f);
	if (err == QIAO_OK)
		return err;
	qiao_str_escape(name, sizeof(name), qiao_slice_str(path));
	if (err == QIAO_E_IO)
		return qiao_fail(why, err, "cannot read %s: %s", name,
				 strerror(cause));
	return qiao_fail(why, err, "%s: %s (at most %zu bytes)", name,
			 qiao_strerror(err), max);
}
