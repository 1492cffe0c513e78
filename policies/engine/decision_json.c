/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/decision_json.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "policies/engine/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *qiao_decision_id(char out[QIAO_DECISION_ID_LEN],
		       const struct qiao_hash *transfer, enum qiao_point point)
{
	const struct qiao_slice parts[] = {
		qiao_slice_hash(transfer),
		qiao_slice_str(qiao_point_name(point)),
	};
	struct qiao_hash h;

	qiao_sha256_list(&h, parts, 2);
	memcpy(out, "d-", 2);
	qiao_hex_encode(out + 2, qiao_slice_of(h.b, 16));
	return out;
}

/* No parser lets one beyond 2^53 in; the writer would refuse it. */
static void put_uint(struct qiao_jw *w, const char *key, uint64_t v)
{
	qiao_jw_kint(w, key, v < INT64_MAX ? (int64_t)v : INT64_MAX);
}

static void put_bundle(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	struct qiao_policy_info info;

	if (!r->policy) {
		qiao_jw_null(w);
		return;
	}
	qiao_policy_info(r->policy, &info);
	qiao_jw_obj(w);
	put_uint(w, "seq", info.seq);
	qiao_jw_khex(w, "sha256", qiao_slice_hash(&info.sha256));
	qiao_jw_end(w);
}

static void put_decision(struct qiao_jw *w,
			 const struct qiao_decision_record *r)
{
	qiao_jw_cstr(w, qiao_verdict_name(r->decision->verdict));
}

static void put_proof(struct qiao_jw *w, const struct qiao_policy_facts *f)
{
	qiao_jw_obj(w);
	if (f->proof_age_s < 0) {
		qiao_jw_key(w, "age_s");
		qiao_jw_null(w);
	} else {
		put_uint(w, "age_s", (uint64_t)f->proof_age_s);
	}
	qiao_jw_khex(w, "block", qiao_slice_hash(&f->proof_block));
	qiao_jw_kstr(w, "finality", qiao_finality_word(f->proof_final));
	put_uint(w, "height", f->proof_height);
	qiao_jw_kstr(w, "validity", qiao_validity_word(f->proof_validity));
	qiao_jw_kbool(w, "verified", f->proof_verified);
	qiao_jw_end(w);
}

static void put_facts(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	const struct qiao_policy_facts *f = r->facts;

	qiao_jw_obj(w);
	qiao_jw_kbool(w, "allow_endorsed_only", f->allow_endorsed_only);
	qiao_jw_kbool(w, "allow_recorded", f->allow_recorded);
	qiao_jw_kstr(w, "assurance", qiao_assurance_word(f->assurance));
	qiao_jw_kstr(w, "checks", qiao_checks_word(f->checks));
	qiao_jw_key(w, "checks_text");
	qiao_jw_arr(w);
	for (size_t i = 0; i < f->n_checks_text && i < QIAO_DECISION_CHECKS_MAX;
	     i++)
		qiao_jw_cstr(w, f->checks_text[i]);
	qiao_jw_end(w);
	qiao_jw_kbool(w, "clock_ok", f->clock_ok);
	qiao_jw_kstr(w, "currency", qiao_currency_word(f->currency));
	qiao_jw_kbool(w, "issuer_ok", f->issuer_ok);
	qiao_jw_kstr(w, "origin", qiao_origin_word(f->origin));
	qiao_jw_key(w, "proof");
	put_proof(w, f);
	qiao_jw_kbool(w, "replay", f->replay);
	qiao_jw_kbool(w, "state_ok", f->state_ok);
	qiao_jw_end(w);
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Position of each name in the request, by name: an object's keys ascend. */
static size_t names_sort(const char **out, const char *const *names, size_t n)
{
	if (n > QIAO_FIELDS_MAX)
		n = QIAO_FIELDS_MAX;
	for (size_t i = 0; i < n; i++)
		out[i] = names[i];
	qsort(out, n, sizeof(*out), text_order);
	return n;
}

static enum qiao_show show_of(const struct qiao_decision_record *r,
			      const char *name)
{
	for (size_t i = 0; i < r->decision->n_show; i++)
		if (strcmp(r->request->fields[i], name) == 0)
			return (enum qiao_show)r->decision->show[i];
	return QIAO_SHOW_WITHHELD;
}

static void put_fields(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	const char *sorted[QIAO_FIELDS_MAX];
	size_t n = names_sort(sorted, r->request->fields, r->decision->n_show);

	qiao_jw_obj(w);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0)
			qiao_jw_kstr(w, sorted[i],
				     qiao_show_name(show_of(r, sorted[i])));
	qiao_jw_end(w);
}

