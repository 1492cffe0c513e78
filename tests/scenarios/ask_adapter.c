/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speaks the adapter protocol to one adapter, as the gateway's host does, in
 * orders of one line each. Usage: ask-adapter FAMILY PROGRAM CONFIG
 *
 *	status                          origin and health
 *	head KNOWN MS                   number of blocks
 *	fetch HEIGHT DIR                DIR/block_HEIGHT.pb, and those that come
 *too follow UNTIL SECONDS DIR        from where it stopped; all below UNTIL
 *	submit KIND ID SOURCE PAYLOAD   hex, hex, file
 *	lookup ID
 *	receipt ID FILE
 *	prove REFERENCE FILE            hex
 *	sleep MS
 *
 * An answer is one line, "ERROR: sentence" when it failed. The adapter runs in
 * the folder of its configuration.
 */
#include "adapters/host/host.h"
#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 6
#define BUNDLES   512

struct asker {
	struct qiao_host *host;
	char dir[QIAO_PATH_LEN];
	char program[QIAO_PATH_LEN];
	char url[QIAO_PATH_LEN];
	uint64_t next; /* of follow */
};

static qiao_err start(void *ctx, pid_t *pid, struct qiao_why *why)
{
	struct asker *a = ctx;

	*pid = fork();
	if (*pid == 0) {
		/* our orders are not for it */
		if (freopen("/dev/null", "r", stdin) && chdir(a->dir) == 0)
			execl(a->program, a->program, "--socket", a->url,
			      (char *)NULL);
		_exit(127);
	}
	return *pid > 0 ? QIAO_OK
			: qiao_fail(why, QIAO_E_IO, "%s", strerror(errno));
}

