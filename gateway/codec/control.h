/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `qiao` asks a running daemon over its unix socket: one request, one
 * reply, each ended by the end of the stream. Request
 * [1, command str, [argument str, ...], lang str, json bool]; reply
 * [1, error int, text str], error 0 or a number of qiao/err.h.
 */
#ifndef GATEWAY_CODEC_CONTROL_H
#define GATEWAY_CODEC_CONTROL_H

#include "gateway/base/buf.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_CONTROL_ARGS_MAX    4
#define QIAO_CONTROL_ARG_MAX     3072 /* a signed statement in hex */
#define QIAO_CONTROL_REQUEST_MAX QIAO_KIB(16)

struct qiao_control_request {
	char command[QIAO_NAME_MAX + 1];
	size_t n_args;
	char args[QIAO_CONTROL_ARGS_MAX][QIAO_CONTROL_ARG_MAX];
	bool zh; /* lang is "zh"; else "en" */
	bool json;
};

struct qiao_control_reply {
	qiao_err error;
	struct qiao_slice text; /* UTF-8; borrowed */
};

void qiao_control_request_encode(struct qiao_buf *out,
				 const struct qiao_control_request *r);
qiao_err qiao_control_request_parse(struct qiao_control_request *out,
				    struct qiao_slice in);
void qiao_control_reply_encode(struct qiao_buf *out,
			       const struct qiao_control_reply *r);
qiao_err qiao_control_reply_parse(struct qiao_control_reply *out,
				  struct qiao_slice in);

#endif
