/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/host/link.h"

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEADLINE_MS 10000

static nng_socket listening(const char *url)
{
	nng_socket s;

	CU_ASSERT_EQUAL_FATAL(nng_rep0_open(&s), 0);
	nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 5000);
	CU_ASSERT_EQUAL_FATAL(nng_listen(s, url, NULL, 0), 0);
	return s;
}

/* Takes a request and is gone, as a process that is killed. */
static void *dies(void *socket)
{
	nng_socket *s = socket;
	nng_msg *m;

	if (nng_recvmsg(*s, &m, 0) == 0)
		nng_msg_free(m);
	nng_close(*s);
	return NULL;
}

static void *answers(void *socket)
{
	nng_socket *s = socket;
	nng_msg *m;

	if (nng_recvmsg(*s, &m, 0) == 0 && nng_sendmsg(*s, m, 0) != 0)
		nng_msg_free(m);
	return NULL;
}

static qiao_err ask(struct qiao_link *l, struct qiao_buf *reply, int64_t *took)
{
	struct qiao_why why;
	int64_t from = qiao_monotonic_ms();
	qiao_err err;

	qiao_buf_clear(reply);
	err = qiao_link_call(l, reply, qiao_slice_str("ask"), DEADLINE_MS,
			     &why);
	*took = qiao_monotonic_ms() - from;
	return err;
}

static void a_death_is_noticed_at_once(void)
{
	struct qiao_buf reply = QIAO_BUF;
	struct qiao_link *l;
	struct qiao_why why;
	pthread_t thread;
	nng_socket s;
	char url[100];
	int64_t took;

	snprintf(url, sizeof(url), "ipc://%s/qiao-link-test-%d",
		 getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir, getpid());
	s = listening(url);
	CU_ASSERT_EQUAL_FATAL(qiao_link_open(&l, url, &why), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, dies, &s), 0);
	CU_ASSERT_EQUAL(ask(l, &reply, &took), QIAO_E_TIMEOUT);
	CU_ASSERT(took < DEADLINE_MS / 2);
	pthread_join(thread, NULL);
	/* nobody is there, and nobody is expected */
	CU_ASSERT_EQUAL(ask(l, &reply, &took), QIAO_E_TIMEOUT);
	CU_ASSERT(took < DEADLINE_MS / 2);
	qiao_link_expect(l);
	s = listening(url);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, answers, &s), 0);
	CU_ASSERT_EQUAL(ask(l, &reply, &took), QIAO_OK);
	CU_ASSERT_EQUAL(reply.n, 3);
	pthread_join(thread, NULL);
	qiao_link_close(l);
	CU_ASSERT_EQUAL(ask(l, &reply, &took), QIAO_E_CLOSED);
	qiao_link_free(l);
	qiao_link_free(NULL);
	nng_close(s);
	qiao_buf_free(&reply);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "a death is noticed at once", a_death_is_noticed_at_once },
	{ 0 },
};
/* clang-format on */

const struct test_suite link_test_suite = { "host/link", cases };
