/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real processes for tests: a ledger in a folder of its own, an adapter beside
 * it. Programs are those built beside the test program. posix_spawn and not
 * fork: NNG has threads in this process.
 */
#ifndef TESTS_UNIT_ADAPTERS_INHOUSE_PROCESS_H
#define TESTS_UNIT_ADAPTERS_INHOUSE_PROCESS_H

#include "adapters/inhouse/client.h"
#include "adapters/inhouse/inhouse.h"
#include "adapters/inhouse/record.h"
#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/conf/conf.h"
#include "gateway/crypto/hash.h"
#include "tests/unit/suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ORG      "nanjing.market"
#define CALL_MS  5000

extern char **environ;

/* stdin: a descriptor to give, or -1 for /dev/null. */
static inline pid_t spawn(const char *program, const char *const *args, int in)
{
	posix_spawn_file_actions_t fa;
	char *argv[24] = { NULL };
	char self[512], path[600];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	pid_t pid = -1;
	size_t i;

	CU_ASSERT_FATAL(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, sizeof(path), "%s/%s", self, program);
	argv[0] = path;
	for (i = 0; args[i] && i + 2 < COUNT(argv); i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	posix_spawn_file_actions_init(&fa);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&fa, in, 0);
	else
		posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY,
						 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	CU_ASSERT_EQUAL_FATAL(posix_spawn(&pid, path, &fa, NULL, argv, environ),
			      0);
	posix_spawn_file_actions_destroy(&fa);
	return pid;
}

static inline int reap(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The exit code of a program that ends by itself. */
static inline int run(const char *program, const char *const *args)
{
	return reap(spawn(program, args, -1));
}

struct ledger {
	char top[64], dir[80], url[100], anchor[100];
	struct qiao_key *account, *issuer;
	struct qiao_hash network, identity;
	pid_t pid;
	struct qiao_inhouse_client *c;
	struct qiao_why why;
};

/* Empty a folder that we made; takes the descriptor. */
static inline void rm_inside(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, e->d_name, 0) == 0)
			continue;
		rm_inside(openat(fd, e->d_name, O_RDONLY | O_DIRECTORY));
		unlinkat(fd, e->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

/* From the fingerprint of the anchor. */
static inline void identity_read(struct ledger *l)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *conf = NULL;
	struct qiao_hash genesis;

	CU_ASSERT_EQUAL_FATAL(qiao_conf_load(&conf, &d, l->anchor), QIAO_OK);
	CU_ASSERT_TRUE(qiao_hex_decode(
		genesis.b, sizeof(genesis.b),
		qiao_slice_str(qiao_conf_str(qiao_conf_root(conf),
					     "fingerprint", ""))));
	CU_ASSERT_EQUAL(qiao_inhouse_identity(&l->identity, &genesis), QIAO_OK);
	qiao_conf_free(conf);
	qiao_diags_free(&d);
}

/* Keys and folder; block 0 is made by the program. */
static inline void ledger_init(struct ledger *l, const char *validators)
{
	char account[QIAO_PUBKEY_TEXT_LEN + 8], issuer[200];
	char text[QIAO_PUBKEY_TEXT_LEN], network[QIAO_HEX_LEN(32)];

	memset(l, 0, sizeof(*l));
	l->network = (struct qiao_hash){ { 7, 7, 7 } };
	snprintf(l->top, sizeof(l->top), "%s/qiao-ledger-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(l->top));
	snprintf(l->dir, sizeof(l->dir), "%s/d", l->top);
	snprintf(l->url, sizeof(l->url), "ipc://%s/l.sock", l->top);
	snprintf(l->anchor, sizeof(l->anchor), "%s/province.anchor", l->dir);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&l->account, QIAO_SCHEME_SECP256K1),
			      QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&l->issuer, QIAO_SCHEME_P256),
			      QIAO_OK);
	snprintf(account, sizeof(account), "gw=%s",
		 qiao_pubkey_format(text, qiao_key_public(l->account)));
	snprintf(issuer, sizeof(issuer), ORG "=%s",
		 qiao_pubkey_format(text, qiao_key_public(l->issuer)));
	qiao_hex_encode(network, qiao_slice_hash(&l->network));
	CU_ASSERT_EQUAL_FATAL(
		run("qiao-ledger",
		    (const char *[]){ "init", l->dir, "--chain", "province",
				      "--validators", validators, "--network",
				      network, "--account", account, "--issuer",
				      issuer, "--block-ms", "5", NULL }),
		0);
	identity_read(l);
}

