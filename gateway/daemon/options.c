/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/options.h"

#include "gateway/daemon/operators.h"

#define AT(type, member)                     \
	.at = offsetof(struct type, member), \
	.size = sizeof(((struct type *)0)->member)

#define SECONDS(n) ((int64_t)(n)*1000)
#define DAYS(n)    (SECONDS(86400) * (n))

#ifndef QIAO_ADAPTERDIR
#define QIAO_ADAPTERDIR "/usr/local/libexec/qiao/adapters"
#endif

/* clang-format off */
static const struct qiao_option gateway_options[] = {
	{ "id", QIAO_OPT_NAME, .required = true, AT(qiao_config, id),
	  .example = "nanjing-gw",
	  .help = "Name of this gateway in envelopes and audit logs. Peers know it by this name." },
	{ "key", QIAO_OPT_FILE, .required = true, AT(qiao_config, key),
	  .example = "keys/gateway.key",
	  .help = "Private key that signs envelopes and audit checkpoints, mode 0600. \"qiao key new\" makes one." },
	{ "secret", QIAO_OPT_FILE, .required = true, AT(qiao_config, secret),
	  .example = "keys/secret.key",
	  .help = "Secret from which salts and pseudonyms are made, mode 0600. \"qiao key secret\" makes one. Keep a copy: without it pseudonyms of old entries cannot be made again." },
	{ "data", QIAO_OPT_PLACE, .required = true, AT(qiao_config, data),
	  .example = "data",
	  .help = "Folder of the store, the evidence and the policies that were in force. Made when it is missing, mode 0700." },
	{ "run", QIAO_OPT_PLACE, .required = true, AT(qiao_config, run),
	  .example = "run",
	  .help = "Folder of the sockets. Made when it is missing, mode 0700." },
	{ "libexec", QIAO_OPT_PLACE, AT(qiao_config, libexec),
	  .def = QIAO_ADAPTERDIR,
	  .help = "Where adapter programs are that are named without a slash." },
	{ .name = NULL },
};

static const struct qiao_option listen_options[] = {
	{ "url", QIAO_OPT_URL, AT(qiao_config, listen),
	  .example = "tls+tcp://127.0.0.1:17401",
	  .help = "Where peers reach this gateway. Without it nobody dials us. tcp:// is allowed on the loopback only." },
	{ "cert", QIAO_OPT_FILE, AT(qiao_config, tls_cert),
	  .example = "tls/gateway.crt",
	  .help = "Our TLS certificate (PEM), used when we listen and when we dial. RSA or P-256." },
	{ "key", QIAO_OPT_FILE, AT(qiao_config, tls_key),
	  .example = "tls/gateway.pem",
	  .help = "The private key of the certificate (PEM), mode 0600." },
	{ "ca", QIAO_OPT_FILE, AT(qiao_config, tls_ca),
	  .example = "tls/ca.crt",
	  .help = "Certificates of those who sign the peers' certificates (PEM)." },
	{ "capture", QIAO_OPT_PLACE, AT(qiao_config, capture),
	  .help = "For tests: a file that takes every message in clear. Never in service: it holds what TLS hides." },
	{ .name = NULL },
};

static const struct qiao_option policy_options[] = {
	{ "dir", QIAO_OPT_FILE, .required = true, AT(qiao_config, policy_dir),
	  .example = "policy",
	  .help = "Folder of the policy: catalogue, organisations, rules, tests; every file that ends in .cfg." },
	{ "unsigned", QIAO_OPT_BOOL, .required = true,
	  AT(qiao_config, policy_unsigned), .example = "true",
	  .help = "The folder is taken without signatures of officers; status, doctor and every decision say so. false: not built yet, refused." },
	{ .name = NULL },
};

static const char *const clock_sources[] = { "operator", "kernel", NULL };
static const char *const clock_later[] = { "peers", NULL };
static const struct qiao_option clock_options[] = {
	{ "source", QIAO_OPT_CHOICE, .required = true, AT(qiao_config, clock),
	  .words = clock_sources, .later = clock_later, .example = "kernel",
	  .help = "Who says that the clock is right: \"kernel\" (its NTP state), or \"operator\" (somebody else watches it; shown in status)." },
	{ .name = NULL },
};

