/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/rules.h"

#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/rules_source.h"
#include "gateway/daemon/spawner.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE (2 * QIAO_PATH_LEN)

static const char *in_data(char *out, const struct qiao_daemon *d,
			   const char *name)
{
	snprintf(out, PATH_SIZE, "%s/%s", d->cfg->data, name);
	return out;
}

/* --- bytes to rules ------------------------------------------------------ */

static bool is_of_chain(const struct qiao_conf_file *f, const char *chain)
{
	size_t n = strlen(chain);

	return strncmp(f->name, chain, n) == 0 &&
	       strcmp(f->name + n, ".cfg") == 0;
}

/* Its path as the operator knows it, for findings. */
static const char *mapping_path(char out[PATH_SIZE],
				const struct qiao_conf_file *f,
				const struct qiao_config *cfg)
{
	for (size_t i = 0; cfg && i < cfg->n_chains; i++)
		if (is_of_chain(f, cfg->chains[i].name))
			return cfg->chains[i].mapping;
	snprintf(out, PATH_SIZE, "mapping of chain %s", f->name);
	return out;
}

static qiao_err parse_mapping(struct qiao_mapping **out,
			      struct qiao_diags *diags,
			      const struct qiao_conf_file *f,
			      const struct qiao_policy *policy,
			      const struct qiao_config *cfg)
{
	char path[PATH_SIZE];
	struct qiao_conf *c = NULL;
	qiao_err err = qiao_conf_parse(&c, diags, mapping_path(path, f, cfg),
				       f->bytes);

	*out = NULL;
	if (err == QIAO_OK)
		err = qiao_mapping_parse(out, diags, c,
					 qiao_policy_catalogue(policy),
					 qiao_policy_orgs(policy));
	qiao_conf_free(c);
	return err;
}

static qiao_err add_mapping(struct qiao_rules *r, struct qiao_diags *diags,
			    const struct qiao_conf_file *f,
			    const struct qiao_config *cfg)
{
	for (size_t i = 0; i < cfg->n_chains; i++) {
		if (!is_of_chain(f, cfg->chains[i].name))
			continue;
		qiao_sha256(&r->mapping_sha256[i], f->bytes);
		return parse_mapping(&r->mapping[i], diags, f, r->policy, cfg);
	}
	return QIAO_OK; /* of a chain that is not configured any more */
}

static qiao_err build(struct qiao_rules **out, struct qiao_diags *diags,
		      const struct qiao_rules_source *s,
		      const struct qiao_config *cfg)
{
	struct qiao_rules *r = qiao_calloc(1, sizeof(*r));
	qiao_err err;

	*out = NULL;
	if (!r)
		return QIAO_E_NOMEM;
	atomic_init(&r->refs, 1);
	r->n = cfg->n_chains;
	err = qiao_policy_load(&r->policy, diags, s->rules.files, s->rules.n,
			       qiao_now_ms());
	for (size_t i = 0; i < s->mapping.n && err == QIAO_OK; i++)
		err = add_mapping(r, diags, &s->mapping.files[i], cfg);
	if (err == QIAO_OK)
		err = qiao_rules_source_digest(&r->sources, s);
	if (err != QIAO_OK)
		qiao_rules_release(r);
	else
		*out = r;
	return err;
}

/* cfg may be NULL: the process that checks knows the files only. */
static qiao_err check_source(struct qiao_diags *diags,
			     const struct qiao_rules_source *s,
			     const struct qiao_config *cfg)
{
	struct qiao_policy *p = NULL;
	qiao_err err = qiao_policy_load(&p, diags, s->rules.files, s->rules.n,
					qiao_now_ms());

	for (size_t i = 0; i < s->mapping.n && p; i++) {
		struct qiao_mapping *m;
		qiao_err e =
			parse_mapping(&m, diags, &s->mapping.files[i], p, cfg);

		qiao_mapping_free(m);
		err = e != QIAO_OK ? e : err;
	}
	qiao_policy_unref(p);
	return err;
}

qiao_err qiao_rules_check(struct qiao_diags *diags, const char *dir)
{
	struct qiao_rules_source s;
	qiao_err err = qiao_rules_source_read(&s, diags, dir);

	if (err == QIAO_OK)
		err = check_source(diags, &s, NULL);
	qiao_rules_source_free(&s);
	return err;
}

qiao_err qiao_rules_check_config(struct qiao_diags *diags,
				 const struct qiao_config *cfg)
{
	struct qiao_rules_source s;
	qiao_err err = qiao_rules_source_config(&s, diags, cfg);

	if (err == QIAO_OK)
		err = check_source(diags, &s, cfg);
	qiao_rules_source_free(&s);
	return err;
}

