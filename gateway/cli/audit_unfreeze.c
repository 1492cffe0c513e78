/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_unfreeze.h"

#include "gateway/audit/unfreeze.h"
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <string.h>

static struct qiao_slice text_at(const struct qiao_json *e, const char *key)
{
	return qiao_json_text(qiao_json_get(e, key));
}

static qiao_err wrong(struct qiao_why *why, const char *what)
{
	return qiao_fail(why, QIAO_E_PROOF, "%s", what);
}

static bool signed_by(struct qiao_unfreeze_signed *s, size_t i,
		      const struct qiao_json *operator_)
{
	char text[QIAO_PUBKEY_TEXT_LEN];
	struct qiao_pubkey key;

	if (!qiao_str_copy(text, sizeof(text), text_at(operator_, "key")) ||
	    qiao_pubkey_read(&key, text) != QIAO_OK ||
	    !qiao_hex_decode(s->by[i].sig.b, sizeof(s->by[i].sig.b),
			     text_at(operator_, "signature")))
		return false;
	s->by[i].key = qiao_pubkey_id(&key);
	s->n = i + 1;
	return qiao_unfreeze_check(s, i, &key) == QIAO_OK;
}

static qiao_err check_operators(struct qiao_unfreeze_signed *s,
				const struct qiao_json *list,
				struct qiao_why *why)
{
	const struct qiao_json *a = qiao_json_at(list, 0);
	const struct qiao_json *b = qiao_json_at(list, 1);

	if (qiao_json_count(list) != QIAO_UNFREEZE_SIGS)
		return wrong(why, "a freeze was lifted by other than two "
				  "operators");
	if (text_at(a, "id").n == 0 || text_at(b, "id").n == 0 ||
	    qiao_slice_eq(text_at(a, "id"), text_at(b, "id")) ||
	    qiao_slice_eq(text_at(a, "key"), text_at(b, "key")))
		return wrong(why, "a freeze was lifted by one operator alone");
	if (!signed_by(s, 0, a) || !signed_by(s, 1, b))
		return wrong(why, "an operator's signature is not good");
	return QIAO_OK;
}

qiao_err qiao_audit_unfrozen(const struct qiao_json *entry,
			     const struct qiao_hash *network,
			     const char *gateway, struct qiao_why *why)
{
	struct qiao_slice hex = text_at(entry, "statement");
	uint8_t bytes[QIAO_UNFREEZE_MAX];
	struct qiao_unfreeze_signed s = { .statement = { bytes, hex.n / 2 } };
	struct qiao_unfreeze u;
	bool chain = qiao_slice_is(text_at(entry, "scope"), "chain");

	if (hex.n / 2 > sizeof(bytes) ||
	    !qiao_hex_decode(bytes, hex.n / 2, hex) ||
	    qiao_unfreeze_parse(&u, s.statement) != QIAO_OK)
		return wrong(why, "a freeze was lifted without a statement");
	if (!qiao_hash_eq(&u.network, network) ||
	    strcmp(u.gateway, gateway) != 0 ||
	    u.scope != (chain ? QIAO_UNFREEZE_CHAIN : QIAO_UNFREEZE_ROUTE) ||
	    !qiao_slice_is(text_at(entry, "name"), u.name) ||
	    !qiao_slice_is(text_at(entry, "reason"), u.reason))
		return wrong(why, "the operators signed something else");
	return check_operators(&s, qiao_json_get(entry, "operators"), why);
}
