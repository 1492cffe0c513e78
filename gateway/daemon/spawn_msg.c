/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/spawn_msg.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

qiao_err qiao_spawn_send(int fd, const struct qiao_spawn_msg *m)
{
	struct qiao_buf b = { .max = QIAO_SPAWN_MSG_MAX };
	qiao_err err;
	ssize_t n;

	qiao_mp_put_array(&b, 7);
	qiao_mp_put_uint(&b, m->op);
	qiao_mp_put_uint(&b, m->number);
	qiao_mp_put_int(&b, m->pid);
	qiao_mp_put_int(&b, m->status);
	qiao_mp_put_cstr(&b, m->name);
	qiao_mp_put_cstr(&b, m->path);
	qiao_mp_put_bin(&b, m->text);
	err = b.err;
	if (err == QIAO_OK) {
		do
			n = send(fd, b.p, b.n, MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
		if (n != (ssize_t)b.n)
			err = QIAO_E_CLOSED;
	}
	qiao_buf_free(&b);
	return err;
}

static qiao_err parse(struct qiao_spawn_msg *out, struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 7);
	out->op = (enum qiao_spawn_op)qiao_mp_uint(&m, QIAO_SPAWN_EXITED);
	out->number = qiao_mp_uint(&m, UINT64_MAX);
	out->pid = qiao_mp_int(&m);
	out->status = qiao_mp_int(&m);
	qiao_mp_str_into(&m, out->name, sizeof(out->name));
	qiao_mp_str_into(&m, out->path, sizeof(out->path));
	out->text = qiao_mp_bin(&m, QIAO_SPAWN_TEXT_MAX);
	return qiao_mp_finish(&m);
}

qiao_err qiao_spawn_receive(int fd, struct qiao_spawn_msg *out,
			    struct qiao_buf *store)
{
	uint8_t packet[QIAO_SPAWN_MSG_MAX];
	ssize_t n;

	memset(out, 0, sizeof(*out));
	do
		n = recv(fd, packet, sizeof(packet), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return QIAO_E_CLOSED;
	qiao_buf_clear(store);
	qiao_buf_put_mem(store, packet, (size_t)n);
	if (store->err != QIAO_OK)
		return store->err;
	return parse(out, qiao_buf_slice(store));
}