static const struct qiao_option adapter_options[] = {
	{ "program", QIAO_OPT_PROGRAM, .required = true,
	  AT(qiao_config_chain, program), .example = "qiao-adapter-fabric",
	  .help = "The adapter. Without a slash it is looked for in gateway.libexec." },
	{ "config", QIAO_OPT_FILE, .required = true,
	  AT(qiao_config_chain, adapter_config), .example = "adapter.cfg",
	  .help = "The adapter's own configuration, handed to it as text. It runs in the folder of this file." },
	{ "call", QIAO_OPT_DURATION, AT(qiao_config_chain, call_ms),
	  .def = "10s", .value = SECONDS(10), .min = SECONDS(1), .max = SECONDS(600),
	  .help = "Deadline of one call. An adapter that is late is ended and started again." },
	{ .name = NULL },
};

static const struct qiao_option chain_options[] = {
	{ "name", QIAO_OPT_NAME, .required = true, AT(qiao_config_chain, name),
	  .example = "nanjing",
	  .help = "Nickname of the chain, as policy files use it. Only local: gateways compare identities." },
	{ "family", QIAO_OPT_NAME, .required = true, AT(qiao_config_chain, family),
	  .example = "fabric",
	  .help = "Kind of consensus: \"fabric\" or \"quorum\"." },
	{ "anchor", QIAO_OPT_FILE, .required = true, AT(qiao_config_chain, anchor),
	  .example = "nanjing.anchor",
	  .help = "What the light client starts from." },
	{ "genesis", QIAO_OPT_FILE, AT(qiao_config_chain, genesis),
	  .example = "genesis.block",
	  .help = "fabric: the genesis block of the channel. Not for other families." },
	{ "mapping", QIAO_OPT_FILE, AT(qiao_config_chain, mapping),
	  .example = "mapping.cfg",
	  .help = "Which write of the chain's own contracts is which record. Without it only native records are read." },
	{ "allow_endorsed_only", QIAO_OPT_BOOL,
	  AT(qiao_config_chain, allow_endorsed_only), .def = "false", .value = false,
	  .help = "Release records whose validity was not replayed but rests on endorsements alone." },
	{ "orderer_role", QIAO_OPT_BOOL, AT(qiao_config_chain, orderer_role),
	  .def = "true", .value = true,
	  .help = "fabric: who signs a block must have the role ORDERER." },
	{ "min_orderers", QIAO_OPT_INT, AT(qiao_config_chain, min_orderers),
	  .def = "0", .value = 0, .min = 0, .max = 64,
	  .help = "fabric: orderers that must have signed a header, at the end of a batch. 0: two where Raft has three nodes or more, else one. Recorded blocks hold one signature each: 1." },
	{ "adapter", QIAO_OPT_GROUP, .members = adapter_options,
	  .help = "How this gateway reaches the chain. A chain without one is followed through a peer." },
	{ .name = NULL },
};

static const struct qiao_option key_options[] = {
	{ "key", QIAO_OPT_KEY, .required = true, AT(qiao_config_key, key),
	  .example = "secp256k1:02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
	  .help = "A public key of the peer, as \"qiao key show\" prints it there." },
	{ "not_before", QIAO_OPT_TIME, AT(qiao_config_key, not_before), .value = 0,
	  .example = "2026-01-01T00:00:00+08:00",
	  .help = "No message is taken under this key before this moment." },
	{ "not_after", QIAO_OPT_TIME, AT(qiao_config_key, not_after),
	  .value = INT64_MAX, .example = "2028-01-01T00:00:00+08:00",
	  .help = "No message is taken under this key after this moment." },
	{ .name = NULL },
};

static const struct qiao_option peer_options[] = {
	{ "id", QIAO_OPT_NAME, .required = true, AT(qiao_config_peer, id),
	  .example = "province-gw", .help = "The peer's gateway.id." },
	{ "url", QIAO_OPT_URL, AT(qiao_config_peer, url),
	  .example = "tls+tcp://gw.province.example:17401",
	  .help = "Where to dial. Without it the peer dials us, and nothing can be sent to it." },
	{ "server_name", QIAO_OPT_TEXT, AT(qiao_config_peer, server_name),
	  .help = "Name that its certificate must hold. Without it: the host of the url." },
	{ "keys", QIAO_OPT_LIST, .required = true,
	  .at = offsetof(struct qiao_config_peer, keys),
	  .size = sizeof(struct qiao_config_key),
	  .count_at = offsetof(struct qiao_config_peer, n_keys),
	  .min = 1, .max = QIAO_PEER_KEYS_CONF_MAX, .members = key_options,
	  .help = "Its keys. Identity is the envelope's signature alone, never TLS." },
	{ "blocked", QIAO_OPT_BOOL, AT(qiao_config_peer, blocked),
	  .def = "false", .value = false,
	  .help = "Take nothing from this peer and send it nothing." },
	{ .name = NULL },
};