/* Run it; option and value: a test switch, or NULL. */
static inline void ledger_start(struct ledger *l, const char *option,
				const char *value)
{
	l->pid = spawn("qiao-ledger",
		       (const char *[]){ "run", l->dir, "--listen", l->url,
					 option, value, NULL },
		       -1);
	if (!l->c)
		CU_ASSERT_EQUAL_FATAL(
			qiao_inhouse_client_open(&l->c, l->url, &l->why),
			QIAO_OK);
}

static inline void ledger_kill(struct ledger *l)
{
	kill(l->pid, SIGKILL);
	waitpid(l->pid, NULL, 0);
}

static inline int ledger_stop(struct ledger *l)
{
	kill(l->pid, SIGTERM);
	return reap(l->pid);
}

static inline void ledger_fini(struct ledger *l)
{
	qiao_inhouse_client_close(l->c);
	qiao_key_free(l->account);
	qiao_key_free(l->issuer);
	rm_inside(open(l->top, O_RDONLY | O_DIRECTORY));
	rmdir(l->top);
}

/* One call; args is used up, result may be NULL. */
static inline qiao_err call_ms(struct ledger *l, struct qiao_buf *result,
			       const char *op, struct qiao_buf *args,
			       unsigned int ms)
{
	struct qiao_buf none = QIAO_BUF;
	qiao_err err;

	l->why.text[0] = '\0';
	if (result)
		qiao_buf_clear(result);
	err = qiao_inhouse_client_call(l->c, result ? result : &none, op,
				       qiao_buf_slice(args), ms, &l->why);
	qiao_buf_free(&none);
	qiao_buf_free(args);
	return err;
}

static inline qiao_err call(struct ledger *l, struct qiao_buf *result,
			    const char *op, struct qiao_buf *args)
{
	return call_ms(l, result, op, args, CALL_MS);
}

static inline struct qiao_hash id_of(unsigned int i)
{
	return (struct qiao_hash){ { 1, (uint8_t)(i >> 8), (uint8_t)i } };
}

/* A delivery under id i with a payload that is a number. */
static inline void delivery(struct qiao_inhouse_submission *s, char payload[32],
			    unsigned int i)
{
	snprintf(payload, 32, "payload %u", i);
	*s = (struct qiao_inhouse_submission){
		.kind = "deliver",
		.id = id_of(i),
		.source = { { 9 } },
		.payload = qiao_slice_str(payload),
	};
	qiao_sha256_tagged(&s->digest, QIAO_INHOUSE_PAYLOAD_TAG, s->payload);
}

