/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of files becomes a policy, or a list of findings. */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "policies/engine/model.h"
#include "policies/engine/test.h"

#include <stdlib.h>
#include <string.h>

#define ORGS_TRIED_MAX 1000 /* for each prefix of a rule */

enum kind {
	KIND_NONE,
	KIND_CATALOGUE,
	KIND_ORGS,
	KIND_POLICY,
	KIND_TESTS,
};

/* A file on its way in. */
struct loading {
	const struct qiao_conf_file *file;
	struct qiao_conf *c; /* NULL: it cannot be read at all */
	enum kind kind;
};

static int name_order(const void *a, const void *b)
{
	return strcmp(((const struct loading *)a)->file->name,
		      ((const struct loading *)b)->file->name);
}

static enum kind kind_of(const struct qiao_conf *c)
{
	const struct qiao_cnode *root = qiao_conf_root(c);
	enum kind kind = KIND_NONE;
	unsigned int kinds = 0;

	if (qiao_cnode_get(root, "catalogue") && ++kinds)
		kind = KIND_CATALOGUE;
	if (qiao_cnode_get(root, "orgs") && ++kinds)
		kind = KIND_ORGS;
	if ((qiao_cnode_get(root, "policy") || qiao_cnode_get(root, "rules")) &&
	    ++kinds)
		kind = KIND_POLICY;
	if (qiao_cnode_get(root, "tests") && ++kinds)
		kind = KIND_TESTS;
	return kinds == 1 ? kind : KIND_NONE;
}

/* QIAO_E_CONFIG is in d already; the others go on. */
static qiao_err file_parse(struct loading *f, struct qiao_diags *d)
{
	qiao_err err = qiao_conf_parse_to_check(&f->c, d, f->file->name,
						f->file->bytes);

	if (err != QIAO_OK && err != QIAO_E_CONFIG)
		return err;
	if (!f->c)
		return QIAO_OK;
	f->kind = kind_of(f->c);
	if (f->kind == KIND_NONE)
		qiao_diag(d, f->file->name, 1, 1, "E100",
			  "a file holds exactly one of catalogue, orgs, policy "
			  "with rules, tests");
	return QIAO_OK;
}

static qiao_err files_parse(struct loading *f, size_t n, struct qiao_diags *d)
{
	for (size_t i = 0; i < n; i++) {
		qiao_err err = file_parse(&f[i], d);

		if (err != QIAO_OK)
			return err;
		if (i && strcmp(f[i].file->name, f[i - 1].file->name) == 0)
			qiao_diag(d, f[i].file->name, 1, 1, "E104",
				  "the folder has this file twice");
	}
	return QIAO_OK;
}

/* The only file of its kind, or NULL (said). */
static const struct loading *the_one(const struct loading *f, size_t n,
				     enum kind kind, struct qiao_diags *d,
				     const char *word)
{
	const struct loading *found = NULL;
	bool unread = false;

	for (size_t i = 0; i < n; i++) {
		unread |= !f[i].c;
		if (!f[i].c || f[i].kind != kind)
			continue;
		if (found)
			qiao_diag(d, f[i].file->name, 1, 1, "E104",
				  "a second %s; the other is %s", word,
				  found->file->name);
		found = &f[i];
	}
	/* it may be the one that could not be read */
	if (!found && !unread)
		qiao_diag(d, word, 1, 1, "E102", "no file with %s", word);
	return found;
}

static bool types_list(struct qiao_loader *l)
{
	size_t n = qiao_catalogue_count(l->p->cat);

	l->types = qiao_arena_take(&l->p->arena, n, sizeof(*l->types));
	l->fits = qiao_arena_take(&l->p->arena, n, sizeof(*l->fits));
	if (!l->types || !l->fits)
		return false;
	for (; l->n_types < n; l->n_types++)
		l->types[l->n_types] = qiao_word_of(
			qiao_catalogue_at(l->p->cat, l->n_types)->type);
	return true;
}

static bool orgs_list(struct qiao_loader *l)
{
	size_t n = qiao_orgs_count(l->p->orgs);

	l->orgs = qiao_arena_take(&l->p->arena, n, sizeof(*l->orgs));
	if (!l->orgs)
		return false;
	for (; l->n_orgs < n; l->n_orgs++)
		l->orgs[l->n_orgs] =
			qiao_word_of(qiao_orgs_at(l->p->orgs, l->n_orgs)->org);
	return true;
}