static const struct qiao_option duty_options[] = {
	{ "basis", QIAO_OPT_TEXT, .required = true,
	  AT(qiao_config_deliver, duty_basis),
	  .help = "The article under which the receiver acts." },
	{ "case", QIAO_OPT_TEXT, .required = true,
	  AT(qiao_config_deliver, duty_case),
	  .help = "The case number. Audit logs hold a pseudonym of it." },
	{ .name = NULL },
};

static const struct qiao_option deliver_options[] = {
	{ "to_org", QIAO_OPT_TEXT, .required = true,
	  AT(qiao_config_deliver, to_org), .example = "province.data",
	  .help = "The organisation that receives." },
	{ "purpose", QIAO_OPT_TEXT, .required = true,
	  AT(qiao_config_deliver, purpose), .example = "catalogue",
	  .help = "What it receives the records for, as rules name it." },
	{ "action", QIAO_OPT_NAME, AT(qiao_config_deliver, action),
	  .def = "forward", .help = "What is done, as rules name it." },
	{ "types", QIAO_OPT_WORDS, .required = true,
	  .at = offsetof(struct qiao_config_deliver, types),
	  .size = QIAO_TYPE_MAX + 1,
	  .count_at = offsetof(struct qiao_config_deliver, n_types),
	  .min = 1, .max = QIAO_DELIVER_TYPES_MAX,
	  .example = "[ \"licence.business\" ]",
	  .help = "Record types that are pushed. Others are not even decided about." },
	{ "duty", QIAO_OPT_GROUP, .members = duty_options,
	  .help = "The statutory duty under which the receiver takes them, if any." },
	{ .name = NULL },
};

static const struct qiao_option route_options[] = {
	{ "name", QIAO_OPT_NAME, .required = true, AT(qiao_config_route, name),
	  .example = "nanjing-province", .help = "Name of the route, for status and audit." },
	{ "from", QIAO_OPT_NAME, .required = true, AT(qiao_config_route, from),
	  .example = "nanjing", .help = "The source chain, one of `chains'." },
	{ "to", QIAO_OPT_NAME, .required = true, AT(qiao_config_route, to),
	  .example = "province", .help = "The destination chain, one of `chains'." },
	{ "peer", QIAO_OPT_NAME, .required = true, AT(qiao_config_route, peer),
	  .example = "province-gw", .help = "The gateway at the other end, one of `peers'." },
	{ "allow_recorded", QIAO_OPT_BOOL, AT(qiao_config_route, allow_recorded),
	  .def = "false", .value = false,
	  .help = "Let records of a recorded (replayed) chain travel." },
	{ "not_after", QIAO_OPT_DURATION, AT(qiao_config_route, not_after_ms),
	  .def = "7d", .value = DAYS(7), .min = SECONDS(60), .max = DAYS(366),
	  .help = "How long a transfer may take. The destination refuses it afterwards." },
	{ "in_flight", QIAO_OPT_INT, AT(qiao_config_route, in_flight),
	  .def = "4096", .value = 4096, .min = 1, .max = 1000000,
	  .help = "Transfers that may be under way at once." },
	{ "submitter", QIAO_OPT_KEY_ID, AT(qiao_config_route, submitter),
	  .count_at = offsetof(struct qiao_config_route, has_submitter),
	  .example = "00112233445566778899aabbccddeeff",
	  .help = "Key id of the account that writes deliveries on the destination chain. A route that sends needs it: a receipt counts only if this account wrote. On a route that receives it is our own account: with it a delivery by another one is a conflict." },
	{ "deliver", QIAO_OPT_LIST,
	  .at = offsetof(struct qiao_config_route, deliver),
	  .size = sizeof(struct qiao_config_deliver),
	  .count_at = offsetof(struct qiao_config_route, n_deliver),
	  .max = QIAO_DELIVER_MAX, .allocated = true, .members = deliver_options,
	  .help = "Subscriptions: what is pushed, to whom, for which purpose. No subscription, no push." },
	{ .name = NULL },
};

