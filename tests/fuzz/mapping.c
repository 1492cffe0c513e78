/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document of a foreign contract, through the demo's mapping file. Whatever
 * comes of it is either refused with a reason, or a head and fields that a
 * receiver accepts.
 */
#include "gateway/record/mapping.h"
#include "gateway/base/slice.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct qiao_record_env env = { .chain = "nanjing",
				      .network = { { 1 } },
				      .now_ms = INT64_C(1795140000000) };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct qiao_conf *load(struct qiao_diags *d, const char *path)
{
	struct qiao_conf *c;

	must(qiao_conf_load(&c, d, path) == QIAO_OK);
	return c;
}

/* Kept for the whole run. */
static void env_load(void)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *c = load(&d, "configs/demo/catalogue.cfg");
	static struct qiao_catalogue *cat;
	static struct qiao_orgs *orgs;
	static struct qiao_mapping *map;

	must(qiao_catalogue_parse(&cat, &d, c) == QIAO_OK);
	qiao_conf_free(c);
	c = load(&d, "configs/demo/orgs.cfg");
	must(qiao_orgs_parse(&orgs, &d, c) == QIAO_OK);
	qiao_conf_free(c);
	c = load(&d, "configs/demo/mapping.cfg");
	must(qiao_mapping_parse(&map, &d, c, cat, orgs) == QIAO_OK);
	qiao_conf_free(c);
	qiao_diags_free(&d);
	env.cat = cat;
	env.orgs = orgs;
	env.mapping = map;
}

static void receiver_accepts(const struct qiao_record *r)
{
	struct qiao_buf head = QIAO_BUF, disclosure = QIAO_BUF;
	uint8_t clear[QIAO_FIELDS_MAX];
	struct qiao_disclosure d;
	struct qiao_head back;

	memset(clear, QIAO_MASK_CLEAR, sizeof(clear));
	must(qiao_head_encode(&head, &r->head) == QIAO_OK);
	must(qiao_head_parse(&back, qiao_buf_slice(&head), NULL) == QIAO_OK);
	must(qiao_disclosure_encode(&disclosure, &r->fields, clear) == QIAO_OK);
	must(qiao_disclosure_parse(&d, qiao_buf_slice(&disclosure), NULL) ==
	     QIAO_OK);
	must(qiao_disclosure_check(&d, &back, NULL) == QIAO_OK);
	qiao_disclosure_free(&d);
	qiao_buf_free(&head);
	qiao_buf_free(&disclosure);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct qiao_source_write w = {
		.space = qiao_slice_str("records"),
		.key = qiao_slice_str("REC_A"),
		.value = qiao_slice_of(data, size),
		.issuer = qiao_slice_str("NanjingMSP"),
	};
	static const struct qiao_hash seed = { { 1 } };
	struct qiao_record r;
	qiao_err err;

	if (!env.cat)
		env_load();
	err = qiao_mapping_apply(&r, &env, &w, &seed);
	must(err == QIAO_OK ? !r.refusal.code
			    : err == QIAO_E_DENIED && r.refusal.code);
	must(err != QIAO_OK || r.complete);
	if (r.complete)
		receiver_accepts(&r);
	qiao_record_fini(&r);
	return 0;
}
