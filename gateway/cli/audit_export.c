/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_folder.h"

#include "gateway/audit/log.h"
#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/conf/folder.h"
#include "gateway/store/audit.h"
#include "gateway/store/evidence.h"
#include "gateway/store/in.h"
#include "gateway/store/message.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE (2 * QIAO_PATH_LEN)

/* What the store is written to, in this order. */
enum {
	ENTRIES,
	LEAVES,
	CHECKPOINTS,
	MESSAGES,
	QUEUED,
	FILES
};
static const char *const names[FILES] = {
	[ENTRIES] = QIAO_AUDIT_ENTRIES,
	[LEAVES] = QIAO_AUDIT_LEAVES,
	[CHECKPOINTS] = QIAO_AUDIT_CHECKPOINTS,
	[MESSAGES] = QIAO_AUDIT_MESSAGES,
	[QUEUED] = QIAO_AUDIT_QUEUED,
};

struct exporter {
	struct qiao_audit_export *x;
	const char *dir;
	struct qiao_why *why;
	FILE *file[FILES];
	struct qiao_hash root;
};

static qiao_err path_in(char out[PATH_SIZE], const struct exporter *e,
			const char *name)
{
	int n = snprintf(out, PATH_SIZE, "%s/%s", e->dir, name);

	return n > 0 && n < PATH_SIZE
		       ? QIAO_OK
		       : qiao_fail(e->why, QIAO_E_LIMIT, "path too long");
}

static FILE *open_file(const struct exporter *e, const char *name)
{
	char path[PATH_SIZE];
	FILE *f;

	if (path_in(path, e, name) != QIAO_OK)
		return NULL;
	f = fopen(path, "wx");
	if (!f)
		qiao_fail(e->why, QIAO_E_IO, "%s: %s", path, strerror(errno));
	return f;
}

static qiao_err close_file(FILE *f, const struct exporter *e, const char *name)
{
	bool ok = !ferror(f);

	ok = fclose(f) == 0 && ok;
	return ok ? QIAO_OK
		  : qiao_fail(e->why, QIAO_E_IO, "%s/%s: %s", e->dir, name,
			      strerror(errno));
}

static qiao_err need_dir(const struct exporter *e, const char *name)
{
	char path[PATH_SIZE];
	qiao_err err = path_in(path, e, name);

	return err == QIAO_OK ? qiao_dir_need(path, 0700, e->why) : err;
}

/* An old export must not be mixed with a new one. */
static qiao_err need_empty(const struct exporter *e)
{
	qiao_err err = qiao_dir_need(e->dir, 0700, e->why);
	struct dirent *d;
	DIR *dir;

	if (err != QIAO_OK)
		return err;
	dir = opendir(e->dir);
	if (!dir)
		return qiao_fail(e->why, QIAO_E_IO, "%s: %s", e->dir,
				 strerror(errno));
	while (err == QIAO_OK && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			err = qiao_fail(e->why, QIAO_E_EXISTS,
					"%s is not empty; name a new folder",
					e->dir);
	closedir(dir);
	return err;
}

/* --- the log ------------------------------------------------------------- */

static qiao_err write_entry(void *ctx, const void *row)
{
	struct exporter *e = ctx;
	const struct qiao_audit_row *r = row;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];

	fwrite(r->entry.p, 1, r->entry.n, e->file[ENTRIES]);
	fputc('\n', e->file[ENTRIES]);
	fprintf(e->file[LEAVES], "%s\n",
		qiao_hex_encode(hex, qiao_slice_hash(&r->leaf)));
	return ferror(e->file[ENTRIES]) || ferror(e->file[LEAVES]) ? QIAO_E_IO
								   : QIAO_OK;
}

static void put_hex(FILE *f, struct qiao_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		fprintf(f, "%02x", s.p[i]);
}

static qiao_err write_checkpoint(void *ctx, const void *row)
{
	struct exporter *e = ctx;
	const struct qiao_checkpoint_row *r = row;

	if (r->size > e->x->entries)
		return QIAO_OK;
	put_hex(e->file[CHECKPOINTS], r->checkpoint);
	fputc(' ', e->file[CHECKPOINTS]);
	put_hex(e->file[CHECKPOINTS], r->signature);
	fputc('\n', e->file[CHECKPOINTS]);
	return QIAO_OK;
}

static qiao_err write_message(void *ctx, const void *row)
{
	struct exporter *e = ctx;
	const struct qiao_message_row *r = row;

	put_hex(e->file[MESSAGES], r->envelope);
	fputc(' ', e->file[MESSAGES]);
	put_hex(e->file[MESSAGES], r->signature);
	fputs(r->items.n ? " " : " -", e->file[MESSAGES]);
	put_hex(e->file[MESSAGES], r->items);
	fputc('\n', e->file[MESSAGES]);
	return QIAO_OK;
}

