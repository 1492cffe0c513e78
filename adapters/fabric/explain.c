/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/explain.h"

#include "gateway/base/clock.h"

#include <stdio.h>
#include <string.h>

/* What a part of a message means; the first that is found counts. */
static const struct {
	const char *part, *words;
} meanings[] = {
	{ "Connection refused",
	  "nobody listens there; is it running, is the port right?" },
	{ "CERTIFICATE_VERIFY_FAILED",
	  "its TLS certificate is not signed by `tls_roots`, or has expired" },
	{ "certificate verify failed",
	  "its TLS certificate is not signed by `tls_roots`, or has expired" },
	{ "is not in peer certificate",
	  "its TLS certificate has another name; set `server_name` to it" },
	{ "DNS resolution", "its name cannot be resolved" },
	{ "Name or service not known", "its name cannot be resolved" },
	{ "certificate required",
	  "it demands a TLS client certificate; set `tls`" },
	{ "bad certificate",
	  "it does not take our TLS client certificate; look at `tls`" },
	{ "unknown ca", "it does not know the CA of our TLS certificate" },
	{ "unknown_ca", "it does not know the CA of our TLS certificate" },
	/* how a server's refusal under TLS 1.3 looks from here */
	{ "to all addresses; last error: UNAVAILABLE: ",
	  "it closes the connection; perhaps it demands a TLS client "
	  "certificate of another CA: look at `tls`" },
	{ "wrong version number", "it does not speak TLS on this port" },
	{ "WRONG_VERSION_NUMBER", "it does not speak TLS on this port" },
	{ "timestamp",
	  "our clock and its differ by more than 15 minutes; correct ours" },
	{ "expired", "the client certificate has expired; have it renewed" },
	{ "access denied",
	  "our identity has not the right; its organisation must be a member "
	  "of the channel, and its role one of the policy (Readers, Writers)" },
	{ "creator org", "our MSP id is not known on this channel" },
	{ "could not find chaincode", "the chaincode is not on this channel" },
	{ "chaincode definition", "the chaincode is not on this channel" },
};

static const char *meaning(const char *text)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strstr(text, meanings[i].part))
			return meanings[i].words;
	return NULL;
}

/* What is wrong with our own certificates, as a part of the sentence. */
static char *own_doubt(char *out, size_t size,
		       const struct fabric_session *session)
{
	int64_t now = qiao_now_ms();

	if (session->has_tls && session->tls_not_after_ms <= now)
		snprintf(out, size, " (the TLS certificate %s has expired)",
			 session->cfg->tls_cert);
	else
		fabric_identity_doubt(out, size, session->identity, now);
	return out;
}

qiao_err fabric_explain_deliver(struct qiao_why *why,
				const struct fabric_session *session,
				size_t source, int32_t status)
{
	const struct fabric_config *c = session->cfg;
	const char *place = c->source[source].address;
	char doubt[QIAO_PATH_LEN + 96];

	own_doubt(doubt, sizeof(doubt), session);
	switch (status) {
	case 400:
		return qiao_fail(why, QIAO_E_STATE,
				 "%s: refuses our request (400): our clock "
				 "differs from its by over 15 minutes, or it "
				 "demands the TLS client certificate of "
				 "`tls`%.150s",
				 place, doubt);
	case 403:
		return qiao_fail(why, QIAO_E_DENIED,
				 "%s: %s may not read channel %s (403): its "
				 "organisation must be among the Readers, its "
				 "certificate valid%.150s",
				 place, c->mspid, c->channel, doubt);
	case 404:
		return qiao_fail(why, QIAO_E_CHANNEL,
				 "%s: does not serve channel %s (404); compare "
				 "`channel`, or name a server that is a member "
				 "of it",
				 place, c->channel);
	case 503:
		return qiao_fail(why, QIAO_E_BUSY,
				 "%s: not ready (503); it has no leader, or is "
				 "catching up",
				 place);
	default:
		return qiao_fail(why, QIAO_E_STATE,
				 "%s: ended the stream with status %d", place,
				 (int)status);
	}
}

qiao_err fabric_explain_call(struct qiao_why *why,
			     const struct fabric_session *session,
			     size_t source, const char *what,
			     const struct fabric_status *st, qiao_err err)
{
	const char *place = session->cfg->source[source].address;
	char detail[320], doubt[QIAO_PATH_LEN + 96];
	const char *words;

	fabric_detail_text(detail, sizeof(detail), qiao_buf_slice(&st->detail));
	words = meaning(detail);
	if (!words)
		words = meaning(st->text);
	own_doubt(doubt, sizeof(doubt), session);
	if (err == QIAO_E_TIMEOUT && !words)
		words = "no answer in time";
	return qiao_fail(why, err, "%s: %s: %s%s%.230s%s%.150s", place, what,
			 words ? words : "", words ? " [" : "",
			 detail[0] ? detail : st->text, words ? "]" : "",
			 doubt);
}
