/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qiao audit reconcile SOURCE DESTINATION: what became of every record that the
 * source gateway decided on, counted from the two exported audit logs alone.
 * It believes the logs: qiao audit verify comes first.
 */
#include "gateway/cli/reconcile.h"

#include "gateway/base/file.h"
#include "gateway/base/slice.h"
#include "gateway/cli/audit_folder.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/reconcile_book.h"
#include "gateway/codec/json.h"

#include <stdio.h>
#include <string.h>

#define LOG_MAX QIAO_MIB(1024) /* an exported entries.jsonl */

enum {
	EXIT_UNACCOUNTED = 2,
	EXIT_UNREADABLE = 3,
	EXIT_WRONG_USE = 64,
};

/* Ascending, for JSON; the text has them as docs/audit.md 5 does. */
static const struct {
	const char *name;
	size_t at;
} numbers[] = {
#define NUMBER(name, member)                                   \
	{                                                      \
		name, offsetof(struct qiao_reconciled, member) \
	}
	NUMBER("conflicting", conflicting),
	NUMBER("contradicted", contradicted),
	NUMBER("delivered", delivered),
	NUMBER("denied", denied),
	NUMBER("duplicated", duplicated),
	NUMBER("elsewhere", elsewhere),
	NUMBER("expired", expired),
	NUMBER("held", held),
	NUMBER("lost", lost),
	NUMBER("open", open),
	NUMBER("proven", proven),
	NUMBER("revoked", ended),
	NUMBER("superseded", superseded),
	NUMBER("unknown", unknown),
#undef NUMBER
};

static size_t number(const struct qiao_reconciled *r, size_t i)
{
	size_t v;

	memcpy(&v, (const char *)r + numbers[i].at, sizeof(v));
	return v;
}

static void print_text(const struct qiao_reconciled *r)
{
	printf("verified=%zu\n", qiao_reconciled_all(r));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		printf("%s=%zu\n", numbers[i].name, number(r, i));
	for (size_t i = 0; i < r->reasons; i++)
		printf("reason.%s=%zu\n", r->reason[i].code, r->reason[i].n);
}

static bool print_json(const struct qiao_reconciled *r)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_jw w;
	bool ok;

	qiao_jw_init(&w, &b);
	qiao_jw_obj(&w);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		qiao_jw_kint(&w, numbers[i].name, (int64_t)number(r, i));
	qiao_jw_kint(&w, "verified", (int64_t)qiao_reconciled_all(r));
	qiao_jw_end(&w);
	ok = qiao_jw_finish(&w) == QIAO_OK;
	if (ok)
		printf("%.*s\n", (int)b.n, (const char *)b.p);
	qiao_buf_free(&b);
	return ok;
}

static qiao_err read_log(struct qiao_buf *out, const char *dir,
			 struct qiao_why *why)
{
	char path[QIAO_PATH_LEN];
	int n = snprintf(path, sizeof(path), "%s/" QIAO_AUDIT_ENTRIES, dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return qiao_fail(why, QIAO_E_LIMIT, "%s: path too long", dir);
	why->text[0] = 0;
	return qiao_file_read(out, path, LOG_MAX, why);
}

static qiao_err run(struct qiao_reconciled *r, const char *source,
		    const char *destination, struct qiao_why *why)
{
	struct qiao_buf here = QIAO_BUF, there = QIAO_BUF;
	qiao_err err = read_log(&here, source, why);

	if (err == QIAO_OK)
		err = read_log(&there, destination, why);
	if (err == QIAO_OK)
		err = qiao_reconcile(r, qiao_buf_slice(&here),
				     qiao_buf_slice(&there), why);
	qiao_buf_free(&here);
	qiao_buf_free(&there);
	if (err != QIAO_OK && !why->text[0])
		qiao_fail(why, err, "%s", qiao_strerror(err));
	return err;
}

/* Folders the wrong way round would count nothing, and look fine. */
static bool is_empty(const struct qiao_reconciled *r)
{
	return qiao_reconciled_all(r) + r->elsewhere + r->unknown == 0;
}

int qiao_cmd_reconcile(int argc, char **argv)
{
	struct qiao_reconciled r;
	struct qiao_why why;
	struct qiao_cli cli;

	if (!qiao_cli_options(&cli, argc, argv) || cli.argc != 3) {
		qiao_cli_usage("qiao audit reconcile SOURCE DESTINATION "
			       "[--json]    (two exported folders)");
		return EXIT_WRONG_USE;
	}
	if (run(&r, cli.argv[1], cli.argv[2], &why) != QIAO_OK) {
		qiao_cli_fail(&why);
		return EXIT_UNREADABLE;
	}
	if (is_empty(&r)) {
		qiao_fail(&why, QIAO_E_NOTFOUND,
			  "%s has no release decision: is it the source?",
			  cli.argv[1]);
		qiao_cli_fail(&why);
		return EXIT_UNREADABLE;
	}
	if (!cli.json) {
		print_text(&r);
	} else if (!print_json(&r)) {
		fputs("qiao: out of memory\n", stderr);
		return EXIT_UNREADABLE;
	}
	return qiao_reconciled_clean(&r) ? QIAO_EXIT_OK : EXIT_UNACCOUNTED;
}
