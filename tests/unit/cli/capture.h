/* SPDX-License-Identifier: Apache-2.0 */
/* Run a command in this process and look at what it prints. */
#ifndef TESTS_UNIT_CLI_CAPTURE_H
#define TESTS_UNIT_CLI_CAPTURE_H

#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGS_MAX 12

struct output {
	int code;
	char out[16384], err[16384];
};

struct saved_stream {
	FILE *stream, *file;
	int fd;
};

static void redirect(struct saved_stream *s, FILE *stream)
{
	fflush(stream);
	s->stream = stream;
	s->file = tmpfile();
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->file);
	s->fd = dup(fileno(stream));
	CU_ASSERT_FATAL(s->fd >= 0);
	CU_ASSERT_FATAL(dup2(fileno(s->file), fileno(stream)) >= 0);
}

static void put_back(struct saved_stream *s, char *text, size_t size)
{
	fflush(s->stream);
	dup2(s->fd, fileno(s->stream));
	close(s->fd);
	rewind(s->file);
	text[fread(text, 1, size - 1, s->file)] = 0;
	fclose(s->file);
}

/* argv ends with NULL. */
static int capture(struct output *o, int (*cmd)(int, char **),
		   const char *const *argv)
{
	char *copy[ARGS_MAX + 1] = { NULL }, *own[ARGS_MAX];
	struct saved_stream out, err;
	int argc = 0;

	for (; argv[argc] && argc < ARGS_MAX; argc++)
		own[argc] = copy[argc] = strdup(argv[argc]);
	redirect(&out, stdout);
	redirect(&err, stderr);
	o->code = cmd(argc, copy);
	put_back(&err, o->err, sizeof(o->err));
	put_back(&out, o->out, sizeof(o->out));
	for (int i = 0; i < argc; i++)
		free(own[i]);
	return o->code;
}

#define RUN(o, cmd, ...) \
	capture(o, cmd, (const char *const[]){ __VA_ARGS__, NULL })

#endif
