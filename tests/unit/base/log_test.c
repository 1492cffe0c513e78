/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/log.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int saved_stderr, pipe_end;

static void capture_begin(void)
{
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	pipe_end = fds[0];
}

static void capture_end(char *out, size_t size)
{
	ssize_t n;

	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	n = read(pipe_end, out, size - 1);
	close(pipe_end);
	out[n > 0 ? n : 0] = '\0';
}

static void an_event_is_one_line(void)
{
	char out[4096];

	qiao_log_set_name("nanjing");
	capture_begin();
	errno = ENOSPC;
	qiao_log(QIAO_LOG_WARN, "header-refused", "height=%d err=\"%s\"", 7,
		 "x\ny");
	CU_ASSERT_EQUAL(errno, ENOSPC);
	capture_end(out, sizeof(out));
	qiao_log_set_name("");
	CU_ASSERT_STRING_EQUAL(strchr(out, ' '), " nanjing warn header-refused "
						 "height=7 err=\"x?y\"\n");
}

static void an_event_needs_no_pairs(void)
{
	char out[4096];

	capture_begin();
	qiao_log(QIAO_LOG_ERROR, "stopped", "%s", "");
	capture_end(out, sizeof(out));
	CU_ASSERT_STRING_EQUAL(strchr(out, ' '), " error stopped \n");
}

static void levels_are_filtered(void)
{
	char out[4096];

	capture_begin();
	qiao_log(QIAO_LOG_DEBUG, "hidden", "a=1");
	qiao_log_set_level(QIAO_LOG_DEBUG);
	qiao_log(QIAO_LOG_DEBUG, "shown", "a=1");
	qiao_log_set_level(QIAO_LOG_INFO);
	capture_end(out, sizeof(out));
	CU_ASSERT_PTR_NULL(strstr(out, "hidden"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, " debug shown a=1\n"));
}

static void a_long_line_is_cut_and_ends(void)
{
	char text[5000], out[6000];
	size_t n;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	capture_begin();
	qiao_log(QIAO_LOG_INFO, "long", "text=%s", text);
	capture_end(out, sizeof(out));
	n = strlen(out);
	CU_ASSERT_TRUE(n > 1000 && n <= 2048);
	CU_ASSERT_STRING_EQUAL(out + n - 4, "...\n");
}

static void a_bug_stops_the_process(void)
{
	char out[4096];
	int status = 0;
	pid_t child;

	capture_begin();
	child = fork();
	if (child == 0) {
		QIAO_BUG_ON(1 + 1 == 2);
		_exit(0);
	}
	waitpid(child, &status, 0);
	capture_end(out, sizeof(out));
	CU_ASSERT_TRUE(WIFSIGNALED(status));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "error bug at=tests/unit/base/"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "what=\"1 + 1 == 2\"\n"));
}

static const struct test_case cases[] = {
	{ "an event is one line", an_event_is_one_line },
	{ "an event needs no pairs", an_event_needs_no_pairs },
	{ "levels are filtered", levels_are_filtered },
	{ "a long line is cut, and ends", a_long_line_is_cut_and_ends },
	{ "a bug stops the process", a_bug_stops_the_process },
	{ NULL, NULL },
};

const struct test_suite log_test_suite = { "base/log", cases };
