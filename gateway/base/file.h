/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATEWAY_BASE_FILE_H
#define GATEWAY_BASE_FILE_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

/*
 * Append a regular file of at most max bytes. QIAO_E_NOTFOUND, QIAO_E_LIMIT,
 * QIAO_E_IO (also for a folder, a FIFO, a device), each named in why.
 */
qiao_err qiao_file_read(struct qiao_buf *out, const char *path, size_t max,
			struct qiao_why *why);
/*
 * The same for a file that holds a secret: QIAO_E_KEY, with the chmod to type,
 * when group or others may do anything with it. Wipe out by qiao_buf_free.
 */
qiao_err qiao_file_read_private(struct qiao_buf *out, const char *path,
				size_t max, struct qiao_why *why);
/* Write a new file through a temporary name and fsync it; mode as given. */
qiao_err qiao_file_write(const char *path, struct qiao_slice bytes,
			 unsigned int mode, struct qiao_why *why);
/* mkdir -p of one level: an existing folder is fine. */
qiao_err qiao_dir_need(const char *path, unsigned int mode,
		       struct qiao_why *why);

#endif
