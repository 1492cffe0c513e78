/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's configuration, read once at start. Every option is one row of a
 * table (config.c: name, type, default, bounds, help) from which come parser,
 * `qiaod --check`, the commented example and the man page. Paths that are not
 * absolute start at the folder of the configuration file; here they are whole.
 */
#ifndef GATEWAY_DAEMON_CONFIG_H
#define GATEWAY_DAEMON_CONFIG_H

#include "gateway/conf/conf.h"
#include "gateway/crypto/sig.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_DELIVER_MAX        16 /* subscriptions of one route */
#define QIAO_DELIVER_TYPES_MAX  32
#define QIAO_PEER_KEYS_CONF_MAX 8

enum qiao_clock_source {
	QIAO_CLOCK_OPERATOR = 0,
	QIAO_CLOCK_KERNEL = 1,
};

struct qiao_config_chain {
	char name[QIAO_NAME_MAX + 1];
	char family[QIAO_NAME_MAX + 1];
	char anchor[QIAO_PATH_LEN];
	char genesis[QIAO_PATH_LEN]; /* fabric; "" otherwise */
	char mapping[QIAO_PATH_LEN]; /* ""; native records only */
	bool allow_endorsed_only;
	bool orderer_role;
	unsigned int min_orderers; /* 0: the default of the light client */
	/* our own adapter; program "": the chain is followed through a peer */
	char program[QIAO_PATH_LEN];
	char adapter_config[QIAO_PATH_LEN];
	unsigned int call_ms;
};

struct qiao_config_key {
	struct qiao_pubkey key;
	int64_t not_before, not_after; /* ms; 0, INT64_MAX when absent */
};

struct qiao_config_peer {
	char id[QIAO_NAME_MAX + 1];
	char url[QIAO_PATH_LEN];
	char server_name[QIAO_NAME_MAX * 4];
	size_t n_keys;
	struct qiao_config_key keys[QIAO_PEER_KEYS_CONF_MAX];
	bool blocked;
};

/* A subscription: what is pushed on a route, to whom, for which purpose. */
struct qiao_config_deliver {
	char to_org[QIAO_ORG_MAX + 1];
	char purpose[QIAO_PURPOSE_MAX + 1];
	char action[QIAO_NAME_MAX + 1];
	size_t n_types;
	char types[QIAO_DELIVER_TYPES_MAX][QIAO_TYPE_MAX + 1];
	char duty_basis[161]; /* "": none; both travel in QIAO_DUTY_MAX bytes */
	char duty_case[65];
};

struct qiao_config_route {
	char name[QIAO_NAME_MAX + 1];
	char from[QIAO_NAME_MAX + 1];
	char to[QIAO_NAME_MAX + 1];
	char peer[QIAO_NAME_MAX + 1];
	bool allow_recorded;
	int64_t not_after_ms; /* how long a transfer may take */
	unsigned int in_flight;
	bool has_submitter;
	struct qiao_id16 submitter; /* account that writes deliveries */
	size_t n_deliver;
	struct qiao_config_deliver *deliver;
};

struct qiao_config {
	char dir[QIAO_PATH_LEN]; /* folder of the file */
	char path[QIAO_PATH_LEN];
	struct qiao_hash network;
	char id[QIAO_NAME_MAX + 1];
	char key[QIAO_PATH_LEN];
	char secret[QIAO_PATH_LEN];
	char data[QIAO_PATH_LEN];
	char run[QIAO_PATH_LEN];
	char libexec[QIAO_PATH_LEN]; /* where adapter programs are looked for */
	char listen[QIAO_PATH_LEN];  /* "": nobody dials us */
	char tls_cert[QIAO_PATH_LEN], tls_key[QIAO_PATH_LEN],
		tls_ca[QIAO_PATH_LEN];
	char capture[QIAO_PATH_LEN];   /* "": off */
	char operators[QIAO_PATH_LEN]; /* "": nobody may sign */
	char policy_dir[QIAO_PATH_LEN];
	bool policy_unsigned;
	enum qiao_clock_source clock;
	size_t n_chains, n_peers, n_routes;
	struct qiao_config_chain *chains;
	struct qiao_config_peer *peers;
	struct qiao_config_route *routes;
};

/*
 * Findings in d, several per run, as file:line:col. NULL *out with
 * QIAO_E_CONFIG when there is an error. Looks at no other file.
 */
qiao_err qiao_config_load(struct qiao_config **out, struct qiao_diags *d,
			  const char *path);
/*
 * The same, and every file and folder that is named must be there and of the
 * right mode: for the daemon's start and `qiaod --check`.
 */
qiao_err qiao_config_load_to_run(struct qiao_config **out, struct qiao_diags *d,
				 const char *path);
void qiao_config_free(struct qiao_config *c); /* NULL is fine */
/* Path of a chain's adapter program; "" when it has none. Returns out. */
char *qiao_config_program(char *out, size_t size, const struct qiao_config *c,
			  const struct qiao_config_chain *chain);
/* The option table as text: a commented example, or mdoc for qiao.conf(5). */
qiao_err qiao_config_example(struct qiao_buf *out);
qiao_err qiao_config_manual(struct qiao_buf *out);

#endif