static qiao_err write_queued(void *ctx, const void *row)
{
	struct exporter *e = ctx;
	const struct qiao_in_said *r = row;

	put_hex(e->file[QUEUED], qiao_slice_hash(&r->id));
	fputc(' ', e->file[QUEUED]);
	put_hex(e->file[QUEUED], r->audit);
	fputc('\n', e->file[QUEUED]);
	return QIAO_OK;
}

static qiao_err note_signed(void *ctx, const void *row)
{
	struct exporter *e = ctx;
	const struct qiao_checkpoint_row *r = row;

	if (r->size > e->x->signed_)
		e->x->signed_ = r->size;
	return QIAO_OK;
}

static qiao_err write_evidence(void *ctx, const void *row)
{
	struct exporter *e = ctx;
	const struct qiao_evidence_row *r = row;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], name[128], path[PATH_SIZE];

	snprintf(name, sizeof(name), QIAO_AUDIT_EVIDENCE "/%s.bin",
		 qiao_hex_encode(hex, qiao_slice_hash(&r->digest)));
	return path_in(path, e, name) == QIAO_OK
		       ? qiao_file_write(path, r->bytes, 0600, e->why)
		       : QIAO_E_LIMIT;
}

static qiao_err write_log(struct qiao_txn *txn, void *arg)
{
	struct exporter *e = arg;
	qiao_err err = qiao_store_audit_size(txn, &e->x->entries);

	if (err == QIAO_OK)
		err = qiao_store_checkpoint_each(txn, note_signed, e);
	if (e->x->signed_only && e->x->signed_ > 0)
		e->x->entries = e->x->signed_;
	if (err == QIAO_OK)
		err = qiao_store_audit_each(txn, 0, e->x->entries, write_entry,
					    e);
	if (err == QIAO_OK)
		err = qiao_store_checkpoint_each(txn, write_checkpoint, e);
	if (err == QIAO_OK)
		err = qiao_audit_root(txn, &e->root, e->x->entries);
	if (err == QIAO_OK)
		err = qiao_store_message_each(txn, write_message, e);
	if (err == QIAO_OK)
		err = qiao_store_in_said_each(txn, write_queued, e);
	if (err == QIAO_OK)
		err = qiao_store_evidence_each(txn, write_evidence, e);
	return err;
}

static qiao_err export_log(struct exporter *e)
{
	qiao_err err = need_dir(e, QIAO_AUDIT_EVIDENCE);

	for (size_t i = 0; i < FILES && err == QIAO_OK; i++) {
		e->file[i] = open_file(e, names[i]);
		if (!e->file[i])
			err = QIAO_E_IO;
	}
	if (err == QIAO_OK) {
		err = qiao_store_read(e->x->store, write_log, e);
		if (err != QIAO_OK && !e->why->text[0])
			qiao_fail(e->why, err, "the store: %s",
				  qiao_strerror(err));
	}
	for (size_t i = 0; i < FILES; i++) {
		qiao_err end = QIAO_OK;

		if (e->file[i])
			end = close_file(e->file[i], e, names[i]);
		err = err == QIAO_OK ? end : err;
	}
	return err;
}

/* --- what it is judged with ---------------------------------------------- */

static void key_line(struct qiao_buf *b, const char *gateway,
		     const struct qiao_pubkey *key, int64_t from, int64_t until)
{
	char text[QIAO_PUBKEY_TEXT_LEN], a[QIAO_TIME_LEN], z[QIAO_TIME_LEN];

	qiao_buf_printf(
		b, "%s %s %s %s\n", gateway, qiao_pubkey_format(text, key),
		from == 0 ? "-" : qiao_time_format(a, from, 0),
		until == INT64_MAX ? "-" : qiao_time_format(z, until, 0));
}

static qiao_err export_keys(const struct exporter *e)
{
	const struct qiao_config *c = e->x->cfg;
	struct qiao_buf b = QIAO_BUF;
	char path[PATH_SIZE];
	qiao_err err = path_in(path, e, QIAO_AUDIT_KEYS);

	key_line(&b, c->id, e->x->key, 0, INT64_MAX);
	for (size_t i = 0; i < c->n_peers; i++)
		for (size_t k = 0; k < c->peers[i].n_keys; k++)
			key_line(&b, c->peers[i].id, &c->peers[i].keys[k].key,
				 c->peers[i].keys[k].not_before,
				 c->peers[i].keys[k].not_after);
	if (err == QIAO_OK)
		err = b.err;
	if (err == QIAO_OK)
		err = qiao_file_write(path, qiao_buf_slice(&b), 0600, e->why);
	qiao_buf_free(&b);
	return err;
}

static qiao_err copy(const struct exporter *e, const char *from,
		     const char *folder, const char *name, size_t max)
{
	struct qiao_buf b = QIAO_BUF;
	char to[PATH_SIZE], below[PATH_SIZE / 2];
	qiao_err err = qiao_file_read(&b, from, max, e->why);

	snprintf(below, sizeof(below), "%s/%s", folder, name);
	if (err == QIAO_OK)
		err = path_in(to, e, below);
	if (err == QIAO_OK)
		err = qiao_file_write(to, qiao_buf_slice(&b), 0600, e->why);
	qiao_buf_free(&b);
	return err;
}

