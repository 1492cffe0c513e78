/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qiao-fabric-double: a test double of a Fabric channel. No consensus engine,
 * never to be installed (README.md).
 */
#include "tests/doubles/fabric/control.h"
#include "tests/doubles/fabric/make.h"

#include "gateway/base/file.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <grpc/grpc.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] =
	"usage: qiao-fabric-double --make DIR [--blocks N] [--txs M] [--bft]\n"
	"       qiao-fabric-double --run DIR [--bft] [--mutual] [--block-ms N]\n"
	"       qiao-fabric-double --tell DIR WORD...\n"
	"\n"
	"A test double of a Fabric channel: no consensus, no safety, never to\n"
	"be installed. tests/doubles/fabric/README.md\n";

struct options {
	const char *make, *run, *tell;
	size_t blocks, txs;
	int block_ms;
	bool bft, mutual;
};

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static bool make_dir(const char *dir)
{
	struct qiao_why why;

	if (qiao_dir_need(dir, 0755, &why) == QIAO_OK)
		return true;
	fprintf(stderr, "qiao-fabric-double: %s\n", why.text);
	return false;
}

static int make(const struct options *o)
{
	static struct net net;
	static struct ledger ledger;
	bool ok;

	if (!make_dir(o->make))
		return 1;
	net_make(&net, o->bft);
	ledger_open(&ledger, &net);
	ok = make_blocks(&ledger, o->make, o->blocks, o->txs);
	ledger_close(&ledger);
	net_free(&net);
	return ok ? 0 : 1;
}

/* Ports that are free now, all different. */
static bool choose_ports(struct net *n)
{
	int fd[NET_NODES], *port[NET_NODES];
	size_t all = 0;
	bool ok = true;

	for (size_t i = 0; i < NET_PEERS; i++)
		port[all++] = &n->peer[i].port;
	for (size_t i = 0; i < n->orderers; i++)
		port[all++] = &n->orderer[i].port;
	for (size_t i = 0; i < all; i++) {
		struct sockaddr_in a = { .sin_family = AF_INET };
		socklen_t len = sizeof(a);

		a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		ok = ok && fd[i] >= 0 &&
		     bind(fd[i], (struct sockaddr *)&a, len) == 0 &&
		     getsockname(fd[i], (struct sockaddr *)&a, &len) == 0;
		*port[i] = ntohs(a.sin_port);
	}
	for (size_t i = 0; i < all; i++)
		close(fd[i]);
	return ok;
}

static bool start_all(struct host *h)
{
	bool ok = true;

	for (size_t i = 0; i < h->net.orderers + NET_PEERS; i++) {
		struct station *s = &h->station[h->stations++];

		s->host = h;
		s->peer = i >= h->net.orderers;
		s->index = s->peer ? i - h->net.orderers : i;
		s->node = s->peer ? &h->net.peer[s->index]
				  : &h->net.orderer[s->index];
		ok = ok && host_start(s);
	}
	return ok;
}

static void tick(struct host *h)
{
	pthread_mutex_lock(&h->ledger.lock);
	if (!h->hold)
		ledger_cut(&h->ledger);
	pthread_mutex_unlock(&h->ledger.lock);
	for (size_t i = 0; i < h->stations; i++)
		if (h->station[i].stop)
			host_stop(&h->station[i]);
}

static void run_until_end(struct host *h, int listener, int block_ms)
{
	puts("qiao-fabric-double: ready");
	fflush(stdout);
	while (!h->end && !stopped) {
		control_serve(h, listener, block_ms);
		tick(h);
	}
	h->end = true;
	for (size_t i = 0; i < h->stations; i++) {
		host_stop(&h->station[i]);
		block_free(h->station[i].fork);
	}
}

static int run(const struct options *o)
{
	static struct host h;
	int listener;

	if (!make_dir(o->run))
		return 1;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
	grpc_init();
	net_make(&h.net, o->bft);
	h.dir = o->run;
	h.mutual = o->mutual;
	if (!choose_ports(&h.net))
		return 1;
	ledger_open(&h.ledger, &h.net);
	host_roots(&h);
	listener = control_open(o->run);
	if (listener < 0 || !net_write(&h.net, o->run) ||
	    !make_write_genesis(&h.ledger, o->run) || !start_all(&h))
		return 1;
	run_until_end(&h, listener, o->block_ms);
	close(listener);
	ledger_close(&h.ledger);
	net_free(&h.net);
	grpc_shutdown();
	return 0;
}

static bool read_option(struct options *o, int opt)
{
	switch (opt) {
	case 'm':
		o->make = optarg;
		return true;
	case 'r':
		o->run = optarg;
		return true;
	case 'T':
		o->tell = optarg;
		return true;
	case 'b':
		o->blocks = (size_t)strtoul(optarg, NULL, 10);
		return true;
	case 't':
		o->txs = (size_t)strtoul(optarg, NULL, 10);
		return true;
	case 'i':
		o->block_ms = (int)strtol(optarg, NULL, 10);
		return true;
	case 'f':
		o->bft = true;
		return true;
	case 'u':
		o->mutual = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "make", required_argument, NULL, 'm' },
		{ "run", required_argument, NULL, 'r' },
		{ "tell", required_argument, NULL, 'T' },
		{ "blocks", required_argument, NULL, 'b' },
		{ "txs", required_argument, NULL, 't' },
		{ "block-ms", required_argument, NULL, 'i' },
		{ "bft", no_argument, NULL, 'f' },
		{ "mutual", no_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .blocks = 20, .txs = 5, .block_ms = 50 };
	bool ok = true;
	int opt;

	/* words of an order may look like options */
	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1)
		ok = read_option(&o, opt) && ok;
	if (ok && o.make)
		return make(&o);
	if (ok && o.run)
		return run(&o);
	if (ok && o.tell)
		return control_tell(o.tell, argv + optind, argc - optind);
	fputs(usage, stderr);
	return 2;
}
