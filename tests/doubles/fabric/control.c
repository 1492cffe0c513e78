/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/control.h"

#include "tests/doubles/fabric/make.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS_MAX 8
#define LINE_MAX_ 65536

struct order {
	struct host *host;
	const char *word[WORDS_MAX + 1]; /* NULL behind the last */
	struct pool *pool;
};

static const char no_node[] = "error: no such node";

static struct station *station(const struct order *o)
{
	return o->word[1] ? host_find(o->host, o->word[1]) : NULL;
}

static uint64_t number(const char *word)
{
	return word ? strtoull(word, NULL, 10) : 0;
}

static const char *text(const char *word)
{
	return word ? word : "";
}

/* --- the chain; the lock is held --- */

static const char *tell_height(struct order *o)
{
	return pool_printf(o->pool, "%zu", o->host->ledger.n);
}

/* Verdicts of a block. */
static const char *tell_flags(struct order *o)
{
	const struct block *b =
		ledger_block(&o->host->ledger, number(o->word[1]));
	const char *out = "";

	if (!b)
		return "error: no such block";
	for (size_t i = 0; i < b->n; i++)
		out = pool_printf(o->pool, "%s%s%u", out, i ? "," : "",
				  b->flag[i]);
	return out;
}

static const char *put(struct order *o)
{
	make_put(&o->host->ledger, text(o->word[1]), text(o->word[2]),
		 text(o->word[3]));
	return "ok";
}

/* So many blocks of one record each. */
static const char *fill(struct order *o)
{
	struct ledger *l = &o->host->ledger;

	for (uint64_t i = number(o->word[1]); i > 0; i--) {
		make_put(l, pool_printf(o->pool, "FILL-%zu", l->n), "licence",
			 "{\"名称\":\"测试\"}");
		ledger_cut(l);
	}
	return tell_height(o);
}

static const char *rotate(struct order *o)
{
	struct ledger *l = &o->host->ledger;
	bool all = strcmp(text(o->word[1]), "all") == 0;

	if (all || strcmp(text(o->word[1]), "add") == 0)
		make_rotate_add(l);
	if (all || strcmp(text(o->word[1]), "switch") == 0)
		make_rotate_switch(l);
	if (all || strcmp(text(o->word[1]), "drop") == 0)
		make_rotate_drop(l);
	host_roots(o->host);
	if (!net_write_roots(&o->host->net, o->host->dir))
		return "error: cannot write the roots";
	return tell_height(o);
}

static const char *batch(struct order *o)
{
	make_batch_change(&o->host->ledger, (uint32_t)number(o->word[1]));
	return tell_height(o);
}

static const char *hold(struct order *o)
{
	o->host->hold = strcmp(text(o->word[1]), "on") == 0;
	return "ok";
}

static const char *set_clock(struct order *o)
{
	o->host->clock_ms = strtoll(text(o->word[1]), NULL, 10) * 1000;
	return "ok";
}

/* --- the nodes --- */

static const char *lie(struct order *o)
{
	static const char *const words[] = { "none",     "signature", "data",
					     "previous", "flags",     "other",
					     "garbage",  "nothing" };
	struct station *s = station(o);

	if (!s)
		return no_node;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text(o->word[2]), words[i]) == 0) {
			s->lie = (enum lie)i;
			return "ok";
		}
	return "error: lie NODE HOW; see README.md";
}

static const char *stall(struct order *o)
{
	struct station *s = station(o);

	if (!s)
		return no_node;
	s->stalled = strcmp(o->word[0], "stall") == 0;
	return "ok";
}

static const char *die(struct order *o)
{
	struct station *s = station(o);

	if (!s)
		return no_node;
	s->die_at = number(o->word[2]);
	return "ok";
}

static const char *fork_at(struct order *o)
{
	struct ledger *l = &o->host->ledger;
	const struct block *b = ledger_block(l, number(o->word[2]));
	struct station *s = station(o);

	if (!s)
		return no_node;
	if (!b || b->is_config)
		return "error: fork NODE HEIGHT, of a block with transactions";
	block_free(s->fork);
	s->fork = ledger_fork(l, b);
	return "ok";
}