static void end(void *ctx, pid_t pid)
{
	(void)ctx;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void say_error(qiao_err err, const struct qiao_why *why)
{
	printf("%s: %s\n", qiao_errname(err), why->text);
}

static bool hash_of(struct qiao_hash *h, const char *hex)
{
	return qiao_hex_decode(h->b, sizeof(h->b), qiao_slice_str(hex));
}

static void save(const char *dir, uint64_t height, struct qiao_slice bytes)
{
	char path[QIAO_PATH_LEN * 2];
	struct qiao_why why = { "" };

	snprintf(path, sizeof(path), "%s/block_%04" PRIu64 ".pb", dir, height);
	unlink(path);
	if (qiao_file_write(path, bytes, 0644, &why) != QIAO_OK)
		puts(why.text);
}

static qiao_err fetch(struct asker *a, uint64_t from, size_t *n,
		      const char *dir, struct qiao_why *why)
{
	static struct qiao_bundle bundle[BUNDLES];
	struct qiao_buf store = QIAO_BUF;
	qiao_err err = qiao_host_fetch(a->host, &store, bundle, n, BUNDLES,
				       from, QIAO_MIB(2), why);

	for (size_t i = 0; err == QIAO_OK && i < *n; i++)
		save(dir, bundle[i].height, bundle[i].claim);
	qiao_buf_free(&store);
	return err;
}

static void follow(struct asker *a, uint64_t until, int64_t seconds,
		   const char *dir)
{
	int64_t deadline = qiao_monotonic_ms() + seconds * 1000;
	struct qiao_why why = { "" };
	uint64_t height = 0;
	size_t n = 0;

	while (a->next < until && qiao_monotonic_ms() < deadline) {
		if (qiao_host_head(a->host, &height, a->next, 1000, &why) ==
			    QIAO_OK &&
		    height > a->next &&
		    fetch(a, a->next, &n, dir, &why) == QIAO_OK)
			a->next += n;
		else
			qiao_sleep_ms(50);
	}
	if (a->next < until)
		printf("stopped at %" PRIu64 ": %s\n", a->next, why.text);
	else
		printf("followed %" PRIu64 "\n", a->next);
}

static void status(struct asker *a)
{
	struct qiao_host_status s;
	struct qiao_why why = { "" };
	qiao_err err = qiao_host_ready(a->host, &why);

	qiao_host_status(a->host, &s);
	if (err != QIAO_OK)
		say_error(err, &why);
	else
		printf("ready %s %s deliver=%d prove=%d\n", s.name, s.origin,
		       qiao_host_can(a->host, "submit.deliver"),
		       qiao_host_can(a->host, "prove"));
}

static void submit(struct asker *a, char **w)
{
	struct qiao_submission s = { .kind = w[1] };
	struct qiao_buf payload = QIAO_BUF;
	struct qiao_why why = { "" };
	qiao_err err = qiao_file_read(&payload, w[4], QIAO_PAYLOAD_MAX, &why);
	qiao_err result;

	s.payload = qiao_buf_slice(&payload);
	qiao_sha256_tagged(&s.digest, "qiao/payload/1", s.payload);
	if (err == QIAO_OK &&
	    (!hash_of(&s.id, w[2]) || !hash_of(&s.source, w[3])))
		err = qiao_fail(&why, QIAO_E_USAGE, "not hex");
	if (err == QIAO_OK)
		err = qiao_host_submit(a->host, &result, &s, 1, &why);
	if (err == QIAO_OK)
		puts("submitted");
	else
		say_error(err, &why);
	qiao_buf_free(&payload);
}

static void lookup(struct asker *a, char **w)
{
	static const char *const names[] = { "absent", "pending", "unknown",
					     "done" };
	char submitter[QIAO_HEX_LEN(64)];
	struct qiao_hash id = { { 0 } };
	struct qiao_lookup l;
	struct qiao_why why = { "" };
	qiao_err err;

	hash_of(&id, w[1]);
	err = qiao_host_lookup(a->host, &l, &id, &why);
	if (err != QIAO_OK)
		say_error(err, &why);
	else
		printf("%s %" PRIu64 " %s\n", names[l.state], l.height,
		       qiao_hex_encode(
			       submitter,
			       qiao_slice_of(l.submitter, l.submitter_len)));
}

static void receipt(struct asker *a, char **w)
{
	struct qiao_buf proof = QIAO_BUF;
	struct qiao_hash id = { { 0 } };
	struct qiao_why why = { "" };
	qiao_err err;

	hash_of(&id, w[1]);
	unlink(w[2]);
	err = qiao_host_receipt(a->host, &proof, &id, &why);
	if (err == QIAO_OK)
		err = qiao_file_write(w[2], qiao_buf_slice(&proof), 0644, &why);
	if (err == QIAO_OK)
		printf("receipt %zu\n", proof.n);
	else
		say_error(err, &why);
	qiao_buf_free(&proof);
}

static void prove(struct asker *a, char **w)
{
	struct qiao_buf proof = QIAO_BUF, reference = QIAO_BUF;
	struct qiao_why why = { "" };
	qiao_err err;

	unlink(w[2]);
	err = qiao_hex_decode_buf(&reference, qiao_slice_str(w[1]));
	if (err == QIAO_OK)
		err = qiao_host_prove(a->host, &proof,
				      qiao_buf_slice(&reference), &why);
	if (err == QIAO_OK)
		err = qiao_file_write(w[2], qiao_buf_slice(&proof), 0644, &why);
	if (err == QIAO_OK)
		printf("proof %zu\n", proof.n);
	else
		say_error(err, &why);
	qiao_buf_free(&proof);
	qiao_buf_free(&reference);
}

static void head(struct asker *a, char **w)
{
	struct qiao_why why = { "" };
	uint64_t height;
	qiao_err err =
		qiao_host_head(a->host, &height, strtoull(w[1], NULL, 10),
			       (unsigned int)strtoul(w[2], NULL, 10), &why);

	if (err == QIAO_OK)
		printf("head %" PRIu64 "\n", height);
	else
		say_error(err, &why);
}

static void fetch_one(struct asker *a, char **w)
{
	struct qiao_why why = { "" };
	size_t n = 0;
	qiao_err err = fetch(a, strtoull(w[1], NULL, 10), &n, w[2], &why);

	if (err == QIAO_OK)
		printf("fetched %zu\n", n);
	else
		say_error(err, &why);
}

static void obey(struct asker *a, char **w, size_t n)
{
	const char *order = w[0];

	if (strcmp(order, "status") == 0)
		status(a);
	else if (strcmp(order, "head") == 0 && n == 3)
		head(a, w);
	else if (strcmp(order, "fetch") == 0 && n == 3)
		fetch_one(a, w);
	else if (strcmp(order, "follow") == 0 && n == 4)
		follow(a, strtoull(w[1], NULL, 10), strtol(w[2], NULL, 10),
		       w[3]);
	else if (strcmp(order, "submit") == 0 && n == 5)
		submit(a, w);
	else if (strcmp(order, "lookup") == 0 && n == 2)
		lookup(a, w);
	else if (strcmp(order, "receipt") == 0 && n == 3)
		receipt(a, w);
	else if (strcmp(order, "prove") == 0 && n == 3)
		prove(a, w);
	else if (strcmp(order, "sleep") == 0 && n == 2)
		qiao_sleep_ms(strtol(w[1], NULL, 10));
	else
		printf("no such order: %s\n", order);
	fflush(stdout);
}

static size_t split(char **w, char *line)
{
	char *rest = line;
	size_t n = 0;

	for (char *t = strtok_r(line, " \n", &rest); t && n < WORDS_MAX;
	     t = strtok_r(NULL, " \n", &rest))
		w[n++] = t;
	return n;
}

static bool open_host(struct asker *a, char **argv)
{
	struct qiao_buf text = QIAO_BUF;
	struct qiao_why why = { "" };
	struct qiao_host_config c = {
		.chain = "asked",
		.family = argv[1],
		.call_ms = 10000,
		.ctx = a,
		.start = start,
		.end = end,
	};
	char *slash;

	snprintf(a->program, sizeof(a->program), "%s", argv[2]);
	snprintf(a->dir, sizeof(a->dir), "%s", argv[3]);
	slash = strrchr(a->dir, '/');
	if (!slash || qiao_file_read(&text, argv[3], QIAO_KIB(64), &why))
		return false;
	*slash = '\0';
	snprintf(a->url, sizeof(a->url), "ipc://%.200s/asked-%d.sock", a->dir,
		 (int)getpid());
	qiao_buf_put_u8(&text, 0);
	c.url = a->url;
	c.text = (const char *)text.p;
	if (qiao_host_new(&a->host, &c) != QIAO_OK)
		return false;
	qiao_buf_free(&text);
	return true;
}

int main(int argc, char **argv)
{
	static struct asker a;
	char line[1024], *w[WORDS_MAX];

	if (argc != 4 || !open_host(&a, argv)) {
		fprintf(stderr, "usage: ask-adapter FAMILY PROGRAM CONFIG\n");
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		size_t n = split(w, line);

		if (n > 0)
			obey(&a, w, n);
	}
	qiao_host_close(a.host);
	qiao_host_free(a.host);
	return 0;
}
