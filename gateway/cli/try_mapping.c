/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/try_mapping.h"

#include "gateway/base/clock.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/cli/cli.h"
#include "gateway/conf/folder.h"
#include "gateway/record/finding.h"
#include "gateway/record/mapping.h"
#include "policies/engine/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 400 /* of a namespace or key, escaped */

struct counts {
	uint64_t records, refused, ignored, deleted;
};

struct qiao_try_mapping {
	struct qiao_policy *policy;
	struct qiao_mapping *mapping;
	struct qiao_record_env env;
	struct qiao_buf text; /* lines of the block that is judged */
	struct counts block, all;
};

static qiao_err policy_load(struct qiao_try_mapping *t, struct qiao_diags *d,
			    const char *dir)
{
	struct qiao_conf_folder folder = { .n = 0 };
	qiao_err err = qiao_conf_folder_read(&folder, d, dir);

	if (err == QIAO_OK)
		err = qiao_policy_load(&t->policy, d, folder.files, folder.n,
				       0);
	qiao_conf_folder_free(&folder);
	return err;
}

static qiao_err load(struct qiao_try_mapping *t, struct qiao_diags *d,
		     const char *mapping, const char *policy)
{
	struct qiao_conf *c = NULL;
	qiao_err err = policy_load(t, d, policy);

	if (err != QIAO_OK)
		return err;
	t->env.cat = qiao_policy_catalogue(t->policy);
	t->env.orgs = qiao_policy_orgs(t->policy);
	err = qiao_conf_load(&c, d, mapping);
	if (err == QIAO_OK)
		err = qiao_mapping_parse(&t->mapping, d, c, t->env.cat,
					 t->env.orgs);
	qiao_conf_free(c);
	t->env.mapping = t->mapping;
	return err;
}

qiao_err qiao_try_mapping_open(struct qiao_try_mapping **out,
			       const char *mapping, const char *policy,
			       const char *chain, struct qiao_why *why)
{
	struct qiao_try_mapping *t = qiao_calloc(1, sizeof(*t));
	struct qiao_diags d = { .errors = 0 };
	qiao_err err = QIAO_E_NOMEM;

	*out = NULL;
	if (t) {
		t->env.chain = chain;
		t->env.now_ms = qiao_now_ms();
		err = load(t, &d, mapping, policy);
	}
	if (d.text.n > 0)
		fwrite(d.text.p, 1, d.text.n, stderr);
	qiao_diags_free(&d);
	if (err == QIAO_OK) {
		*out = t;
		return err;
	}
	qiao_try_mapping_free(t);
	return qiao_fail(why, err, "%s cannot be tried with %s: %s", mapping,
			 policy, qiao_strerror(err));
}

void qiao_try_mapping_free(struct qiao_try_mapping *t)
{
	if (!t)
		return;
	qiao_mapping_free(t->mapping);
	qiao_policy_unref(t->policy);
	qiao_buf_free(&t->text);
	qiao_free(t);
}

static void say_origin(struct qiao_buf *out, const struct qiao_proven *p)
{
	char space[SHOWN], key[SHOWN];

	qiao_buf_printf(out, "  %s/%s -> ",
			qiao_str_escape(space, sizeof(space), p->space),
			qiao_str_escape(key, sizeof(key), p->key));
}

/* In both languages, as everywhere that a reason is given. */
static void say_findings(struct qiao_buf *out, const struct qiao_record *r)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		struct qiao_slice f = qiao_slice_str(r->findings[i]);

		qiao_buf_put_str(out, "      ");
		qiao_buf_put(out, f);
		for (int zh = 1; zh >= 0; zh--) {
			qiao_buf_put_str(out, "\n        ");
			qiao_finding_text(out, f, zh);
		}
		qiao_buf_put_str(out, "\n");
	}
}

static void say_issuer(struct qiao_buf *out, const struct qiao_proven *p)
{
	char msp[SHOWN], ou[SHOWN];

	qiao_buf_printf(out, " (written by %s, ou %s)\n",
			qiao_str_escape(msp, sizeof(msp), p->issuer),
			qiao_str_escape(ou, sizeof(ou), p->issuer_ou));
}

static void say_record(struct qiao_buf *out, const struct qiao_record *r)
{
	char id[SHOWN];

	qiao_buf_printf(
		out, "%s %s %s version=%" PRIu64 " issuer=%s\n", r->head.type,
		qiao_str_escape(id, sizeof(id), qiao_slice_str(r->head.id)),
		r->head.state, r->head.version, r->head.issuer);
	say_findings(out, r);
}

static qiao_err try_write(struct qiao_try_mapping *t,
			  const struct qiao_proven *p)
{
	static const struct qiao_hash seed; /* salts are not shown */
	const struct qiao_source_write w = {
		p->space, p->key, p->value, p->issuer, p->issuer_ou, p->height
	};
	struct qiao_record r;
	qiao_err err = qiao_mapping_apply(&r, &t->env, &w, &seed);

	say_origin(&t->text, p);
	if (err == QIAO_OK) {
		t->block.records++;
		say_record(&t->text, &r);
	} else if (err == QIAO_E_NOTFOUND) {
		t->block.ignored++;
		qiao_buf_put_str(&t->text, "ignored\n");
	} else if (err == QIAO_E_DENIED) {
		t->block.refused++;
		qiao_buf_printf(&t->text, "refused %s", r.refusal.code);
		say_issuer(&t->text, p);
		say_findings(&t->text, &r);
	}
	qiao_record_fini(&r);
	return err == QIAO_E_NOTFOUND || err == QIAO_E_DENIED ? QIAO_OK : err;
}

static qiao_err try_item(void *ctx, const struct qiao_proven *p)
{
	struct qiao_try_mapping *t = ctx;
	qiao_err err = QIAO_OK;

	if (p->kind == QIAO_PROVEN_WRITE) {
		err = try_write(t, p);
	} else {
		t->block.deleted++;
		say_origin(&t->text, p);
		qiao_buf_put_str(&t->text, "deleted\n");
	}
	return err == QIAO_OK ? t->text.err : err;
}

struct qiao_proven_sink qiao_try_mapping_sink(struct qiao_try_mapping *t)
{
	return (struct qiao_proven_sink){ t, try_item };
}

void qiao_try_mapping_block(struct qiao_try_mapping *t, bool accepted)
{
	if (accepted) {
		qiao_cli_print(&t->text);
		t->all.records += t->block.records;
		t->all.refused += t->block.refused;
		t->all.ignored += t->block.ignored;
		t->all.deleted += t->block.deleted;
	}
	t->block = (struct counts){ .records = 0 };
	qiao_buf_clear(&t->text);
}

void qiao_try_mapping_summary(const struct qiao_try_mapping *t)
{
	printf("mapping: records=%" PRIu64 " refused=%" PRIu64
	       " ignored=%" PRIu64 " deleted=%" PRIu64 "\n",
	       t->all.records, t->all.refused, t->all.ignored, t->all.deleted);
}