static const char *rewrite_newest(struct order *o)
{
	return ledger_rewrite(&o->host->ledger)
		       ? "ok"
		       : "error: the newest is a configuration block";
}

static const char *mute(struct order *o)
{
	struct station *s = station(o);

	if (!s)
		return no_node;
	s->mute = (unsigned int)number(o->word[2]);
	return "ok";
}

/* --- without the lock: calls that end need it --- */

static const char *stop(struct order *o)
{
	struct station *s = station(o);

	if (!s)
		return no_node;
	host_stop(s);
	return "ok";
}

static const char *start(struct order *o)
{
	struct station *s = station(o);

	if (!s)
		return no_node;
	return s->server || host_start(s) ? "ok" : "error: cannot listen";
}

/* Its connections break; it takes new ones at once. */
static const char *drop(struct order *o)
{
	stop(o);
	return start(o);
}

static const char *quit(struct order *o)
{
	o->host->end = true;
	return "ok";
}

/* clang-format off */
static const struct {
	const char *word;
	const char *(*run)(struct order *o);
	bool locked;
} orders[] = {
	{ "height", tell_height, true }, { "flags", tell_flags, true },
	{ "put", put, true }, { "fill", fill, true },
	{ "rotate", rotate, true }, { "batch", batch, true },
	{ "hold", hold, true }, { "clock", set_clock, true },
	{ "lie", lie, true }, { "stall", stall, true }, { "go", stall, true },
	{ "die", die, true }, { "fork", fork_at, true },
	{ "rewrite", rewrite_newest, true },
	{ "mute", mute, true }, { "stop", stop, false },
	{ "start", start, false }, { "drop", drop, false },
	{ "quit", quit, false },
};
/* clang-format on */

static const char *carry_out(struct order *o)
{
	pthread_mutex_t *lock = &o->host->ledger.lock;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const char *out;

		if (strcmp(text(o->word[0]), orders[i].word) != 0)
			continue;
		if (!orders[i].locked)
			return orders[i].run(o);
		pthread_mutex_lock(lock);
		out = orders[i].run(o);
		pthread_mutex_unlock(lock);
		return out;
	}
	return "error: unknown order";
}

/* --- the socket: words one behind the other, each with its NUL --- */

static bool make_address(struct sockaddr_un *a, const char *dir)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	return (size_t)snprintf(a->sun_path, sizeof(a->sun_path),
				"%s/control.sock", dir) < sizeof(a->sun_path);
}

int control_open(const char *dir)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && make_address(&a, dir)) {
		unlink(a.sun_path);
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		    listen(fd, 8) == 0)
			return fd;
	}
	perror("qiao-fabric-double: control socket");
	if (fd >= 0)
		close(fd);
	return -1;
}

static size_t read_all(int fd, char *out, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, out + n, size - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

static void write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put_ = write(fd, p, n);

		if (put_ <= 0)
			return;
		p += put_;
		n -= (size_t)put_;
	}
}

void control_serve(struct host *h, int listener, int wait_ms)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	struct pool pool = { NULL };
	struct order o = { .host = h, .pool = &pool };
	const char *answer;
	char *line;
	size_t n, words = 0;
	int fd;

	if (poll(&p, 1, wait_ms) != 1)
		return;
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return;
	line = pool_take(&pool, LINE_MAX_ + 1);
	n = read_all(fd, line, LINE_MAX_);
	for (size_t at = 0; at < n && words < WORDS_MAX;
	     at += strlen(line + at) + 1)
		o.word[words++] = line + at;
	answer = carry_out(&o);
	write_all(fd, answer, strlen(answer));
	close(fd);
	pool_free(&pool);
}

int control_tell(const char *dir, char **word, int n)
{
	static char answer[LINE_MAX_ + 1];
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !make_address(&a, dir) ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		perror("qiao-fabric-double: control socket");
		return 1;
	}
	for (int i = 0; i < n; i++)
		write_all(fd, word[i], strlen(word[i]) + 1);
	shutdown(fd, SHUT_WR);
	read_all(fd, answer, LINE_MAX_);
	close(fd);
	puts(answer);
	return strncmp(answer, "error", 5) == 0 ? 1 : 0;
}