static qiao_err base_parse(struct qiao_loader *l, const struct loading *f,
			   size_t n)
{
	const struct loading *cat =
		the_one(f, n, KIND_CATALOGUE, l->d, "catalogue");
	const struct loading *orgs = the_one(f, n, KIND_ORGS, l->d, "orgs");
	qiao_err err = QIAO_OK;

	if (cat)
		err = qiao_catalogue_parse(&l->p->cat, l->d, cat->c);
	if (err != QIAO_OK && err != QIAO_E_CONFIG)
		return err;
	if (l->p->cat && !types_list(l))
		return QIAO_E_NOMEM;
	err = QIAO_OK;
	if (orgs)
		err = qiao_orgs_parse(&l->p->orgs, l->d, orgs->c);
	if (err != QIAO_OK && err != QIAO_E_CONFIG)
		return err;
	return l->p->orgs && !orgs_list(l) ? QIAO_E_NOMEM : QIAO_OK;
}

static qiao_err rules_parse(struct qiao_loader *l, const struct loading *f,
			    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		l->c = f[i].c;
		if (!f[i].c)
			continue;
		if (f[i].kind == KIND_POLICY) {
			qiao_ruleset_parse(l);
			l->p->info.policies++;
		}
		if (f[i].kind == KIND_TESTS)
			l->p->info.tests +=
				qiao_policy_tests_check(f[i].c, l->d);
	}
	return l->p->arena.failed ? QIAO_E_NOMEM : QIAO_OK;
}

/* --- canonical order, index ---------------------------------------------- */

static int canonical(const void *a, const void *b)
{
	const struct qiao_rule *x = *(struct qiao_rule *const *)a;
	const struct qiao_rule *y = *(struct qiao_rule *const *)b;
	int c;

	if (x->set->layer != y->set->layer)
		return x->set->layer < y->set->layer ? -1 : 1;
	c = strcmp(x->set->id, y->set->id);
	if (c)
		return c;
	return (x->position > y->position) - (x->position < y->position);
}

static bool rules_sort(struct qiao_loader *l)
{
	struct qiao_rule_list *all = &l->p->all;

	all->r = qiao_arena_take(&l->p->arena, l->n_rules, sizeof(*all->r));
	if (!all->r)
		return false;
	for (struct qiao_rule *r = l->rules; r; r = r->next)
		all->r[all->n++] = r;
	qsort(all->r, all->n, sizeof(*all->r), canonical);
	for (size_t i = 0; i < all->n; i++)
		all->r[i]->index = i;
	l->p->info.rules = all->n;
	return true;
}

static bool is_about(const struct qiao_rule *r, enum qiao_point point,
		     const struct qiao_word *type)
{
	return r->set->point == point &&
	       qiao_pats_match(&r->set->types, type) == QIAO_TRI_YES &&
	       qiao_pats_match(&r->type, type) == QIAO_TRI_YES;
}

static uint64_t purpose_bits(const struct qiao_rule *r)
{
	uint64_t bits = r->purpose.n ? 0 : UINT64_MAX;

	for (size_t i = 0; i < r->purpose.n; i++)
		bits |= qiao_pat_bits(&r->purpose.p[i]);
	return bits;
}

/* Only known organisations get as far as a rule: a prefix is those it fits. */
static uint64_t prefix_bits(const struct qiao_loader *l,
			    const struct qiao_pat *p)
{
	uint64_t bits = 0;

	if (p->kind != QIAO_PAT_PREFIX || l->n_orgs > ORGS_TRIED_MAX)
		return qiao_pat_bits(p);
	for (size_t i = 0; i < l->n_orgs; i++)
		if (qiao_pat_match(p, &l->orgs[i]))
			bits |= qiao_word_bits(&l->orgs[i]);
	return bits;
}

static uint64_t org_bits(const struct qiao_loader *l, const struct qiao_rule *r)
{
	uint64_t bits = r->to_org.n ? 0 : UINT64_MAX;

	for (size_t i = 0; i < r->to_org.n; i++)
		bits |= prefix_bits(l, &r->to_org.p[i]);
	return bits;
}

static bool list_fill(const struct qiao_loader *l, struct qiao_candidates *list,
		      enum qiao_point point, const struct qiao_word *type)
{
	const struct qiao_rule_list *all = &l->p->all;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += is_about(all->r[i], point, type);
	list->c = qiao_arena_take(&l->p->arena, n, sizeof(*list->c));
	if (!list->c)
		return false;
	for (size_t i = 0; i < all->n; i++) {
		const struct qiao_rule *r = all->r[i];

		if (is_about(r, point, type))
			list->c[list->n++] =
				(struct qiao_candidate){ r, org_bits(l, r),
							 purpose_bits(r) };
	}
	return true;
}

/* For each point and type of the catalogue the rules that can be about it. */
static bool index_make(const struct qiao_loader *l)
{
	struct qiao_policy *p = l->p;
	size_t types = l->n_types;

	p->index = qiao_arena_take(&p->arena, 2 * types, sizeof(*p->index));
	for (size_t i = 0; p->index && i < 2 * types; i++) {
		enum qiao_point point =
			i < types ? QIAO_POINT_RELEASE : QIAO_POINT_ACCEPT;

		if (!list_fill(l, &p->index[i], point, &l->types[i % types]))
			return false;
	}
	return p->index != NULL;
}