/* --- load ---------------------------------------------------------------- */

/* The first line of the findings: the reader sees the rest where they are. */
static qiao_err first_finding(struct qiao_why *why, qiao_err err,
			      const struct qiao_buf *findings)
{
	const uint8_t *end =
		findings->n ? memchr(findings->p, '\n', findings->n) : NULL;
	size_t n = end ? (size_t)(end - findings->p) : findings->n;

	if (n == 0)
		return err;
	return qiao_fail(why, err, "policy: %.*s", (int)n,
			 (const char *)findings->p);
}

/* What the other process looked at must be what is loaded here. */
static qiao_err same_on_disk(const struct qiao_rules_source *s, const char *dir,
			     struct qiao_why *why)
{
	struct qiao_diags diags = { .errors = 0 };
	struct qiao_rules_source now;
	struct qiao_hash want, have;
	qiao_err err = qiao_rules_source_read(&now, &diags, dir);

	if (err == QIAO_OK)
		err = qiao_rules_source_digest(&have, &now);
	if (err == QIAO_OK)
		err = qiao_rules_source_digest(&want, s);
	if (err == QIAO_OK && !qiao_hash_eq(&want, &have))
		err = QIAO_E_STATE;
	if (err != QIAO_OK && err != QIAO_E_NOMEM)
		qiao_fail(
			why, err,
			"%s was changed while it was checked; who else writes "
			"there?",
			dir);
	qiao_rules_source_free(&now);
	qiao_diags_free(&diags);
	return err;
}

static qiao_err check_apart(struct qiao_daemon *d,
			    const struct qiao_rules_source *s,
			    struct qiao_buf *findings, struct qiao_why *why)
{
	char dir[PATH_SIZE];
	qiao_err err = qiao_rules_source_write(
		s, in_data(dir, d, "policy-check"), why);

	/* without a spawner (tests) the load below is the only check */
	if (err == QIAO_OK && d->spawner)
		err = qiao_spawner_check_policy(d->spawner, findings, dir, why);
	return err == QIAO_OK ? same_on_disk(s, dir, why) : err;
}

/* Every policy that was in force is kept for the auditor, by its digest. */
static qiao_err keep(struct qiao_daemon *d, const struct qiao_rules_source *s,
		     const struct qiao_rules *r, struct qiao_why *why)
{
	struct qiao_policy_info info;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], name[128], dir[PATH_SIZE];
	char last[PATH_SIZE];
	qiao_err err = qiao_dir_need(in_data(dir, d, "policies"), 0700, why);

	qiao_policy_info(r->policy, &info);
	snprintf(name, sizeof(name), "policies/%s",
		 qiao_hex_encode(hex, qiao_slice_hash(&info.sha256)));
	if (err == QIAO_OK)
		err = qiao_folder_write(&s->rules, in_data(dir, d, name), why);
	if (err == QIAO_OK)
		err = qiao_rules_source_write(
			s, in_data(last, d, "policy-last"), why);
	return err;
}

static qiao_err load(struct qiao_rules **out, struct qiao_daemon *d,
		     struct qiao_buf *findings, struct qiao_why *why)
{
	struct qiao_rules_source s;
	struct qiao_diags diags = { .errors = 0 };
	qiao_err err = qiao_rules_source_config(&s, &diags, d->cfg);

	*out = NULL;
	if (err == QIAO_OK)
		err = check_apart(d, &s, findings, why);
	if (err == QIAO_OK) {
		/* the child said the same and its warnings once already */
		qiao_buf_clear(&diags.text);
		err = build(out, &diags, &s, d->cfg);
	}
	if (err != QIAO_OK || !d->spawner)
		qiao_buf_put(findings, qiao_buf_slice(&diags.text));
	if (err == QIAO_OK)
		err = keep(d, &s, *out, why);
	else
		first_finding(why, err, findings);
	if (err != QIAO_OK) {
		qiao_rules_release(*out);
		*out = NULL;
	}
	qiao_rules_source_free(&s);
	qiao_diags_free(&diags);
	return err;
}

static void note_problem(struct qiao_daemon *d, const struct qiao_why *why)
{
	pthread_mutex_lock(&d->rules_lock);
	snprintf(d->rules_problem, sizeof(d->rules_problem), "%s", why->text);
	pthread_mutex_unlock(&d->rules_lock);
	qiao_log(QIAO_LOG_ERROR, "policy-refused", "why=\"%s\"", why->text);
}

