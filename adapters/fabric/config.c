/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/config.h"

#include "gateway/base/slice.h"

#include <ctype.h>
#include <string.h>

#define COMMIT_MS     60000
#define COMMIT_MS_MAX 600000
#define STALL_MS      10000
#define STALL_MS_MIN  1000
#define STALL_MS_MAX  600000

static const struct qiao_ckey root_keys[] = {
	{ "mode", QIAO_C_STR, true },
	{ "channel", QIAO_C_STR, true },
	{ "identity", QIAO_C_GROUP, true },
	{ "tls", QIAO_C_GROUP, false },
	{ "orderers", QIAO_C_LIST, false },
	{ "peers", QIAO_C_LIST, false },
	{ "gateway", QIAO_C_STR, false },
	{ "chaincode", QIAO_C_STR, false },
	{ "answers_of", QIAO_C_ARRAY, false },
	{ "copies", QIAO_C_INT, false },
	{ "commit_timeout", QIAO_C_DURATION, false },
	{ "stall", QIAO_C_DURATION, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey identity_keys[] = {
	{ "mspid", QIAO_C_STR, true },
	{ "cert", QIAO_C_STR, true },
	{ "key", QIAO_C_STR, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey tls_keys[] = {
	{ "cert", QIAO_C_STR, true },
	{ "key", QIAO_C_STR, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey server_keys[] = {
	{ "address", QIAO_C_STR, true },
	{ "tls_roots", QIAO_C_STR, true },
	{ "server_name", QIAO_C_STR, false },
	{ NULL, 0, false },
};

struct reading {
	struct fabric_config *out;
	const struct qiao_conf *conf;
	struct qiao_diags *d;
};

/* A finding at a setting; false, so that a check is one statement. */
static bool wrong(const struct reading *r, const struct qiao_cnode *n,
		  const char *text)
{
	qiao_conf_error(r->conf, r->d, n, "E105", "%s", text);
	return false;
}

static bool copy(const struct reading *r, char *out, size_t size,
		 const struct qiao_cnode *group, const char *name)
{
	const struct qiao_cnode *n = qiao_cnode_get(group, name);
	const char *text = qiao_cnode_str(n, "");

	if (!qiao_str_copy(out, size, qiao_slice_str(text)))
		return wrong(r, n, "the text is too long");
	if (n && text[0] == '\0')
		return wrong(r, n, "the text is empty; leave the setting away");
	return true;
}

/* host:port, and nothing that gRPC would read as another scheme. */
static bool is_address(const char *text)
{
	const char *port = strrchr(text, ':');
	size_t n = 0;

	if (!port || port == text)
		return false;
	for (const char *p = text; p < port; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._[]:", *p))
			return false;
	for (const char *p = port + 1; *p; p++, n++)
		if (*p < '0' || *p > '9')
			return false;
	return n > 0 && n <= 5;
}

/* As Fabric's configtx validator has it: lower case, digits, '.', '-'. */
static bool is_channel(const char *text)
{
	if (*text < 'a' || *text > 'z')
		return false;
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') &&
		    !(*text >= '0' && *text <= '9') && *text != '.' &&
		    *text != '-')
			return false;
	return true;
}

static bool read_server(const struct reading *r, const struct qiao_cnode *g,
			const char *where, bool is_peer)
{
	struct fabric_config *c = r->out;
	struct fabric_endpoint *e = &c->source[c->sources];

	if (c->sources == FABRIC_SOURCES_MAX)
		return wrong(r, g, "at most 32 orderers and peers");
	if (qiao_cnode_type(g) != QIAO_C_GROUP)
		return wrong(r, g, "a server is { address, tls_roots }");
	e->is_peer = is_peer;
	if (!qiao_conf_check(r->conf, r->d, g, where, server_keys) ||
	    !copy(r, e->address, sizeof(e->address), g, "address") ||
	    !copy(r, e->tls_roots, sizeof(e->tls_roots), g, "tls_roots") ||
	    !copy(r, e->server_name, sizeof(e->server_name), g, "server_name"))
		return false;
	if (!is_address(e->address))
		return wrong(r, qiao_cnode_get(g, "address"),
			     "an address is \"host:port\", without a scheme");
	for (size_t i = 0; i < c->sources; i++)
		if (strcmp(c->source[i].address, e->address) == 0)
			return wrong(r, qiao_cnode_get(g, "address"),
				     "this address is in the list already");
	c->sources++;
	return true;
}

static bool read_servers(const struct reading *r, const struct qiao_cnode *root,
			 const char *name, bool is_peer)
{
	const struct qiao_cnode *list = qiao_cnode_get(root, name);
	bool good = true;

	for (size_t i = 0; good && i < qiao_cnode_count(list); i++)
		good = read_server(r, qiao_cnode_at(list, i), name, is_peer);
	return good;
}

/* The named peer, or the first one. */
static bool find_gateway(const struct reading *r, const struct qiao_cnode *root)
{
	const char *name = qiao_conf_str(root, "gateway", NULL);
	struct fabric_config *c = r->out;

	for (c->gateway = 0; c->gateway < c->sources; c->gateway++)
		if (c->source[c->gateway].is_peer &&
		    (!name || strcmp(c->source[c->gateway].address, name) == 0))
			return true;
	if (name)
		return wrong(r, qiao_cnode_get(root, "gateway"),
			     "the gateway is the address of one of `peers`");
	if (c->chaincode[0] || c->answer_orgs > 0)
		return wrong(r, root,
			     "`chaincode` and `answers_of` need a peer: name "
			     "one in `peers`");
	return true;
}

static bool read_orgs(const struct reading *r, const struct qiao_cnode *list)
{
	struct fabric_config *c = r->out;

	c->answer_orgs = qiao_cnode_count(list);
	if (c->answer_orgs > FABRIC_ORGS_MAX)
		return wrong(r, list, "at most 16 organisations");
	for (size_t i = 0; i < c->answer_orgs; i++)
		if (!qiao_str_copy(c->answer_org[i], sizeof(c->answer_org[i]),
				   qiao_slice_str(qiao_cnode_str(
					   qiao_cnode_at(list, i), ""))))
			return wrong(r, list, "an MSP id is too long");
	return true;
}

static bool read_identity(const struct reading *r,
			  const struct qiao_cnode *root)
{
	const struct qiao_cnode *id = qiao_cnode_get(root, "identity");
	const struct qiao_cnode *tls = qiao_cnode_get(root, "tls");
	struct fabric_config *c = r->out;

	return qiao_conf_check(r->conf, r->d, id, "identity", identity_keys) &&
	       copy(r, c->mspid, sizeof(c->mspid), id, "mspid") &&
	       copy(r, c->cert, sizeof(c->cert), id, "cert") &&
	       copy(r, c->key, sizeof(c->key), id, "key") &&
	       (!tls ||
		(qiao_conf_check(r->conf, r->d, tls, "tls", tls_keys) &&
		 copy(r, c->tls_cert, sizeof(c->tls_cert), tls, "cert") &&
		 copy(r, c->tls_key, sizeof(c->tls_key), tls, "key")));
}

/* Two, if there are two: the default of the light client's min_orderers. */
static bool read_copies(const struct reading *r, const struct qiao_cnode *root)
{
	struct fabric_config *c = r->out;
	int64_t orderers = 0, copies;

	for (size_t i = 0; i < c->sources; i++)
		orderers += c->source[i].is_peer ? 0 : 1;
	copies = qiao_conf_int(root, "copies", orderers < 2 ? orderers : 2);
	if (copies < 0 || copies > orderers)
		return wrong(r, qiao_cnode_get(root, "copies"),
			     "copies is 0 to the number of `orderers`");
	c->copies = (size_t)copies;
	return true;
}

static bool read_times(const struct reading *r, const struct qiao_cnode *root)
{
	int64_t commit = qiao_conf_ms(root, "commit_timeout", COMMIT_MS);
	int64_t stall = qiao_conf_ms(root, "stall", STALL_MS);

	if (commit < 1000 || commit > COMMIT_MS_MAX)
		return wrong(r, qiao_cnode_get(root, "commit_timeout"),
			     "commit_timeout is 1s to 10m");
	if (stall < STALL_MS_MIN || stall > STALL_MS_MAX)
		return wrong(r, qiao_cnode_get(root, "stall"),
			     "stall is 1s to 10m");
	r->out->commit_ms = (unsigned int)commit;
	r->out->stall_ms = (unsigned int)stall;
	return true;
}

static bool read_all(const struct reading *r, const struct qiao_cnode *root)
{
	struct fabric_config *c = r->out;

	if (!qiao_conf_check(r->conf, r->d, root, "adapter", root_keys) ||
	    !copy(r, c->channel, sizeof(c->channel), root, "channel") ||
	    !copy(r, c->chaincode, sizeof(c->chaincode), root, "chaincode"))
		return false;
	if (!is_channel(c->channel))
		return wrong(r, qiao_cnode_get(root, "channel"),
			     "a channel's name has lower-case letters, digits, "
			     "'.' and '-', a letter first");
	if (!read_identity(r, root) ||
	    !read_servers(r, root, "orderers", false) ||
	    !read_servers(r, root, "peers", true) ||
	    !read_orgs(r, qiao_cnode_get(root, "answers_of")) ||
	    !read_copies(r, root) || !read_times(r, root))
		return false;
	if (c->sources == 0)
		return wrong(r, root,
			     "no server to follow; name some in `orderers` or "
			     "`peers`, several so that one may fail");
	return find_gateway(r, root);
}

qiao_err fabric_config_read(struct fabric_config *out,
			    const struct qiao_conf *conf, struct qiao_diags *d,
			    struct qiao_why *why)
{
	const struct reading r = { out, conf, d };

	memset(out, 0, sizeof(*out));
	if (read_all(&r, qiao_conf_root(conf)))
		return QIAO_OK;
	memset(out, 0, sizeof(*out));
	return qiao_fail(why, QIAO_E_CONFIG,
			 "fabric adapter: the configuration is wrong");
}
