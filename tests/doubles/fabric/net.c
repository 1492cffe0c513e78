/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/net.h"

#include "tests/doubles/fabric/chaincode.h"

#include "gateway/base/file.h"

#include <stdio.h>
#include <string.h>

static const char *const app_msp[NET_PEERS] = { "NanjingMSP", "QuanzhouMSP",
						"AuditMSP" };
static const char *const raft_msp[] = { "OrdererMSP" };
static const char *const bft_msp[] = { "OrdererAMSP", "OrdererBMSP",
				       "OrdererCMSP", "OrdererDMSP" };
static const char loopback[] = "IP:127.0.0.1,DNS:localhost";

static void issue(struct identity *out, struct pool *p, const struct org *org,
		  const char *name, const char *unit)
{
	const struct cert_wish w = { .msp = org->msp,
				     .name = name,
				     .unit = unit };

	pki_issue(out, p, &org->ca[org->end - 1], &w);
}

static void issue_tls(struct identity *out, struct pool *p,
		      const struct org *org, const char *name)
{
	const struct cert_wish w = { .name = name, .san = loopback };

	pki_issue(out, p, &org->tls_ca[org->end - 1], &w);
}

static void make_authority(struct org *org, struct pool *p, size_t which)
{
	pki_authority(&org->ca[which], p,
		      pool_printf(p, "%s.%zu", org->msp, which));
	pki_authority(&org->tls_ca[which], p,
		      pool_printf(p, "tls.%s.%zu", org->msp, which));
	org->end = which + 1;
}

static void make_org(struct org *org, struct pool *p, const char *msp,
		     bool orders)
{
	org->msp = msp;
	org->orders = orders;
	org->pinned = true;
	make_authority(org, p, 0);
	issue(&org->admin, p, org, "admin", "admin");
	issue(&org->client, p, org, "client", "client");
}

static void make_node(struct node *node, struct pool *p, struct org *org,
		      const char *name)
{
	node->name = name;
	node->org = org;
	issue(&node->signer, p, org, name, org->orders ? "orderer" : "peer");
	issue_tls(&node->tls, p, org, name);
}

void net_make(struct net *n, bool bft)
{
	const char *const *msp = bft ? bft_msp : raft_msp;
	size_t ordering = bft ? 4 : 1;

	memset(n, 0, sizeof(*n));
	n->channel = "livechannel";
	n->bft = bft;
	n->need = 2;
	n->orderers = bft ? 4 : 3;
	n->orgs = NET_PEERS + ordering;
	for (size_t i = 0; i < NET_PEERS; i++) {
		make_org(&n->org[i], &n->pool, app_msp[i], false);
		make_node(&n->peer[i], &n->pool, &n->org[i],
			  pool_printf(&n->pool, "peer%zu", i + 1));
		n->peer[i].port = 7051 + (int)i;
	}
	for (size_t i = 0; i < ordering; i++)
		make_org(&n->org[NET_PEERS + i], &n->pool, msp[i], true);
	for (size_t i = 0; i < n->orderers; i++) {
		make_node(&n->orderer[i], &n->pool,
			  &n->org[NET_PEERS + (bft ? i : 0)],
			  pool_printf(&n->pool, "orderer%zu", i + 1));
		n->orderer[i].port = 7061 + (int)i;
	}
}

static void free_node(struct node *node)
{
	pki_free(&node->signer);
	pki_free(&node->tls);
}

void net_free(struct net *n)
{
	for (size_t i = 0; i < n->orgs; i++) {
		for (size_t k = 0; k < n->org[i].end; k++) {
			pki_free(&n->org[i].ca[k]);
			pki_free(&n->org[i].tls_ca[k]);
		}
		pki_free(&n->org[i].admin);
		pki_free(&n->org[i].client);
	}
	for (size_t i = 0; i < NET_PEERS; i++)
		free_node(&n->peer[i]);
	for (size_t i = 0; i < n->orderers; i++)
		free_node(&n->orderer[i]);
	pool_free(&n->pool);
}

static enum role role_of(X509 *cert, const struct org *org)
{
	/* clang-format off */
	static const struct { const char *unit; enum role role; } of[] = {
		{ "client", ROLE_CLIENT }, { "peer", ROLE_PEER },
		{ "admin", ROLE_ADMIN }, { "orderer", ROLE_ORDERER },
	};
	/* clang-format on */
	bool ours = false;
	char unit[64];

	for (size_t i = org->first; i < org->end; i++)
		ours |= pki_issued_by(cert, &org->ca[i]);
	pki_unit(unit, sizeof(unit), cert);
	for (size_t i = 0; ours && i < sizeof(of) / sizeof(of[0]); i++)
		if (strcmp(unit, of[i].unit) == 0)
			return of[i].role;
	return ROLE_NONE;
}

enum role net_identify(const struct net *n, struct pool *p, X509 **cert,
		       const struct org **org, struct qiao_slice serialized)
{
	Fab__SerializedIdentity *s = UNPACK(p, serialized_identity, serialized);

	*cert = s ? pki_read(pb_slice(s->id_bytes)) : NULL;
	*org = NULL;
	for (size_t i = 0; *cert && i < n->orgs; i++)
		if (strcmp(n->org[i].msp, s->mspid) == 0) {
			*org = &n->org[i];
			return role_of(*cert, *org);
		}
	return ROLE_NONE;
}

struct org *net_rotating_org(struct net *n)
{
	return n->orderer[n->orderers - 1].org;
}

void net_rotate_authority(struct net *n)
{
	make_authority(net_rotating_org(n), &n->pool, 1);
}

void net_rotate_nodes(struct net *n, struct node out[NET_ORDERERS],
		      struct identity *admin)
{
	struct org *org = net_rotating_org(n);