static qiao_err load_last(struct qiao_rules **out, struct qiao_daemon *d)
{
	struct qiao_rules_source s;
	struct qiao_diags diags = { .errors = 0 };
	char dir[PATH_SIZE];
	qiao_err err = qiao_rules_source_read(&s, &diags,
					      in_data(dir, d, "policy-last"));

	*out = NULL;
	if (err == QIAO_OK)
		err = build(out, &diags, &s, d->cfg);
	qiao_rules_source_free(&s);
	qiao_diags_free(&diags);
	return err;
}

qiao_err qiao_rules_start(struct qiao_daemon *d, struct qiao_buf *findings,
			  struct qiao_why *why)
{
	qiao_err err = load(&d->rules, d, findings, why);

	if (err != QIAO_OK && load_last(&d->rules, d) == QIAO_OK) {
		note_problem(d, why);
		err = QIAO_OK;
	}
	d->rules_at = qiao_now_ms();
	return err;
}

/* --- exchange ------------------------------------------------------------ */

void qiao_rules_audit(struct qiao_audit_entry *e, const char *key,
		      const struct qiao_rules *r)
{
	struct qiao_policy_info info;
	struct qiao_jw *w = qiao_audit_value(e, key);

	if (!r) {
		qiao_jw_null(w);
		return;
	}
	qiao_policy_info(r->policy, &info);
	qiao_jw_obj(w);
	qiao_jw_kint(w, "seq", (int64_t)info.seq);
	qiao_jw_khex(w, "sha256", qiao_slice_hash(&info.sha256));
	qiao_jw_kbool(w, "unsigned", info.is_unsigned);
	qiao_jw_end(w);
}

void qiao_rules_audit_mappings(struct qiao_audit_entry *e,
			       const struct qiao_config *cfg,
			       const struct qiao_rules *r)
{
	struct qiao_jw *w = qiao_audit_value(e, "mappings");

	qiao_jw_arr(w);
	for (size_t i = 0; r && i < r->n; i++) {
		if (!r->mapping[i])
			continue;
		qiao_jw_obj(w);
		qiao_jw_kstr(w, "chain", cfg->chains[i].name);
		qiao_jw_khex(w, "sha256",
			     qiao_slice_hash(&r->mapping_sha256[i]));
		qiao_jw_end(w);
	}
	qiao_jw_end(w);
}

struct activate_arg {
	struct qiao_daemon *d;
	const struct qiao_rules *rules;
};

static qiao_err write_activated(struct qiao_txn *txn, void *arg)
{
	struct activate_arg *a = arg;
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "policy_activated", qiao_now_ms());
	qiao_rules_audit(&e, "bundle", a->rules);
	qiao_rules_audit_mappings(&e, a->d->cfg, a->rules);
	return qiao_audit_append(&a->d->log, txn, &e, NULL, NULL);
}

static bool is_same(const struct qiao_rules *a, const struct qiao_rules *b)
{
	return a && b && qiao_hash_eq(&a->sources, &b->sources);
}

static void exchange(struct qiao_daemon *d, struct qiao_rules *fresh)
{
	struct qiao_rules *old;

	pthread_mutex_lock(&d->rules_lock);
	old = d->rules;
	d->rules = fresh;
	d->rules_at = qiao_now_ms();
	d->rules_problem[0] = '\0';
	pthread_mutex_unlock(&d->rules_lock);
	qiao_rules_release(old);
}

qiao_err qiao_rules_reload(struct qiao_daemon *d, bool *same,
			   struct qiao_buf *findings, struct qiao_why *why)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct qiao_rules *fresh, *old;
	qiao_err err;

	pthread_mutex_lock(&one); /* one folder to check in */
	err = load(&fresh, d, findings, why);
	old = qiao_rules_take(d);
	*same = is_same(old, fresh);
	qiao_rules_release(old);
	if (err == QIAO_OK && !*same) {
		struct activate_arg a = { d, fresh };

		/* before any decision can be made under it */
		err = qiao_store_write(d->store, write_activated, &a);
		if (err != QIAO_OK)
			qiao_fail(why, err, "the store took no entry: %s",
				  qiao_strerror(err));
	}
	if (err == QIAO_OK) {
		exchange(d, fresh);
		qiao_log(QIAO_LOG_INFO, "policy-loaded", "same=%s",
			 *same ? "yes" : "no");
	} else {
		qiao_rules_release(fresh);
		note_problem(d, why);
	}
	pthread_mutex_unlock(&one);
	return err;
}