static qiao_err export_anchors(const struct exporter *e)
{
	qiao_err err = need_dir(e, QIAO_AUDIT_ANCHORS);

	for (size_t i = 0; i < e->x->cfg->n_chains && err == QIAO_OK; i++) {
		const struct qiao_config_chain *c = &e->x->cfg->chains[i];
		char name[QIAO_NAME_MAX + 16];

		snprintf(name, sizeof(name), "%s.anchor", c->name);
		err = copy(e, c->anchor, QIAO_AUDIT_ANCHORS, name,
			   QIAO_CONF_FILE_MAX);
		snprintf(name, sizeof(name), "%s.genesis", c->name);
		if (err == QIAO_OK && c->genesis[0])
			err = copy(e, c->genesis, QIAO_AUDIT_ANCHORS, name,
				   QIAO_BLOCK_MAX);
	}
	return err;
}

/* Only names that are a digest; what else lies there is none of ours. */
static bool is_digest(const char *name)
{
	return strlen(name) == 2 * (size_t)QIAO_HASH_LEN &&
	       strspn(name, "0123456789abcdef") == strlen(name);
}

static qiao_err export_policy(const struct exporter *e, const char *from,
			      const char *digest)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf_folder f;
	char dir[PATH_SIZE], folder[128], path[2 * PATH_SIZE];
	qiao_err err;

	snprintf(folder, sizeof(folder), QIAO_AUDIT_POLICIES "/%s", digest);
	snprintf(dir, sizeof(dir), "%s/%s", from, digest);
	err = qiao_conf_folder_read(&f, &d, dir);
	if (err != QIAO_OK)
		qiao_fail(e->why, err, "%s cannot be read", dir);
	qiao_diags_free(&d);
	if (err == QIAO_OK)
		err = need_dir(e, folder);
	for (size_t i = 0; i < f.n && err == QIAO_OK; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", e->dir, folder,
			 f.files[i].name);
		err = qiao_file_write(path, f.files[i].bytes, 0600, e->why);
	}
	qiao_conf_folder_free(&f);
	return err;
}

static qiao_err export_policies(const struct exporter *e)
{
	char from[PATH_SIZE / 2 + 16];
	qiao_err err = need_dir(e, QIAO_AUDIT_POLICIES);
	struct dirent *d;
	DIR *dir;

	if (err != QIAO_OK)
		return err;
	snprintf(from, sizeof(from), "%s/policies", e->x->cfg->data);
	dir = opendir(from);
	if (!dir)
		return QIAO_OK; /* none was ever in force */
	while (err == QIAO_OK && (d = readdir(dir)))
		if (is_digest(d->d_name))
			err = export_policy(e, from, d->d_name);
	closedir(dir);
	return err;
}

static qiao_err export_summary(const struct exporter *e)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_jw w;
	char path[PATH_SIZE], at[QIAO_TIME_LEN];
	qiao_err err = path_in(path, e, QIAO_AUDIT_SUMMARY);

	qiao_jw_init(&w, &b);
	qiao_jw_obj(&w);
	qiao_jw_kint(&w, "entries", (int64_t)e->x->entries);
	qiao_jw_kstr(&w, "exported_at", qiao_time_format(at, qiao_now_ms(), 0));
	qiao_jw_kstr(&w, "gateway", e->x->cfg->id);
	qiao_jw_khex(&w, "network", qiao_slice_hash(&e->x->cfg->network));
	qiao_jw_khex(&w, "root", qiao_slice_hash(&e->root));
	qiao_jw_kint(&w, "signed", (int64_t)e->x->signed_);
	qiao_jw_kint(&w, "v", QIAO_AUDIT_FOLDER_VERSION);
	qiao_jw_kstr(&w, "version", QIAO_VERSION);
	qiao_jw_end(&w);
	if (err == QIAO_OK)
		err = qiao_jw_finish(&w);
	qiao_buf_put_u8(&b, '\n');
	if (err == QIAO_OK)
		err = qiao_file_write(path, qiao_buf_slice(&b), 0600, e->why);
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_audit_export(struct qiao_audit_export *x, const char *dir,
			   struct qiao_why *why)
{
	struct exporter e = { .x = x, .dir = dir, .why = why };
	qiao_err err;

	x->entries = x->signed_ = 0;
	why->text[0] = '\0';
	err = need_empty(&e);
	if (err == QIAO_OK)
		err = export_log(&e);
	if (err == QIAO_OK)
		err = export_keys(&e);
	if (err == QIAO_OK)
		err = export_anchors(&e);
	if (err == QIAO_OK)
		err = export_policies(&e);
	/* last: a folder without it is no whole export */
	if (err == QIAO_OK)
		err = export_summary(&e);
	if (err != QIAO_OK && !why->text[0])
		qiao_fail(why, err, "%s: %s", dir, qiao_strerror(err));
	return err;
}
