/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes between gateways: NNG REQ/REP. One REQ socket per peer with up to
 * QIAO_CALLS_MAX calls at once, one listener per gateway. TLS (mutual, 1.2 by
 * NNG's mbedTLS) gives privacy and keeps strangers out; it identifies nobody.
 * Messages over QIAO_PEER_MSG_MAX are refused on both sides.
 *
 * NNG says no more than "cryptographic error", so certificates are read here
 * first, and after a failed dial the peer is asked once more, to be able to say
 * in words what is wrong (gateway/crypto/tlscheck.h).
 */
#ifndef RELAY_TRANSPORT_H
#define RELAY_TRANSPORT_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

#define QIAO_CALLS_MAX    16 /* at once to one peer */
#define QIAO_CONTEXTS_MIN 8  /* requests that a listener works on at once */
#define QIAO_CONTEXTS_MAX 64

struct qiao_tls_files; /* gateway/crypto/tlscheck.h */

/*
 * Diagnostic, for tests: every message in clear, as it was handed to or came
 * from NNG. Each: 'S' sent or 'R' received, 8 bytes ms since 1970, 4 bytes
 * length (both big-endian), the bytes. It holds what TLS hides: never on in
 * service. May be shared by listeners and dialers; thread-safe.
 */
struct qiao_capture;
qiao_err qiao_capture_open(struct qiao_capture **out, const char *path,
			   struct qiao_why *why);
void qiao_capture_close(struct qiao_capture *c); /* NULL is fine */

struct qiao_listener;
struct qiao_listener_options {
	const char *url; /* tls+tcp://host:port; tcp:// on loopback only */
	const struct qiao_tls_files *tls; /* NULL for tcp:// */
	unsigned int contexts;            /* 0: QIAO_CONTEXTS_MIN */
	/*
	 * Called by as many threads as there are contexts. Appends the reply;
	 * an empty one leaves the caller without an answer (it will ask again).
	 */
	void (*handle)(void *ctx, struct qiao_buf *reply,
		       struct qiao_slice request);
	void *ctx;
	struct qiao_capture *capture; /* borrowed; NULL: none */
};
/* Expected: QIAO_E_CONFIG (url, certificate: in words), QIAO_E_IO. */
qiao_err qiao_listener_open(struct qiao_listener **out,
			    const struct qiao_listener_options *options,
			    struct qiao_why *why);
/*
 * Call every few seconds: when a file changed, the listener is closed and
 * opened again, for NNG goes on serving the old certificate. A bad new file
 * leaves the old one in use, says why, and is looked at again next time.
 * *reopened may be NULL. QIAO_OK when nothing changed.
 */
qiao_err qiao_listener_tick(struct qiao_listener *l, bool *reopened,
			    struct qiao_why *why);
/* The url with the port really bound (for :0). Borrowed. */
const char *qiao_listener_url(const struct qiao_listener *l);
/* Waits until no handler runs. NULL is fine. */
void qiao_listener_free(struct qiao_listener *l);

struct qiao_dialer;
struct qiao_dialer_options {
	const char *url;
	const struct qiao_tls_files *tls; /* NULL for tcp:// */
	const char
		*server_name; /* in the peer's certificate; NULL: url's host */
	struct qiao_capture *capture;
};
/* Does not wait for the peer: it may be down now. */
qiao_err qiao_dialer_open(struct qiao_dialer **out,
			  const struct qiao_dialer_options *options,
			  struct qiao_why *why);
/*
 * Ask and wait for the reply, appended to reply. QIAO_E_TIMEOUT (connected, but
 * no answer), QIAO_E_IO (not connected: why says the reason), QIAO_E_LIMIT
 * (over QIAO_PEER_MSG_MAX), QIAO_E_BUSY (QIAO_CALLS_MAX at once),
 * QIAO_E_CLOSED. Any thread; blocks up to timeout_ms and, when it says why, two
 * seconds more.
 */
qiao_err qiao_dialer_call(struct qiao_dialer *d, struct qiao_buf *reply,
			  struct qiao_slice request, int timeout_ms,
			  struct qiao_why *why);
bool qiao_dialer_connected(const struct qiao_dialer *d);
/* As qiao_listener_tick, for our client certificate. */
qiao_err qiao_dialer_tick(struct qiao_dialer *d, bool *reopened,
			  struct qiao_why *why);
/* Ends calls that wait with QIAO_E_CLOSED. Any thread, any time. */
void qiao_dialer_close(struct qiao_dialer *d);
void qiao_dialer_free(
	struct qiao_dialer *d); /* no call is left; NULL is fine */

#endif