/* --- the whole ----------------------------------------------------------- */

static qiao_err sha256_make(struct qiao_policy *p, const struct loading *f,
			    size_t n)
{
	struct qiao_buf lines = QIAO_BUF;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	qiao_err err;

	for (size_t i = 0; i < n; i++) {
		struct qiao_hash h;

		qiao_sha256(&h, f[i].file->bytes);
		qiao_buf_put_str(&lines, f[i].file->name);
		qiao_buf_put_str(&lines, " ");
		qiao_buf_put_str(&lines,
				 qiao_hex_encode(hex, qiao_slice_hash(&h)));
		qiao_buf_put_str(&lines, "\n");
	}
	err = lines.err;
	if (err == QIAO_OK)
		qiao_sha256(&p->info.sha256, qiao_buf_slice(&lines));
	qiao_buf_free(&lines);
	return err;
}

static qiao_err size_check(const struct loading *f, size_t n,
			   struct qiao_diags *d)
{
	size_t bytes = 0, i = 0;

	for (; i < n && bytes <= QIAO_POLICY_BYTES_MAX; i++)
		bytes += f[i].file->bytes.n;
	if (n <= QIAO_POLICY_FILES_MAX && bytes <= QIAO_POLICY_BYTES_MAX)
		return QIAO_OK;
	qiao_diag(d, i ? f[i - 1].file->name : "", 1, 1, "E000",
		  "a policy folder has at most %d files and %zu bytes",
		  QIAO_POLICY_FILES_MAX, QIAO_POLICY_BYTES_MAX);
	return QIAO_E_CONFIG;
}

static qiao_err load(struct qiao_loader *l, struct loading *f, size_t n)
{
	unsigned int before = l->d->errors;
	qiao_err err = size_check(f, n, l->d);

	if (err == QIAO_OK)
		err = files_parse(f, n, l->d);
	if (err == QIAO_OK)
		err = base_parse(l, f, n);
	if (err == QIAO_OK)
		err = rules_parse(l, f, n);
	if (err == QIAO_OK)
		err = sha256_make(l->p, f, n);
	if (err != QIAO_OK)
		return err;
	if (!rules_sort(l))
		return QIAO_E_NOMEM;
	qiao_policy_check_all(l);
	if (l->d->text.err != QIAO_OK)
		return l->d->text.err;
	if (l->d->errors != before || !l->p->cat || !l->p->orgs)
		return QIAO_E_CONFIG;
	return index_make(l) && !l->p->arena.failed ? QIAO_OK : QIAO_E_NOMEM;
}

static struct loading *loading_new(const struct qiao_conf_file *files, size_t n)
{
	struct loading *f = qiao_calloc(n ? n : 1, sizeof(*f));

	for (size_t i = 0; f && i < n; i++)
		f[i].file = &files[i];
	if (f)
		qsort(f, n, sizeof(*f), name_order);
	return f;
}

static void loading_free(struct loading *f, size_t n)
{
	for (size_t i = 0; f && i < n; i++)
		qiao_conf_free(f[i].c);
	qiao_free(f);
}

qiao_err qiao_policy_load(struct qiao_policy **out, struct qiao_diags *d,
			  const struct qiao_conf_file *files, size_t n,
			  int64_t now_ms)
{
	struct loading *f = loading_new(files, n);
	struct qiao_loader l = { .p = qiao_calloc(1, sizeof(*l.p)),
				 .d = d,
				 .now_ms = now_ms };
	qiao_err err = QIAO_E_NOMEM;

	*out = NULL;
	if (f && l.p) {
		atomic_init(&l.p->refs, 1);
		l.p->info.is_unsigned = true;
		err = load(&l, f, n);
	}
	loading_free(f, n);
	if (err != QIAO_OK) {
		qiao_policy_unref(l.p);
		return err;
	}
	*out = l.p;
	return QIAO_OK;
}

struct qiao_policy *qiao_policy_ref(struct qiao_policy *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

void qiao_policy_unref(struct qiao_policy *p)
{
	if (!p)
		return;
	if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) > 1)
		return;
	qiao_catalogue_free(p->cat);
	qiao_orgs_free(p->orgs);
	qiao_arena_free(&p->arena);
	qiao_free(p);
}

void qiao_policy_info(const struct qiao_policy *p, struct qiao_policy_info *out)
{
	*out = p->info;
}

const struct qiao_catalogue *qiao_policy_catalogue(const struct qiao_policy *p)
{
	return p->cat;
}

const struct qiao_orgs *qiao_policy_orgs(const struct qiao_policy *p)
{
	return p->orgs;
}