/* Sign and send; *state of the answer. */
static inline qiao_err submit(struct ledger *l, uint64_t *state,
			      const struct qiao_inhouse_submission *s,
			      const struct qiao_key *key)
{
	struct qiao_id16 id = qiao_pubkey_id(qiao_key_public(key));
	struct qiao_buf bytes = QIAO_BUF, args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_sig sig;
	struct qiao_mp m;
	qiao_err err;

	qiao_inhouse_submission_begin(&bytes, &l->identity, 1);
	qiao_inhouse_submission_put(&bytes, s);
	CU_ASSERT_EQUAL(qiao_key_sign(key, &sig, QIAO_INHOUSE_SUBMIT_TAG,
				      qiao_buf_slice(&bytes)),
			QIAO_OK);
	qiao_mp_put_array(&args, 3);
	qiao_mp_put_bin(&args, qiao_buf_slice(&bytes));
	qiao_mp_put_bin(&args, qiao_slice_of(id.b, sizeof(id.b)));
	qiao_mp_put_bin(&args, qiao_slice_of(sig.b, sizeof(sig.b)));
	*state = 99;
	err = call(l, &result, "submit", &args);
	if (err == QIAO_OK) {
		qiao_mp_open(&m, qiao_buf_slice(&result));
		qiao_mp_array_of(&m, 1);
		qiao_mp_array_of(&m, 3);
		*state = qiao_mp_uint(&m, 9);
		err = (qiao_err)qiao_mp_int(&m);
		qiao_str_copy(l->why.text, sizeof(l->why.text),
			      qiao_mp_str(&m, 256));
	}
	qiao_buf_free(&bytes);
	qiao_buf_free(&result);
	return err;
}

static inline qiao_err lookup(struct ledger *l, uint64_t *state,
			      struct qiao_hash *digest,
			      const struct qiao_hash *id)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_mp m;
	qiao_err err;

	qiao_mp_put_array(&args, 1);
	qiao_mp_put_hash(&args, id);
	*state = 99;
	err = call(l, &result, "lookup", &args);
	if (err == QIAO_OK) {
		qiao_mp_open(&m, qiao_buf_slice(&result));
		qiao_mp_array_of(&m, 5);
		*state = qiao_mp_uint(&m, 9);
		if (*state == 3 && digest)
			*digest = qiao_mp_hash(&m);
	}
	qiao_buf_free(&result);
	return err;
}

/* Until the id is in a block; false after five seconds. */
static inline bool wait_done(struct ledger *l, const struct qiao_hash *id)
{
	int64_t until = qiao_monotonic_ms() + 5000;
	uint64_t state;

	while (qiao_monotonic_ms() < until) {
		if (lookup(l, &state, NULL, id) == QIAO_OK && state == 3)
			return true;
		qiao_sleep_ms(3);
	}
	return false;
}

/* One element of `put`: a record with two fields. */
static inline void record_put(struct qiao_buf *out, const struct ledger *l,
			      const struct qiao_key *key, const char *org,
			      const char *id)
{
	struct qiao_inhouse_field f[] = {
		{ qiao_slice_str("holder_name"), qiao_slice_str("quanzhou") },
		{ qiao_slice_str("cert_no"), qiao_slice_str(id) },
	};
	struct qiao_inhouse_head h = { .network = l->network,
				       .type = "licence.business",
				       .type_version = 1,
				       .id = id,
				       .org = org,
				       .state = "valid",
				       .version = 1,
				       .field_count = 2 };
	struct qiao_buf openings = QIAO_BUF, head = QIAO_BUF;
	const struct qiao_pubkey *k = qiao_key_public(key);
	struct qiao_sig sig;

	CU_ASSERT_EQUAL(
		qiao_inhouse_fields_put(&openings, &h.fields_root, f, 2),
		QIAO_OK);
	qiao_inhouse_head_put(&head, &h);
	CU_ASSERT_EQUAL(qiao_inhouse_record_sign(&sig, key, &l->identity,
						 qiao_buf_slice(&head)),
			QIAO_OK);
	qiao_mp_put_array(out, 5);
	qiao_mp_put_bin(out, qiao_buf_slice(&head));
	qiao_mp_put_uint(out, k->scheme);
	qiao_mp_put_bin(out, qiao_slice_of(k->b, sizeof(k->b)));
	qiao_mp_put_bin(out, qiao_slice_of(sig.b, sizeof(sig.b)));
	qiao_mp_put_raw(out, qiao_buf_slice(&openings));
	qiao_buf_free(&openings);
	qiao_buf_free(&head);
}

#endif
