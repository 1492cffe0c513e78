/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/log.h"

#include "gateway/base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_LEN 2048 /* below PIPE_BUF: lines of threads never mix */

static atomic_int max_level = QIAO_LOG_INFO;
static pthread_mutex_t name_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_name[80];

void qiao_log_set_level(enum qiao_log_level level)
{
	atomic_store(&max_level, (int)level);
}

void qiao_log_set_name(const char *name)
{
	pthread_mutex_lock(&name_lock);
	snprintf(log_name, sizeof(log_name), "%s", name);
	pthread_mutex_unlock(&name_lock);
}

static const char *level_name(enum qiao_log_level level)
{
	switch (level) {
	case QIAO_LOG_ERROR:
		return "error";
	case QIAO_LOG_WARN:
		return "warn";
	case QIAO_LOG_INFO:
		return "info";
	case QIAO_LOG_DEBUG:
		return "debug";
	}
	return "?";
}

static size_t put_front(char *line, size_t size, enum qiao_log_level level,
			const char *event)
{
	char time[QIAO_TIME_LEN];
	int n;

	qiao_time_format(time, qiao_now_ms(), 0);
	pthread_mutex_lock(&name_lock);
	n = snprintf(line, size, "%s %s%s%s %s", time, log_name,
		     log_name[0] ? " " : "", level_name(level), event);
	pthread_mutex_unlock(&name_lock);
	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

/* The last defence against a forged line; callers escape foreign text. */
static void replace_controls(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
}

static void write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* nowhere left to complain */
		p += done;
		n -= (size_t)done;
	}
}

void qiao_log(enum qiao_log_level level, const char *event, const char *fmt,
	      ...)
{
	char line[LINE_MAX_LEN];
	size_t room = sizeof(line) - 1; /* the newline */
	int saved = errno;
	size_t n;
	va_list ap;
	int more;

	if ((int)level > atomic_load(&max_level))
		return;
	n = put_front(line, room, level, event);
	if (fmt[0] && n + 1 < room) {
		line[n++] = ' ';
		va_start(ap, fmt);
		more = vsnprintf(line + n, room - n, fmt, ap);
		va_end(ap);
		if (more >= 0 && (size_t)more < room - n) {
			n += (size_t)more;
		} else if (more >= 0) {
			n = room - 1;
			memset(line + n - 3, '.', 3);
		}
	}
	replace_controls(line, n);
	line[n++] = '\n';
	write_all(line, n);
	errno = saved;
}

void qiao_bug(const char *file, int line, const char *what)
{
	qiao_log(QIAO_LOG_ERROR, "bug", "at=%s:%d what=\"%s\"", file, line,
		 what);
	abort();
}
