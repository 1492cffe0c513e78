/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables. A step that was ever released is never changed: add the next one.
 * Columns that change stand apart from the large ones that do not, because
 * SQLite writes a whole row again for one changed column.
 */
#include "gateway/store/store.h"

/* clang-format off */
static const char step_1[] =
"CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"

"CREATE TABLE chain("
"chain INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, family TEXT NOT NULL,"
"identity BLOB UNIQUE, height INTEGER, hash BLOB,"
"accepted_at INTEGER NOT NULL DEFAULT 0);"

"CREATE TABLE view("
"chain INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
"PRIMARY KEY(chain, key)) WITHOUT ROWID;"

"CREATE TABLE header("
"chain INTEGER NOT NULL, height INTEGER NOT NULL, hash BLOB NOT NULL,"
"claim BLOB NOT NULL, UNIQUE(chain, height));"

"CREATE TABLE proof("
"digest BLOB NOT NULL UNIQUE, chain INTEGER NOT NULL, height INTEGER NOT NULL,"
"bytes BLOB NOT NULL);"
"CREATE INDEX proof_block ON proof(chain, height);"

"CREATE TABLE record("
"record INTEGER PRIMARY KEY, side INTEGER NOT NULL, chain INTEGER NOT NULL,"
"type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,"
"digest BLOB NOT NULL, state TEXT NOT NULL, height INTEGER NOT NULL,"
"tx INTEGER NOT NULL, item INTEGER NOT NULL, key BLOB,"
"UNIQUE(side, chain, type, id));"
"CREATE INDEX record_key ON record(side, chain, key) WHERE key IS NOT NULL;"
"CREATE INDEX record_id ON record(id);";

static const char step_2[] =
"CREATE TABLE transfer_out("
"seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, state INTEGER NOT NULL,"
"priority INTEGER NOT NULL, route TEXT NOT NULL, peer TEXT NOT NULL,"
"chain INTEGER NOT NULL, height INTEGER NOT NULL, record INTEGER,"
"version INTEGER NOT NULL, digest BLOB, assurance INTEGER NOT NULL,"
"proof_ref BLOB, not_after INTEGER NOT NULL, as_of_height INTEGER NOT NULL,"
"as_of_hash BLOB, as_of_basis INTEGER NOT NULL, decision TEXT NOT NULL,"
"reason TEXT NOT NULL, entry INTEGER, by_id BLOB, queued_at INTEGER NOT NULL,"
"changed_at INTEGER NOT NULL, next_try_at INTEGER NOT NULL,"
"tries INTEGER NOT NULL, receipt_height INTEGER NOT NULL);"
"CREATE INDEX out_due ON transfer_out(state, route, priority DESC, seq);"
"CREATE INDEX out_record ON transfer_out(record, route) WHERE record IS NOT NULL;"
"CREATE INDEX out_proof ON transfer_out(proof_ref) WHERE proof_ref IS NOT NULL;"
"CREATE TABLE out_body("
"seq INTEGER PRIMARY KEY, id_array BLOB NOT NULL, payload BLOB NOT NULL,"
"proof BLOB, duty BLOB);"
"CREATE TABLE out_receipt("
"seq INTEGER PRIMARY KEY, proof BLOB, proof_ref BLOB);"
"CREATE INDEX out_receipt_proof ON out_receipt(proof_ref)"
" WHERE proof_ref IS NOT NULL;"

"CREATE TABLE transfer_in("
"seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, state INTEGER NOT NULL,"
"peer TEXT NOT NULL, source BLOB NOT NULL, destination BLOB NOT NULL,"
"height INTEGER NOT NULL, digest BLOB NOT NULL, envelope BLOB,"
"proof_ref BLOB, not_after INTEGER NOT NULL, as_of_height INTEGER NOT NULL,"
"as_of_hash BLOB, as_of_basis INTEGER NOT NULL, entry INTEGER NOT NULL,"
"record INTEGER, version INTEGER NOT NULL, decision TEXT NOT NULL,"
"reason TEXT NOT NULL, received_at INTEGER NOT NULL,"
"changed_at INTEGER NOT NULL, next_try_at INTEGER NOT NULL,"
"tries INTEGER NOT NULL, receipt_height INTEGER NOT NULL,"
"receipt_due INTEGER NOT NULL, receipt_tries INTEGER NOT NULL);"
"CREATE INDEX in_due ON transfer_in(state, destination, seq);"
"CREATE INDEX in_owed ON transfer_in(peer, receipt_due) WHERE receipt_due > 0;"
"CREATE INDEX in_record ON transfer_in(record) WHERE record IS NOT NULL;"
"CREATE INDEX in_proof ON transfer_in(proof_ref) WHERE proof_ref IS NOT NULL;"
"CREATE TABLE in_body("
"seq INTEGER PRIMARY KEY, id_array BLOB NOT NULL, payload BLOB NOT NULL,"
"duty BLOB, audit BLOB);"
"CREATE TABLE in_receipt("
"seq INTEGER PRIMARY KEY, tx BLOB, proof BLOB, proof_ref BLOB);"
"CREATE INDEX in_receipt_proof ON in_receipt(proof_ref)"
" WHERE proof_ref IS NOT NULL;"

"CREATE TABLE evidence("
"digest BLOB PRIMARY KEY, scope INTEGER NOT NULL, name TEXT NOT NULL,"
"height INTEGER NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL);"
"CREATE TABLE freeze("
"scope INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL,"
"evidence BLOB, why TEXT NOT NULL, PRIMARY KEY(scope, name)) WITHOUT ROWID;"

"CREATE TABLE audit("
"seq INTEGER PRIMARY KEY, type TEXT NOT NULL, transfer BLOB,"
"leaf BLOB NOT NULL, entry BLOB NOT NULL);"
"CREATE INDEX audit_transfer ON audit(transfer) WHERE transfer IS NOT NULL;"
"CREATE TABLE audit_node(node INTEGER PRIMARY KEY, hash BLOB NOT NULL);"
"CREATE TABLE opening("
"seq INTEGER NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL,"
"PRIMARY KEY(seq, name)) WITHOUT ROWID;"
"CREATE TABLE checkpoint("
"size INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes BLOB NOT NULL,"
"signature BLOB NOT NULL);"

"CREATE TABLE cursor("
"chain INTEGER NOT NULL, name TEXT NOT NULL, next INTEGER NOT NULL,"
"PRIMARY KEY(chain, name)) WITHOUT ROWID;";

static const char step_3[] =
"CREATE TABLE message("
"seq INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, at INTEGER NOT NULL,"
"envelope BLOB NOT NULL, signature BLOB NOT NULL, items BLOB);";
/* clang-format on */

static const char *const steps[] = { step_1, step_2, step_3 };

const struct qiao_schema qiao_schema_gateway = {
	.name = "gateway store",
	.application_id = 0x5169616f, /* "Qiao" */
	.steps = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
