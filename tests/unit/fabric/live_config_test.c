/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/config.h"

#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

#define ID \
	"identity = { mspid = \"NanjingMSP\"; cert = \"c.pem\"; key = \"k.pem\"; };"
#define HEAD "mode = \"live\"; channel = \"certchannel\";" ID
#define O1   "{ address = \"orderer1.example.org:7050\"; tls_roots = \"o.pem\"; }"
#define O2 \
	"{ address = \"10.0.0.7:7050\"; tls_roots = \"o.pem\"; server_name = \"o2\"; }"
#define P1 "{ address = \"peer0:7051\"; tls_roots = \"p.pem\"; }"

/* said: part of the finding; NULL: it is good. */
static const struct {
	const char *text, *said;
} rows[] = {
	{ HEAD "orderers = ( " O1 ", " O2 " ); peers = ( " P1 " );", NULL },
	{ HEAD "peers = ( " P1 " ); chaincode = \"qiao\";", NULL },
	{ HEAD "orderers = ( " O1 " ); tls = { cert = \"a\"; key = \"b\"; };",
	  NULL },
	{ HEAD, "no server to follow" },
	{ HEAD "orderers = ( " O1 ", " O1 " );", "in the list already" },
	{ HEAD "orderers = ( " O1 " ); chaincode = \"qiao\";", "need a peer" },
	{ HEAD "peers = ( " P1 " ); gateway = \"peer9:7051\";",
	  "one of `peers`" },
	{ HEAD
	  "orderers = ( { address = \"unix:/run/x\"; tls_roots = \"o\"; } );",
	  "host:port" },
	{ HEAD "orderers = ( { address = \"host\"; tls_roots = \"o\"; } );",
	  "host:port" },
	{ HEAD "orderers = ( { address = \"host:70x\"; tls_roots = \"o\"; } );",
	  "host:port" },
	{ HEAD "orderers = ( { address = \"host:7050\"; } );", "tls_roots" },
	{ HEAD "orderers = ( \"host:7050\" );", "{ address, tls_roots }" },
	{ HEAD "orderers = ( " O1 " ); stall = \"10ms\";", "stall" },
	{ HEAD "orderers = ( " O1 " ); commit_timeout = \"1h\";",
	  "commit_timeout is" },
	{ HEAD "orderers = ( " O1 " ); copies = 2;", "copies is" },
	{ HEAD "orderers = ( " O1 " ); tls = { cert = \"a\"; };", "key" },
	{ HEAD "orderers = ( " O1 " ); orderer = 1;", "did you mean" },
	{ "mode = \"live\"; channel = \"Cert\";" ID "orderers = ( " O1 " );",
	  "lower-case" },
	{ "mode = \"live\"; channel = \"c\"; orderers = ( " O1 " );",
	  "identity" },
	{ "mode = \"live\"; channel = \"\";" ID "orderers = ( " O1 " );",
	  "empty" },
};

static qiao_err read_text(struct fabric_config *c, struct qiao_diags *d,
			  const char *text)
{
	struct qiao_conf *conf;
	struct qiao_why why = { "" };
	qiao_err err =
		qiao_conf_parse(&conf, d, "adapter", qiao_slice_str(text));

	if (err == QIAO_OK)
		err = fabric_config_read(c, conf, d, &why);
	qiao_conf_free(conf);
	return err;
}

static void configurations_are_read_or_refused(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qiao_diags d = { .errors = 0 };
		struct fabric_config c;
		qiao_err err = read_text(&c, &d, rows[i].text);

		qiao_buf_put_u8(&d.text, 0);
		CU_ASSERT_EQUAL(err, rows[i].said ? QIAO_E_CONFIG : QIAO_OK);
		if (rows[i].said && !strstr((char *)d.text.p, rows[i].said)) {
			printf("%s: %s\n", rows[i].said, (char *)d.text.p);
			CU_FAIL("another finding");
		}
		qiao_diags_free(&d);
	}
}

static void orderers_come_first_and_a_peer_is_the_gateway(void)
{
	struct qiao_diags d = { .errors = 0 };
	struct fabric_config c;

	CU_ASSERT_EQUAL_FATAL(read_text(&c, &d, rows[0].text), QIAO_OK);
	CU_ASSERT_EQUAL(c.sources, 3);
	CU_ASSERT(!c.source[0].is_peer && !c.source[1].is_peer);
	CU_ASSERT(c.source[2].is_peer);
	CU_ASSERT_EQUAL(c.gateway, 2);
	CU_ASSERT_EQUAL(c.copies, 2);
	CU_ASSERT_STRING_EQUAL(c.source[1].server_name, "o2");
	CU_ASSERT_STRING_EQUAL(c.mspid, "NanjingMSP");
	CU_ASSERT_EQUAL(c.stall_ms, 10000);
	qiao_diags_free(&d);
}

static const struct test_case cases[] = {
	{ "configurations are read, or refused with a finding",
	  configurations_are_read_or_refused },
	{ "orderers come first, and the first peer is the gateway",
	  orderers_come_first_and_a_peer_is_the_gateway },
	{ NULL, NULL },
};
const struct test_suite live_config_test_suite = { "fabric/config", cases };
