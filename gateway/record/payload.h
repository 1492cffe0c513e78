/* SPDX-License-Identifier: Apache-2.0 */
/* What goes onto the destination chain (docs/wire.md 5). Pure. */
#ifndef GATEWAY_RECORD_PAYLOAD_H
#define GATEWAY_RECORD_PAYLOAD_H

#include "gateway/record/fieldtree.h"
#include "gateway/wire/transfer_id.h"

/* On wire: append, never renumber. 0 is nothing. */
enum qiao_assurance {
	QIAO_ASSURANCE_PROVEN = 1,
	QIAO_ASSURANCE_REDACTED = 2, /* "proven-redacted" */
	QIAO_ASSURANCE_ENDORSED = 3,
	QIAO_ASSURANCE_ATTESTED = 4,
};
enum qiao_origin {
	QIAO_ORIGIN_LIVE = 1,
	QIAO_ORIGIN_RECORDED = 2,
};
/* "proven", "live" ...; "?" for another number. */
const char *qiao_assurance_name(unsigned int a);
const char *qiao_origin_name(unsigned int o);
/* "replayed", "endorsed-only", "final"; of enum qiao_validity (verify/). */
const char *qiao_validity_name(unsigned int v);

/* After parse the slices point into the bytes that were parsed. */
struct qiao_payload {
	struct qiao_slice head_bytes;       /* docs/wire.md 4 */
	struct qiao_slice disclosure_bytes; /* docs/wire.md 3 */
	unsigned int assurance;             /* enum qiao_assurance */
	unsigned int validity;              /* 1..3, enum qiao_validity */
	unsigned int origin;                /* enum qiao_origin */
	struct qiao_position at;
	/* filled by parse; encode does not look at them */
	struct qiao_head head;
	struct qiao_disclosure disclosure;
};

/*
 * Append the payload of head_bytes, disclosure_bytes and the members up to
 * `at`. QIAO_E_MALFORMED (a number out of range, parts that do not parse or
 * do not belong together), QIAO_E_LIMIT, QIAO_E_NOMEM.
 */
qiao_err qiao_payload_encode(struct qiao_buf *out,
			     const struct qiao_payload *p);
/*
 * The whole payload: array, head, disclosure, and that the disclosure's root
 * is the head's. On failure *out is zeroed; QIAO_E_PROOF when the root or the
 * count differs. End with qiao_payload_fini.
 */
qiao_err qiao_payload_parse(struct qiao_payload *out, struct qiao_slice in,
			    struct qiao_why *why);
void qiao_payload_fini(struct qiao_payload *p); /* zeroed is fine */
void qiao_payload_digest(struct qiao_hash *out, struct qiao_slice encoded);

#endif
