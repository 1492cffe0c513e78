/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/config_check.h"

#include "gateway/base/slice.h"
#include "gateway/daemon/operators.h"
#include "gateway/daemon/options.h"
#include "relay/peer.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct checker {
	const struct qiao_config *c;
	const struct qiao_conf *file;
	struct qiao_diags *d;
};

#define COMPLAIN(k, node, code, ...) \
	qiao_conf_error((k)->file, (k)->d, node, code, __VA_ARGS__)

/* The i-th element of a list at the top, or its member. */
static const struct qiao_cnode *at(const struct checker *k, const char *list,
				   size_t i, const char *member)
{
	const struct qiao_cnode *n =
		qiao_cnode_at(qiao_cnode_get(qiao_conf_root(k->file), list), i);
	const struct qiao_cnode *m = member ? qiao_cnode_get(n, member) : NULL;

	return m ? m : n;
}

static const struct qiao_cnode *in(const struct checker *k, const char *group,
				   const char *member)
{
	const struct qiao_cnode *g =
		qiao_cnode_get(qiao_conf_root(k->file), group);
	const struct qiao_cnode *n = qiao_cnode_get(g, member);

	return n ? n : g;
}

bool qiao_config_url_is_local(const char *url)
{
	const char *host = strstr(url, "://"), *end = strrchr(url, ':');
	struct qiao_slice h;

	if (!host || end < host + 3)
		return false;
	host += 3;
	h = qiao_slice_of(host, (size_t)(end - host));
	if (qiao_slice_is(h, "localhost") || qiao_slice_is(h, "[::1]"))
		return true;
	return strncmp(host, "127.", 4) == 0 &&
	       strspn(host, "0123456789.") == h.n;
}

static void check_id(const struct checker *k, const struct qiao_cnode *n,
		     const char *id)
{
	if (id[0] && !qiao_gateway_id_valid(qiao_slice_str(id)))
		COMPLAIN(k, n, "E105",
			 "the name of a gateway is of a-z 0-9 . - only");
}

static void check_url(const struct checker *k, const struct qiao_cnode *n,
		      const char *url)
{
	if (strncmp(url, "tcp://", 6) == 0) {
		if (!qiao_config_url_is_local(url))
			COMPLAIN(k, n, "E105",
				 "tcp:// is allowed on the loopback only; use "
				 "tls+tcp://");
	} else if (url[0] && (!k->c->tls_cert[0] || !k->c->tls_key[0] ||
			      !k->c->tls_ca[0])) {
		COMPLAIN(k, n, "E102",
			 "tls+tcp:// needs listen.cert, listen.key and "
			 "listen.ca");
	}
}

static void check_gateway(const struct checker *k)
{
	const struct qiao_config *c = k->c;
	const struct qiao_cnode *unsigned_ = in(k, "policy", "unsigned");
	struct sockaddr_un un;

	check_id(k, in(k, "gateway", "id"), c->id);
	check_url(k, in(k, "listen", "url"), c->listen);
	if (qiao_cnode_type(unsigned_) == QIAO_C_BOOL && !c->policy_unsigned)
		COMPLAIN(
			k, unsigned_, "E190",
			"policy.unsigned = false: signed bundles are not built "
			"yet; write true");
	/* what the daemon puts there is "/adapter-NICKNAME.sock" at most */
	for (size_t i = 0; i < c->n_chains; i++) {
		if (c->chains[i].program[0] &&
		    strlen(c->run) + strlen(c->chains[i].name) + 15 >=
			    sizeof(un.sun_path)) {
			COMPLAIN(k, in(k, "gateway", "run"), "E105",
				 "the path of gateway.run is too long for the "
				 "sockets in it (%zu bytes in all); choose a "
				 "shorter one",
				 sizeof(un.sun_path) - 1);
			break;
		}
	}
}

static void check_chains(const struct checker *k)
{
	for (size_t i = 0; i < k->c->n_chains; i++) {
		const struct qiao_config_chain *c = &k->c->chains[i];
		bool fabric = strcmp(c->family, "fabric") == 0;

		if (!c->family[0])
			continue; /* said already */
		if (strcmp(c->family, "fisco") == 0)
			COMPLAIN(k, at(k, "chains", i, "family"), "E190",
				 "family \"fisco\": not built yet");
		else if (!fabric && strcmp(c->family, "quorum") != 0)
			COMPLAIN(k, at(k, "chains", i, "family"), "E105",
				 "\"family\" must be \"fabric\" or \"quorum\"");
		else if (fabric && !c->genesis[0])
			COMPLAIN(k, at(k, "chains", i, NULL), "E102",
				 "chains[]: \"genesis\" is missing: a fabric "
				 "chain starts from its genesis block");
		else if (!fabric && c->genesis[0])
			COMPLAIN(k, at(k, "chains", i, "genesis"), "E101",
				 "\"genesis\" is for the family fabric; %s has "
				 "all in its anchor",
				 c->family);
	}
}

