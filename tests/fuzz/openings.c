/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two length bytes, a head of that length, and the openings of its fields. What
 * is complete holds exactly what the head commits to.
 */
#include "gateway/base/reader.h"
#include "gateway/base/slice.h"
#include "gateway/record/native.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* A catalogue without types: every record is refused, complete or not. */
static struct qiao_catalogue *catalogue_make(void)
{
	static const char text[] = "catalogue = { format = 1; id = \"c\"; "
				   "version = 1; records = (); };";
	struct qiao_diags d = { .errors = 0 };
	struct qiao_catalogue *cat;
	struct qiao_conf *c;

	must(qiao_conf_parse(&c, &d, "c", qiao_slice_str(text)) == QIAO_OK);
	must(qiao_catalogue_parse(&cat, &d, c) == QIAO_OK);
	qiao_conf_free(c);
	qiao_diags_free(&d);
	return cat;
}

static struct qiao_orgs *orgs_make(void)
{
	static const char text[] = "orgs = { format = 1; id = \"o\"; "
				   "version = 1; list = (); };";
	struct qiao_diags d = { .errors = 0 };
	struct qiao_orgs *orgs;
	struct qiao_conf *c;

	must(qiao_conf_parse(&c, &d, "o", qiao_slice_str(text)) == QIAO_OK);
	must(qiao_orgs_parse(&orgs, &d, c) == QIAO_OK);
	qiao_conf_free(c);
	qiao_diags_free(&d);
	return orgs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qiao_record_env env = { .chain = "led" };
	struct qiao_reader r = qiao_reader_of(qiao_slice_of(data, size));
	struct qiao_source_head in = { .height = 1 };
	struct qiao_record out;
	struct qiao_hash root;

	if (!env.cat)
		env.cat = catalogue_make();
	if (!env.orgs)
		env.orgs = orgs_make();
	in.head = qiao_get(&r, qiao_get_u16(&r));
	/* of no federation in particular: whatever the head says */
	if (in.head.n > 5 + 32)
		qiao_hash_from(&env.network, qiao_slice_of(in.head.p + 6, 32));
	in.openings = qiao_get(&r, r.left);
	must(qiao_native_apply(&out, &env, &in) == QIAO_E_DENIED);
	must(out.refusal.code != NULL);
	qiao_fields_root(&root, &out.fields);
	if (out.complete)
		must(out.fields.n == out.head.fields &&
		     qiao_hash_eq(&root, &out.head.fields_root));
	qiao_record_fini(&out);
	return 0;
}