static void put_id(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	char id[QIAO_DECISION_ID_LEN];

	qiao_jw_cstr(w, qiao_decision_id(id, &r->transfer, r->request->point));
}

static void put_obligations(struct qiao_jw *w,
			    const struct qiao_decision_record *r)
{
	char text[40];

	qiao_jw_arr(w);
	if (r->decision->receipt_ms) {
		snprintf(text, sizeof(text), "receipt:%" PRId64 "s",
			 r->decision->receipt_ms / 1000);
		qiao_jw_cstr(w, text);
	}
	qiao_jw_end(w);
}

static void put_point(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	qiao_jw_cstr(w, qiao_point_name(r->request->point));
}

static void put_reason(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	qiao_jw_cstr(w, qiao_reason_code(r->decision->reason));
}

static void put_record(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	const struct qiao_policy_request *q = r->request;

	qiao_jw_obj(w);
	qiao_jw_kint(w, "class", q->record_class);
	qiao_jw_key(w, "clear");
	qiao_jw_arr(w);
	for (size_t i = 0; q->in_clear && i < q->n_fields; i++)
		if (q->in_clear[i])
			qiao_jw_cstr(w, q->fields[i]);
	qiao_jw_end(w);
	qiao_jw_key(w, "fields");
	qiao_jw_arr(w);
	for (size_t i = 0; i < q->n_fields; i++)
		qiao_jw_cstr(w, q->fields[i]);
	qiao_jw_end(w);
	qiao_jw_kstr(w, "ref", r->record_ref);
	qiao_jw_kstr(w, "state", q->record_state);
	qiao_jw_kstr(w, "type", q->record_type);
	put_uint(w, "version", q->record_version);
	qiao_jw_end(w);
}

static void put_party(struct qiao_jw *w, const char *key, const char *chain,
		      const char *org)
{
	qiao_jw_key(w, key);
	qiao_jw_obj(w);
	qiao_jw_kstr(w, "chain", chain);
	qiao_jw_kstr(w, "org", org);
	qiao_jw_end(w);
}

static void put_request(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	const struct qiao_policy_request *q = r->request;

	qiao_jw_obj(w);
	qiao_jw_kstr(w, "action", q->action);
	qiao_jw_key(w, "duty");
	if (q->duty_basis[0] || q->duty_case[0]) {
		qiao_jw_obj(w);
		qiao_jw_kstr(w, "basis", q->duty_basis);
		qiao_jw_kstr(w, "case", q->duty_case);
		qiao_jw_end(w);
	} else {
		qiao_jw_null(w);
	}
	put_party(w, "from", q->from_chain, q->from_org);
	qiao_jw_kbool(w, "onward", q->onward);
	qiao_jw_kstr(w, "purpose", q->purpose);
	qiao_jw_kbool(w, "state_change_to_holder", q->state_change_to_holder);
	put_party(w, "to", q->to_chain, q->to_org);
	qiao_jw_end(w);
}

static void put_rules(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	qiao_jw_arr(w);
	for (size_t i = 0; i < r->decision->n_rules; i++)
		qiao_jw_cstr(w, r->decision->rules[i]);
	qiao_jw_end(w);
}

static void put_transfer(struct qiao_jw *w,
			 const struct qiao_decision_record *r)
{
	qiao_jw_hex(w, qiao_slice_hash(&r->transfer));
}

static void put_unmet(struct qiao_jw *w, const struct qiao_decision_record *r)
{
	qiao_jw_arr(w);
	for (size_t i = 0; i < r->decision->n_unmet; i++)
		qiao_jw_cstr(w, qiao_reason_code(r->decision->unmet[i]));
	qiao_jw_end(w);
}

const char *const qiao_decision_keys[] = {
	"bundle",      "decision", "facts",  "fields", "id",
	"obligations", "point",    "reason", "record", "request",
	"rules",       "transfer", "unmet",  NULL,
};

typedef void (*member_put)(struct qiao_jw *w,
			   const struct qiao_decision_record *r);
static const member_put members[] = {
	put_bundle,      put_decision, put_facts,  put_fields, put_id,
	put_obligations, put_point,    put_reason, put_record, put_request,
	put_rules,       put_transfer, put_unmet,
};

void qiao_decision_put(struct qiao_jw *w, const struct qiao_decision_record *r,
		       size_t i)
{
	members[i](w, r);
}