static void check_peers(const struct checker *k)
{
	for (size_t i = 0; i < k->c->n_peers; i++) {
		const struct qiao_config_peer *p = &k->c->peers[i];

		check_id(k, at(k, "peers", i, "id"), p->id);
		check_url(k, at(k, "peers", i, "url"), p->url);
		if (p->id[0] && strcmp(p->id, k->c->id) == 0)
			COMPLAIN(k, at(k, "peers", i, "id"), "E104",
				 "peer \"%s\" is this gateway itself", p->id);
		for (size_t n = 0; n < p->n_keys; n++)
			if (p->keys[n].not_before >= p->keys[n].not_after)
				COMPLAIN(k, at(k, "peers", i, "keys"), "E107",
					 "a key's not_after is not after its "
					 "not_before");
	}
}

static const struct qiao_config_chain *chain(const struct qiao_config *c,
					     const char *name)
{
	for (size_t i = 0; i < c->n_chains; i++)
		if (strcmp(c->chains[i].name, name) == 0)
			return &c->chains[i];
	return NULL;
}

static bool has_peer(const struct qiao_config *c, const char *id)
{
	for (size_t i = 0; i < c->n_peers; i++)
		if (strcmp(c->peers[i].id, id) == 0)
			return true;
	return false;
}

static void check_outgoing(const struct checker *k, size_t i)
{
	const struct qiao_config_route *r = &k->c->routes[i];

	if (!r->has_submitter)
		COMPLAIN(
			k, at(k, "routes", i, "submitter"), "E102",
			"routes[]: \"submitter\" is missing: the key id of the "
			"account that writes on \"%s\"",
			r->to);
	if (r->n_deliver == 0)
		COMPLAIN(k, at(k, "routes", i, "deliver"), "E102",
			 "routes[]: \"deliver\" is missing: without a "
			 "subscription nothing is sent");
}

static void check_route(const struct checker *k, size_t i)
{
	const struct qiao_config_route *r = &k->c->routes[i];
	const struct qiao_config_chain *from = chain(k->c, r->from),
				       *to = chain(k->c, r->to);

	if (!from && r->from[0])
		COMPLAIN(k, at(k, "routes", i, "from"), "E105",
			 "there is no chain \"%s\" in `chains'", r->from);
	if (!to && r->to[0])
		COMPLAIN(k, at(k, "routes", i, "to"), "E105",
			 "there is no chain \"%s\" in `chains'", r->to);
	if (r->peer[0] && !has_peer(k->c, r->peer))
		COMPLAIN(k, at(k, "routes", i, "peer"), "E105",
			 "there is no peer \"%s\" in `peers'", r->peer);
	if (!from || !to)
		return;
	if (from == to)
		COMPLAIN(k, at(k, "routes", i, "to"), "E105",
			 "the route ends where it begins");
	else if (!from->program[0] && !to->program[0])
		COMPLAIN(k, at(k, "routes", i, NULL), "E105",
			 "neither \"%s\" nor \"%s\" has an adapter here: this "
			 "gateway has no part in the route",
			 r->from, r->to);
	else if (from->program[0] && to->program[0])
		COMPLAIN(k, at(k, "routes", i, NULL), "E190",
			 "\"%s\" and \"%s\" both have an adapter here: a route "
			 "inside one gateway is not built yet",
			 r->from, r->to);
	else if (from->program[0])
		check_outgoing(k, i);
}

void qiao_config_cross_check(const struct qiao_config *c,
			     const struct qiao_conf *file, struct qiao_diags *d)
{
	struct checker k = { c, file, d };

	check_gateway(&k);
	check_chains(&k);
	check_peers(&k);
	for (size_t i = 0; i < c->n_routes; i++)
		check_route(&k, i);
}

/* --- files --------------------------------------------------------------- */

enum need {
	NEED_FILE,
	NEED_PRIVATE, /* nobody else may read it */
	NEED_FOLDER,
	NEED_PROGRAM,
};