const struct qiao_option qiao_options[] = {
	{ "network", QIAO_OPT_HASH, .required = true, AT(qiao_config, network),
	  .example = "0000000000000000000000000000000000000000000000000000000000000001",
	  .help = "Identity of the federation of gateways: 32 random bytes made once (\"openssl rand -hex 32\"), the same in every gateway." },
	{ "gateway", QIAO_OPT_GROUP, .required = true, .members = gateway_options,
	  .help = "This gateway." },
	{ "listen", QIAO_OPT_GROUP, .members = listen_options,
	  .help = "Where peers reach it, and its TLS files." },
	{ "policy", QIAO_OPT_GROUP, .required = true, .members = policy_options,
	  .help = "The rules. See also \"qiao policy check\"." },
	{ "operators", QIAO_OPT_FILE, AT(qiao_config, operators),
	  .example = "operators.cfg",
	  .help = "Who may sign for this gateway, and with which keys. Two of them lift a freeze. Not writable by group or others. Read anew at each use." },
	{ "clock", QIAO_OPT_GROUP, .required = true, .members = clock_options,
	  .help = "Decisions depend on the time." },
	{ "chains", QIAO_OPT_LIST, .required = true,
	  .at = offsetof(struct qiao_config, chains),
	  .size = sizeof(struct qiao_config_chain),
	  .count_at = offsetof(struct qiao_config, n_chains),
	  .min = 1, .max = QIAO_CHAINS_MAX, .allocated = true,
	  .members = chain_options,
	  .more = "{ name = \"province\"; family = \"quorum\"; anchor = \"province.anchor\"; }",
	  .help = "The chains that this gateway follows: its own, and those at the other end of its routes." },
	{ "peers", QIAO_OPT_LIST, .at = offsetof(struct qiao_config, peers),
	  .size = sizeof(struct qiao_config_peer),
	  .count_at = offsetof(struct qiao_config, n_peers),
	  .max = QIAO_PEERS_MAX, .allocated = true, .members = peer_options,
	  .help = "The other gateways." },
	{ "routes", QIAO_OPT_LIST, .at = offsetof(struct qiao_config, routes),
	  .size = sizeof(struct qiao_config_route),
	  .count_at = offsetof(struct qiao_config, n_routes),
	  .max = QIAO_ROUTES_MAX, .allocated = true, .members = route_options,
	  .help = "A route goes from a chain to a chain, by one peer. It sends when our adapter is on `from', it receives when our adapter is on `to'." },
	{ .name = NULL },
};

static const struct qiao_option operator_options[] = {
	{ "id", QIAO_OPT_NAME, .required = true, AT(qiao_operator, id),
	  .example = "li-wei", .help = "Short name, for the audit log." },
	{ "name", QIAO_OPT_TEXT, .required = true, AT(qiao_operator, name),
	  .example = "Li Wei", .help = "The person." },
	{ "roles", QIAO_OPT_WORDS,
	  .at = offsetof(struct qiao_operator, roles),
	  .size = sizeof(((struct qiao_operator *)0)->roles[0]),
	  .count_at = offsetof(struct qiao_operator, n_roles),
	  .max = QIAO_OPERATOR_ROLES_MAX, .example = "[ \"unfreeze\" ]",
	  .help = "What the person may sign; without it nothing. \"unfreeze\": that a frozen chain or route goes on." },
	{ "keys", QIAO_OPT_LIST, .required = true,
	  .at = offsetof(struct qiao_operator, keys),
	  .size = sizeof(struct qiao_config_key),
	  .count_at = offsetof(struct qiao_operator, n_keys),
	  .min = 1, .max = QIAO_PEER_KEYS_CONF_MAX, .members = key_options,
	  .help = "Public keys, as \"qiao key show\" prints them. No two people may have the same." },
	{ .name = NULL },
};

const struct qiao_option qiao_operator_options[] = {
	{ "operators", QIAO_OPT_LIST, .required = true,
	  .at = offsetof(struct qiao_operators, list),
	  .size = sizeof(struct qiao_operator),
	  .count_at = offsetof(struct qiao_operators, n),
	  .max = QIAO_OPERATORS_MAX, .allocated = true,
	  .members = operator_options,
	  .help = "The people who may sign for this gateway." },
	{ .name = NULL },
};
/* clang-format on */
