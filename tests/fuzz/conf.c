/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that our grammar takes, libconfig must take too, and see the same
 * shape: it never gets to complain itself. What was clean is then read whole.
 */
#include "gateway/conf/conf.h"
#include "gateway/base/slice.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void read_all(const struct qiao_conf *c, const struct qiao_cnode *n)
{
	static const struct qiao_ckey keys[] = {
		{ "a", QIAO_C_STR | QIAO_C_ARRAY, true },
		{ "b", QIAO_C_DURATION, false },
		{ NULL, 0, false },
	};
	struct qiao_diags d = { 0 };
	unsigned int line, col;

	qiao_conf_pos(c, n, &line, &col);
	must(line > 0 && col > 0 && qiao_cnode_type(n) != 0);
	must(qiao_utf8_valid(qiao_slice_str(qiao_cnode_str(n, ""))));
	qiao_cnode_int(n, 0);
	qiao_cnode_bool(n, false);
	must(qiao_cnode_ms(n, 0) >= 0);
	if (qiao_cnode_type(n) == QIAO_C_GROUP)
		qiao_conf_check(c, &d, n, "group", keys);
	must(d.text.n == 0 || d.text.p[d.text.n - 1] == '\n');
	qiao_diags_free(&d);
	for (size_t i = 0; i < qiao_cnode_count(n); i++)
		read_all(c, qiao_cnode_at(n, i));
}

static bool said(const struct qiao_diags *d, const char *what)
{
	return d->text.n > 0 && strstr((const char *)d->text.p, what) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;
	qiao_err err = qiao_conf_parse_to_check(&c, &d, "f",
						qiao_slice_of(data, size));

	qiao_buf_put_u8(&d.text, 0);
	must((err == QIAO_OK) == (d.errors == 0));
	must(err != QIAO_OK || c != NULL);
	must(!said(&d, "syntax error") && !said(&d, "mismatched element") &&
	     !said(&d, "duplicate setting") && !said(&d, "another way"));
	if (c)
		read_all(c, qiao_conf_root(c));
	qiao_conf_free(c);
	qiao_diags_free(&d);
	return 0;
}
