/* SPDX-License-Identifier: Apache-2.0 */
/* Private to relay: what listener and dialer share. */
#ifndef RELAY_LINK_H
#define RELAY_LINK_H

#include "gateway/crypto/tlscheck.h"
#include "gateway/include/qiao/limits.h"
#include "relay/peer.h"
#include "relay/transport.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include <sys/stat.h>

/* NNG counts its own request numbers in front of a message, too. */
#define QIAO_LINK_RECV_MAX (QIAO_PEER_MSG_MAX + 64)

struct qiao_url {
	char text[QIAO_URL_MAX];
	char host[QIAO_URL_MAX];
	char port[8];
	bool tls;
};

/*
 * tls+tcp://HOST:PORT or tcp://HOST:PORT. Without TLS only on loopback:
 * QIAO_E_CONFIG says so.
 */
qiao_err qiao_url_parse(struct qiao_url *out, const char *text, bool has_files,
			struct qiao_why *why);
/* Is the host a number rather than a name? */
bool qiao_url_is_address(const struct qiao_url *u);

/* Copies of the paths, and what the files were when they were read. */
struct qiao_link_tls {
	char *path[3];               /* owned: cert, key, ca */
	struct qiao_tls_files files; /* the same */
	struct {
		dev_t dev;
		ino_t ino;
		off_t size;
		struct timespec mtime;
	} seen[3];
};
qiao_err qiao_link_tls_init(struct qiao_link_tls *t,
			    const struct qiao_tls_files *files);
void qiao_link_tls_fini(struct qiao_link_tls *t);
/* Has a file another content than at the last load? */
bool qiao_link_tls_changed(const struct qiao_link_tls *t);
/*
 * Check the files (own_name may be NULL) and make NNG's configuration of them;
 * the caller frees it with nng_tls_config_free. server_name: of the peer, for a
 * client; NULL: a server, which then demands certificates.
 */
qiao_err qiao_link_tls_load(struct qiao_link_tls *t, nng_tls_config **out,
			    const char *own_name, const char *server_name,
			    struct qiao_why *why);

/* c may be NULL. */
void qiao_capture_put(struct qiao_capture *c, char direction,
		      struct qiao_slice message);

#endif