static void check_file(const struct checker *k, const struct qiao_cnode *n,
		       const char *path, enum need need)
{
	struct stat st;

	if (!path[0] || !n)
		return;
	if (stat(path, &st) != 0)
		COMPLAIN(k, n, "E130",
			 "%s: there is no such %s; correct the path, or put "
			 "it there",
			 path, need == NEED_FOLDER ? "folder" : "file");
	else if (need == NEED_FOLDER ? !S_ISDIR(st.st_mode)
				     : !S_ISREG(st.st_mode))
		COMPLAIN(k, n, "E130", "%s is no %s", path,
			 need == NEED_FOLDER ? "folder" : "file");
	else if (access(path, need == NEED_PROGRAM ? X_OK : R_OK) != 0)
		COMPLAIN(k, n, "E131",
			 "%s may not be %s by this user; chown or chmod it",
			 path, need == NEED_PROGRAM ? "run" : "read");
	else if (need == NEED_PRIVATE && (st.st_mode & 077))
		COMPLAIN(k, n, "E131",
			 "%s may be read by others than its owner; chmod 600 "
			 "%s",
			 path, path);
}

/* A folder that the daemon makes, or made: it must be private. */
static void check_place(const struct checker *k, const struct qiao_cnode *n,
			const char *path)
{
	struct stat st;

	if (!path[0] || stat(path, &st) != 0)
		return; /* made at start */
	if (!S_ISDIR(st.st_mode))
		COMPLAIN(k, n, "E130", "%s is no folder", path);
	else if (st.st_mode & 077)
		COMPLAIN(k, n, "E131",
			 "%s is open to others than its owner; chmod 700 %s",
			 path, path);
	else if (access(path, W_OK | X_OK) != 0)
		COMPLAIN(k, n, "E131", "%s may not be written by this user",
			 path);
}

static void check_operators(const struct checker *k)
{
	const struct qiao_cnode *n =
		qiao_cnode_get(qiao_conf_root(k->file), "operators");
	struct qiao_operators o;

	check_file(k, n, k->c->operators, NEED_FILE);
	if (n && access(k->c->operators, R_OK) == 0 &&
	    qiao_operators_load(&o, k->d, k->c->operators) == QIAO_OK)
		qiao_operators_free(&o);
}

void qiao_config_check_files(const struct qiao_config *c,
			     const struct qiao_conf *file, struct qiao_diags *d)
{
	struct checker k = { c, file, d };
	char program[2 * QIAO_PATH_LEN];

	check_file(&k, in(&k, "gateway", "key"), c->key, NEED_PRIVATE);
	check_file(&k, in(&k, "gateway", "secret"), c->secret, NEED_PRIVATE);
	check_place(&k, in(&k, "gateway", "data"), c->data);
	check_place(&k, in(&k, "gateway", "run"), c->run);
	check_file(&k, in(&k, "listen", "cert"), c->tls_cert, NEED_FILE);
	check_file(&k, in(&k, "listen", "key"), c->tls_key, NEED_PRIVATE);
	check_file(&k, in(&k, "listen", "ca"), c->tls_ca, NEED_FILE);
	check_file(&k, in(&k, "policy", "dir"), c->policy_dir, NEED_FOLDER);
	check_operators(&k);
	for (size_t i = 0; i < c->n_chains; i++) {
		const struct qiao_config_chain *ch = &c->chains[i];
		const struct qiao_cnode *adapter =
			at(&k, "chains", i, "adapter");

		check_file(&k, at(&k, "chains", i, "anchor"), ch->anchor,
			   NEED_FILE);
		check_file(&k, at(&k, "chains", i, "genesis"), ch->genesis,
			   NEED_FILE);
		check_file(&k, at(&k, "chains", i, "mapping"), ch->mapping,
			   NEED_FILE);
		check_file(&k, qiao_cnode_get(adapter, "config"),
			   ch->adapter_config, NEED_FILE);
		check_file(&k, qiao_cnode_get(adapter, "program"),
			   qiao_config_program(program, sizeof(program), c, ch),
			   NEED_PROGRAM);
	}
}

char *qiao_config_program(char *out, size_t size, const struct qiao_config *c,
			  const struct qiao_config_chain *chain_)
{
	bool bare = chain_->program[0] && !strchr(chain_->program, '/');

	snprintf(out, size, "%s%s%s", bare ? c->libexec : "", bare ? "/" : "",
		 chain_->program);
	return out;
}
