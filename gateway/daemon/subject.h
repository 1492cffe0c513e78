/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A statement beside what the store knows of its record: is it new, a replay, a
 * legal move? Asked once for a statement, whatever the number of routes.
 * Private to the source side (release.c).
 */
#ifndef GATEWAY_DAEMON_SUBJECT_H
#define GATEWAY_DAEMON_SUBJECT_H

#include "gateway/daemon/release.h"
#include "gateway/store/record.h"

struct qiao_subject {
	const struct qiao_statement *s;
	const struct qiao_record *rec;
	struct qiao_record deleted; /* rec of a delete */
	struct qiao_buf head;       /* encoded; empty when there is no record */
	struct qiao_hash head_digest;
	int64_t record; /* number in the store; 0: none */
	bool replay;
	bool state_ok;
	bool state_changed; /* against the last version known */
};

/*
 * QIAO_E_NOTFOUND: nothing comes of this statement (not a record, doubted, the
 * same record again, a delete of something never delivered). Writes the record
 * row. End with qiao_subject_fini in every case.
 */
qiao_err qiao_subject_look(struct qiao_subject *out, struct qiao_release *r,
			   struct qiao_txn *txn,
			   const struct qiao_statement *s);
void qiao_subject_fini(struct qiao_subject *s);

#endif
