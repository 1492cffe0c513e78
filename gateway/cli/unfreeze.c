/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `qiao chain unfreeze`, `qiao route unfreeze`: the first operator asks the
 * daemon what is frozen, signs that it may go on and leaves a file; the second
 * reads it, signs as well and hands it to the daemon.
 */
#include "gateway/audit/unfreeze.h"
#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/cli/cli.h"

#include <stdio.h>
#include <string.h>

struct job {
	struct qiao_cli cli;
	const char *scope, *name;
	const char *reason, *sign, *with, *out;
};

static int usage(const char *scope)
{
	fprintf(stderr,
		"usage: qiao %s unfreeze NAME --reason TEXT --sign KEYFILE "
		"[--out FILE]\n"
		"       qiao %s unfreeze NAME --with FILE --sign KEYFILE\n"
		"\n"
		"  The first form signs and writes FILE (NAME.unfreeze); with "
		"the second another\n"
		"  operator signs as well, and the freeze ends.\n"
		"  第一式由一名操作员签名并写出 FILE; 第二式由另一名操作员"
		"附签,冻结随即解除。\n",
		scope, scope);
	return QIAO_EXIT_USAGE;
}

/* Takes its own options out of argv; the common ones are left. */
static int take_options(struct job *j, int argc, char **argv)
{
	const struct {
		const char *name;
		const char **value;
	} mine[] = { { "--reason", &j->reason },
		     { "--sign", &j->sign },
		     { "--with", &j->with },
		     { "--out", &j->out } };
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		const char **value = NULL;

		for (size_t k = 0; k < sizeof(mine) / sizeof(mine[0]); k++)
			if (strcmp(argv[i], mine[k].name) == 0)
				value = mine[k].value;
		if (value && i + 1 < argc)
			*value = argv[++i];
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

/* What a person signs must be read by a person first. */
static void show(const struct job *j, const struct qiao_unfreeze *u)
{
	bool zh = j->cli.zh;
	char frozen[40], at[40], hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	char reason[2 * QIAO_UNFREEZE_REASON];

	printf(zh ? "网关   %s\n%s     %s\n冻结于 %s\n证据   %s\n"
		  : "gateway  %s\n%s    %s\nfrozen   %s\nevidence %s\n",
	       u->gateway,
	       u->scope == QIAO_UNFREEZE_CHAIN ? (zh ? "链" : "chain")
					       : (zh ? "路由" : "route"),
	       u->name, qiao_time_format(frozen, u->frozen_at, 0),
	       qiao_hash_is_zero(&u->evidence)
		       ? "-"
		       : qiao_hex_encode(hex, qiao_slice_hash(&u->evidence)));
	printf(zh ? "理由   %s\n提出于 %s\n" : "reason   %s\nasked    %s\n",
	       qiao_str_escape(reason, sizeof(reason),
			       qiao_slice_str(u->reason)),
	       qiao_time_format(at, u->at, 0));
}

/* What the daemon has to say about it; false when that is no. */
static bool ask(const struct job *j, struct qiao_buf *text, const char *command,
		const char *const *args, size_t n, struct qiao_why *why)
{
	qiao_err answer;
	qiao_err err =
		qiao_cli_ask(&j->cli, &answer, text, command, args, n, why);

	if (err == QIAO_OK && answer == QIAO_OK)
		return true;
	if (err == QIAO_OK)
		qiao_fail(why, answer, "%.*s", text->n ? (int)text->n - 1 : 0,
			  text->n ? (const char *)text->p : "");
	return false;
}

static bool ask_statement(const struct job *j, struct qiao_buf *out,
			  struct qiao_unfreeze *u, const char *reason,
			  struct qiao_why *why)
{
	const char *args[] = { j->scope, j->name, reason };
	struct qiao_buf text = QIAO_BUF;
	uint8_t bytes[QIAO_UNFREEZE_MAX];
	bool ok = ask(j, &text, "unfreeze-ask", args, 3, why);

	if (ok) {
		size_t n = text.n / 2;

		ok = n <= sizeof(bytes) &&
		     qiao_hex_decode(bytes, n, qiao_buf_slice(&text)) &&
		     qiao_unfreeze_parse(u, qiao_slice_of(bytes, n)) == QIAO_OK;
		if (ok)
			qiao_buf_put_mem(out, bytes, n);
		else
			qiao_fail(why, QIAO_E_MALFORMED,
				  "the daemon's answer is no statement");
	}
	qiao_buf_free(&text);
	return ok;
}

static bool sign(const struct job *j, struct qiao_unfreeze_signed *s,
		 struct qiao_why *why)
{
	struct qiao_key *key = NULL;
	qiao_err err = qiao_key_load(&key, j->sign, why);

	if (err != QIAO_OK)
		return false;
	err = qiao_unfreeze_sign(s, key);
	if (err == QIAO_E_EXISTS)
		qiao_fail(why, err,
			  "this key signed already; another operator must "
			  "sign with theirs");
	else if (err != QIAO_OK)
		qiao_fail(why, err, "signing: %s", qiao_strerror(err));
	qiao_key_free(key);
	return err == QIAO_OK;
}

static bool first(const struct job *j, struct qiao_why *why)
{
	char path[2 * QIAO_NAME_MAX];
	const char *out = j->out ? j->out : path;
	struct qiao_unfreeze_signed s = { .n = 0 };
	struct qiao_buf statement = QIAO_BUF, bytes = QIAO_BUF;
	struct qiao_unfreeze u;
	bool ok = ask_statement(j, &statement, &u, j->reason, why);

	snprintf(path, sizeof(path), "%s.unfreeze", j->name);
	s.statement = qiao_buf_slice(&statement);
	ok = ok && sign(j, &s, why) &&
	     qiao_unfreeze_signed_encode(&bytes, &s) == QIAO_OK &&
	     qiao_file_write(out, qiao_buf_slice(&bytes), 0644, why) == QIAO_OK;
	if (ok) {
		show(j, &u);
		printf(j->cli.zh
			       ? "已签名,写入 %s; 另一名操作员执行:\n"
				 "  qiao %s unfreeze %s --with %s --sign "
				 "KEYFILE\n"
			       : "signed, written to %s; now another operator "
				 "types:\n"
				 "  qiao %s unfreeze %s --with %s --sign "
				 "KEYFILE\n",
		       out, j->scope, j->name, out);
	}
	qiao_buf_free(&statement);
	qiao_buf_free(&bytes);
	return ok;
}

/* The second operator must know that it is about what is frozen now. */
static bool same_as_now(const struct job *j, const struct qiao_unfreeze *u,
			struct qiao_why *why)
{
	struct qiao_buf statement = QIAO_BUF;
	struct qiao_unfreeze now;
	bool ok = ask_statement(j, &statement, &now, u->reason, why);

	qiao_buf_free(&statement);
	if (ok && !qiao_unfreeze_same(&now, u)) {
		qiao_fail(why, QIAO_E_STATE,
			  "%s is of another freeze than the present one of %s "
			  "%s; begin again",
			  j->with, j->scope, j->name);
		ok = false;
	}
	return ok;
}

static bool hand_over(const struct job *j, const struct qiao_unfreeze_signed *s,
		      struct qiao_why *why)
{
	struct qiao_buf bytes = QIAO_BUF, text = QIAO_BUF;
	char hex[QIAO_HEX_LEN(QIAO_UNFREEZE_MAX)];
	const char *args[] = { hex };
	bool ok = qiao_unfreeze_signed_encode(&bytes, s) == QIAO_OK &&
		  bytes.n <= QIAO_UNFREEZE_MAX;

	if (ok) {
		qiao_hex_encode(hex, qiao_buf_slice(&bytes));
		ok = ask(j, &text, "unfreeze", args, 1, why);
	}
	if (ok)
		qiao_cli_print(&text);
	qiao_buf_free(&bytes);
	qiao_buf_free(&text);
	return ok;
}

static bool second(const struct job *j, struct qiao_why *why)
{
	struct qiao_buf in = QIAO_BUF;
	struct qiao_unfreeze_signed s;
	struct qiao_unfreeze u;
	bool ok =
		qiao_cli_read(&in, j->with, QIAO_UNFREEZE_MAX, why) == QIAO_OK;

	if (ok &&
	    (qiao_unfreeze_signed_parse(&s, qiao_buf_slice(&in)) != QIAO_OK ||
	     qiao_unfreeze_parse(&u, s.statement) != QIAO_OK)) {
		qiao_fail(why, QIAO_E_MALFORMED,
			  "%s is no statement that an operator signed",
			  j->with);
		ok = false;
	}
	if (ok)
		show(j, &u);
	ok = ok && same_as_now(j, &u, why) && sign(j, &s, why) &&
	     hand_over(j, &s, why);
	qiao_buf_free(&in);
	return ok;
}

static int unfreeze(const char *scope, int argc, char **argv)
{
	struct job j = { .scope = scope };
	struct qiao_why why = { "" };

	argc = take_options(&j, argc, argv);
	if (!qiao_cli_options(&j.cli, argc, argv))
		return QIAO_EXIT_USAGE;
	if (j.cli.argc != 2 || j.cli.json || !j.sign || !j.reason == !j.with ||
	    (j.with && j.out))
		return usage(scope);
	j.name = j.cli.argv[1];
	if (j.with ? second(&j, &why) : first(&j, &why))
		return QIAO_EXIT_OK;
	fprintf(stderr, "qiao: %s\n", why.text[0] ? why.text : "out of memory");
	return QIAO_EXIT_NO;
}

static int run(const char *scope, int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "unfreeze") == 0)
		return unfreeze(scope, argc - 1, argv + 1);
	return usage(scope);
}

int qiao_cmd_chain(int argc, char **argv)
{
	return run("chain", argc, argv);
}

int qiao_cmd_route(int argc, char **argv)
{
	return run("route", argc, argv);
}