	issue(admin, &n->pool, org, "admin", "admin");
	for (size_t i = 0; i < n->orderers; i++) {
		out[i] = n->orderer[i];
		if (n->orderer[i].org == org)
			make_node(&out[i], &n->pool, org, n->orderer[i].name);
	}
}

void net_take_nodes(struct net *n, const struct node node[NET_ORDERERS],
		    const struct identity *admin)
{
	struct org *org = net_rotating_org(n);

	for (size_t i = 0; i < n->orderers; i++)
		if (n->orderer[i].org == org) {
			free_node(&n->orderer[i]);
			n->orderer[i] = node[i];
		}
	pki_free(&org->admin);
	org->admin = *admin;
}

/* --- what users of the double find in its folder --- */

static bool put(const char *dir, const char *name, struct qiao_slice text,
		unsigned int mode)
{
	struct qiao_why why;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (qiao_file_write(path, text, mode, &why) == QIAO_OK)
		return true;
	fprintf(stderr, "qiao-fabric-double: %s\n", why.text);
	return false;
}

static bool make_dir(char *out, size_t size, const char *dir, const char *name)
{
	struct qiao_why why;

	snprintf(out, size, "%s/%s", dir, name);
	if (qiao_dir_need(out, 0700, &why) == QIAO_OK)
		return true;
	fprintf(stderr, "qiao-fabric-double: %s\n", why.text);
	return false;
}

static bool write_user(const char *dir, const char *name,
		       const struct identity *id, const struct org *tls_of)
{
	struct pool p = { NULL };
	struct identity tls;
	uint8_t account[16];
	char path[400];
	bool ok;

	issue_tls(&tls, &p, tls_of, name);
	chaincode_account(account, id->serialized);
	ok = make_dir(path, sizeof(path), dir, name) &&
	     put(path, "cert.pem", id->pem, 0644) &&
	     put(path, "key.pem", id->key_pem, 0600) &&
	     put(path, "tls.pem", tls.pem, 0644) &&
	     put(path, "tls.key", tls.key_pem, 0600) &&
	     put(path, "mspid", qiao_slice_str(id->msp), 0644) &&
	     put(path, "account",
		 qiao_slice_str(
			 pool_hex(&p, qiao_slice_of(account, sizeof(account)))),
		 0644);
	pki_free(&tls);
	pool_free(&p);
	return ok;
}

/* Users that must be refused: dated, of no organisation of the channel. */
static bool write_bad_users(const struct net *n, const char *users)
{
	const struct cert_wish expired = { .msp = n->org[0].msp,
					   .name = "expired",
					   .unit = "client",
					   .from_s = -7200,
					   .to_s = -3600 };
	const struct cert_wish outsider = { .msp = "StrangerMSP",
					    .name = "outsider",
					    .unit = "client" };
	struct pool p = { NULL };
	struct identity ca, id;
	bool ok;

	pki_issue(&id, &p, &n->org[0].ca[0], &expired);
	ok = write_user(users, "expired", &id, &n->org[0]);
	pki_free(&id);
	pki_authority(&ca, &p, "StrangerMSP");
	pki_issue(&id, &p, &ca, &outsider);
	ok = ok && write_user(users, "outsider", &id, &n->org[0]);
	pki_free(&id);
	pki_free(&ca);
	pool_free(&p);
	return ok;
}

/* All that the configuration lists, for an operator's file of roots. */
static bool put_roots(const char *dir, const char *name,
		      const struct identity *ca, const struct org *org)
{
	struct qiao_buf b = QIAO_BUF;
	bool ok;

	for (size_t i = org->first; i < org->end; i++)
		qiao_buf_put(&b, ca[i].pem);
	ok = put(dir, name, qiao_buf_slice(&b), 0644);
	qiao_buf_free(&b);
	return ok;
}

bool net_write_roots(const struct net *n, const char *dir)
{
	char orgs[300], path[400];
	bool ok = make_dir(orgs, sizeof(orgs), dir, "orgs");

	for (size_t i = 0; ok && i < n->orgs; i++)
		ok = make_dir(path, sizeof(path), orgs, n->org[i].msp) &&
		     put_roots(path, "ca.pem", n->org[i].ca, &n->org[i]) &&
		     put_roots(path, "tlsca.pem", n->org[i].tls_ca, &n->org[i]);
	return ok;
}

static bool write_endpoints(const struct net *n, const char *dir)
{
	struct qiao_buf b = QIAO_BUF;
	bool ok;

	for (size_t i = 0; i < n->orderers; i++)
		qiao_buf_printf(&b, "%s 127.0.0.1:%d %s\n", n->orderer[i].name,
				n->orderer[i].port, n->orderer[i].org->msp);
	for (size_t i = 0; i < NET_PEERS; i++)
		qiao_buf_printf(&b, "%s 127.0.0.1:%d %s\n", n->peer[i].name,
				n->peer[i].port, n->peer[i].org->msp);
	ok = put(dir, "endpoints", qiao_buf_slice(&b), 0644);
	qiao_buf_free(&b);
	return ok;
}

bool net_write(const struct net *n, const char *dir)
{
	char users[300], name[64];
	bool ok = net_write_roots(n, dir) &&
		  make_dir(users, sizeof(users), dir, "users");

	for (size_t i = 0; ok && i < NET_PEERS; i++) {
		snprintf(name, sizeof(name), "client%zu", i + 1);
		ok = write_user(users, name, &n->org[i].client, &n->org[i]);
	}
	/* a peer may read, not write */
	return ok &&
	       write_user(users, "reader", &n->peer[0].signer, &n->org[0]) &&
	       write_bad_users(n, users) && write_endpoints(n, dir);
}
