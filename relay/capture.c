/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/link.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct qiao_capture {
	int fd;
	bool off; /* after a failure: a file with a hole proves nothing */
	pthread_mutex_t mutex;
};

qiao_err qiao_capture_open(struct qiao_capture **out, const char *path,
			   struct qiao_why *why)
{
	struct qiao_capture *c = qiao_calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return QIAO_E_NOMEM;
	c->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (c->fd < 0) {
		qiao_free(c);
		return qiao_fail(why, QIAO_E_IO, "%s: cannot be opened: %s",
				 path, strerror(errno));
	}
	pthread_mutex_init(&c->mutex, NULL);
	qiao_log(QIAO_LOG_WARN, "capture-on",
		 "path=%s text=\"messages between gateways are written there "
		 "in clear\"",
		 path);
	*out = c;
	return QIAO_OK;
}

static bool write_all(int fd, struct qiao_slice s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s.p += n;
		s.n -= (size_t)n;
	}
	return true;
}

void qiao_capture_put(struct qiao_capture *c, char direction,
		      struct qiao_slice message)
{
	struct qiao_buf head = QIAO_BUF;
	bool ok;

	if (!c)
		return;
	qiao_buf_put_u8(&head, (uint8_t)direction);
	qiao_buf_put_u64(&head, (uint64_t)qiao_now_ms());
	qiao_buf_put_u32(&head, (uint32_t)message.n);
	pthread_mutex_lock(&c->mutex);
	ok = c->off ||
	     (head.err == QIAO_OK && write_all(c->fd, qiao_buf_slice(&head)) &&
	      write_all(c->fd, message));
	c->off = c->off || !ok;
	pthread_mutex_unlock(&c->mutex);
	qiao_buf_free(&head);
	if (!ok)
		qiao_log(QIAO_LOG_WARN, "capture-failed", "err=%s",
			 strerror(errno));
}

void qiao_capture_close(struct qiao_capture *c)
{
	if (!c)
		return;
	close(c->fd);
	pthread_mutex_destroy(&c->mutex);
	qiao_free(c);
}
