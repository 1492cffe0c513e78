/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/file.h"

#include "gateway/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static qiao_err open_regular(int *fd, const char *path, struct qiao_why *why)
{
	struct stat st;

	/* a FIFO must not block us, and must not be read */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return qiao_fail(why,
				 errno == ENOENT ? QIAO_E_NOTFOUND : QIAO_E_IO,
				 "%s: %s", path, strerror(errno));
	if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(*fd);
		return qiao_fail(why, QIAO_E_IO, "%s: not a regular file",
				 path);
	}
	return QIAO_OK;
}

/* Closes fd. */
static qiao_err read_open(struct qiao_buf *out, int fd, const char *path,
			  size_t max, struct qiao_why *why)
{
	uint8_t piece[16384];
	size_t total = 0;
	ssize_t n = 0;

	while (total <= max && (n = read(fd, piece, sizeof(piece))) > 0) {
		total += (size_t)n;
		qiao_buf_put_mem(out, piece, (size_t)n);
	}
	close(fd);
	qiao_wipe(piece, sizeof(piece));
	if (n < 0)
		return qiao_fail(why, QIAO_E_IO, "%s: read failed", path);
	if (total > max)
		return qiao_fail(why, QIAO_E_LIMIT, "%s: larger than %zu bytes",
				 path, max);
	return out->err;
}

qiao_err qiao_file_read(struct qiao_buf *out, const char *path, size_t max,
			struct qiao_why *why)
{
	int fd;
	qiao_err err = open_regular(&fd, path, why);

	return err == QIAO_OK ? read_open(out, fd, path, max, why) : err;
}

qiao_err qiao_file_read_private(struct qiao_buf *out, const char *path,
				size_t max, struct qiao_why *why)
{
	struct stat st;
	int fd;
	qiao_err err = open_regular(&fd, path, why);

	if (err != QIAO_OK)
		return err;
	if (fstat(fd, &st) == 0 && (st.st_mode & 077) == 0)
		return read_open(out, fd, path, max, why);
	close(fd);
	return qiao_fail(why, QIAO_E_KEY,
			 "%s: others may use this private key (mode %04o); "
			 "run: chmod 600 %s",
			 path, (unsigned int)st.st_mode & 07777, path);
}

static bool write_all(int fd, struct qiao_slice bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0)
			return false;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return fsync(fd) == 0;
}

qiao_err qiao_file_write(const char *path, struct qiao_slice bytes,
			 unsigned int mode, struct qiao_why *why)
{
	char tmp[4096];
	int n = snprintf(tmp, sizeof(tmp), "%s.new", path);
	int fd;
	bool ok;

	if (n < 0 || (size_t)n >= sizeof(tmp))
		return qiao_fail(why, QIAO_E_LIMIT, "%s: path too long", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return qiao_fail(why, QIAO_E_IO, "%s: %s", tmp,
				 strerror(errno));
	ok = write_all(fd, bytes);
	if (close(fd) != 0)
		ok = false;
	if (ok && rename(tmp, path) == 0)
		return QIAO_OK;
	qiao_fail(why, QIAO_E_IO, "%s: %s", path, strerror(errno));
	unlink(tmp);
	return errno == ENOSPC ? QIAO_E_FULL : QIAO_E_IO;
}

qiao_err qiao_dir_need(const char *path, unsigned int mode,
		       struct qiao_why *why)
{
	struct stat st;

	if (mkdir(path, (mode_t)mode) == 0)
		return QIAO_OK;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_IO, "%s: %s", path, strerror(errno));
}
