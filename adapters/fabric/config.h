/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the live mode (README.md 2): what it says, checked. */
#ifndef ADAPTERS_FABRIC_CONFIG_H
#define ADAPTERS_FABRIC_CONFIG_H

#include "gateway/base/why.h"
#include "gateway/conf/conf.h"
#include "gateway/include/qiao/limits.h"

#define FABRIC_SOURCES_MAX 32
#define FABRIC_ORGS_MAX    16
#define FABRIC_CHANNEL_MAX 249 /* as Fabric has it */

/* A server. */
struct fabric_endpoint {
	bool is_peer; /* else an orderer */
	char address[QIAO_NAME_MAX * 4];
	char tls_roots[QIAO_PATH_LEN];
	char server_name[QIAO_NAME_MAX * 4]; /* "": that of the address */
};

struct fabric_config {
	char channel[FABRIC_CHANNEL_MAX + 1];
	struct fabric_endpoint source[FABRIC_SOURCES_MAX];
	size_t sources; /* orderers first, then peers */
	size_t gateway; /* index: who takes proposals; `sources`: nobody */
	char mspid[QIAO_ORG_MAX + 1];
	char cert[QIAO_PATH_LEN], key[QIAO_PATH_LEN];
	char tls_cert[QIAO_PATH_LEN], tls_key[QIAO_PATH_LEN]; /* "": none */
	char chaincode[QIAO_NAME_MAX + 1]; /* takes deliveries; "": none */
	char answer_org[FABRIC_ORGS_MAX][QIAO_ORG_MAX + 1]; /* for `prove` */
	size_t answer_orgs;
	/* orderers that shall have signed the newest block; 0, 1: as it comes
	 */
	size_t copies;
	unsigned int commit_ms, stall_ms;
};

/*
 * From the adapter's parsed configuration. QIAO_E_CONFIG, with findings in d or
 * a sentence in why. Files are not opened.
 */
qiao_err fabric_config_read(struct fabric_config *out,
			    const struct qiao_conf *conf, struct qiao_diags *d,
			    struct qiao_why *why);

#endif
