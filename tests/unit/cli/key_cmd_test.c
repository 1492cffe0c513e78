/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"
#include "gateway/cli/cli.h"
#include "gateway/crypto/sig.h"
#include "tests/unit/cli/capture.h"

#include <fcntl.h>
#include <sys/stat.h>

static char dir[64], path[80];
static struct output o;

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), P_tmpdir "/qiao-cmd-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
}

static void remove_dir(void)
{
	unlink(path);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static size_t read_file(char *text, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(text, 1, size - 1, f);
	text[n] = 0;
	fclose(f);
	return n;
}

static void is_private(void)
{
	struct stat st;

	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
}

/* The two lines that the key file at path stands for. */
static void two_lines(char *text, size_t size, const char *format)
{
	char public[QIAO_PUBKEY_TEXT_LEN], id[QIAO_HEX_LEN(16)];
	struct qiao_id16 id16;
	struct qiao_key *k;

	CU_ASSERT_EQUAL_FATAL(qiao_key_load(&k, path, NULL), QIAO_OK);
	qiao_pubkey_format(public, qiao_key_public(k));
	id16 = qiao_pubkey_id(qiao_key_public(k));
	qiao_hex_encode(id, (struct qiao_slice){ id16.b, sizeof(id16.b) });
	if (strcmp(format, "json") == 0)
		snprintf(text, size, "{\"id\":\"%s\",\"public\":\"%s\"}\n", id,
			 public);
	else
		snprintf(text, size, "%s\nid %s\n", public, id);
	qiao_key_free(k);
}

static void a_new_key_is_private_and_prints_its_public_half(void)
{
	char want[256];

	make_dir();
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new", path), 0);
	is_private();
	two_lines(want, sizeof(want), "text");
	CU_ASSERT_STRING_EQUAL(o.out, want);
	CU_ASSERT_EQUAL(strncmp(o.out, "secp256k1:", 10), 0);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "show", path), 0);
	CU_ASSERT_STRING_EQUAL(o.out, want);
	two_lines(want, sizeof(want), "json");
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "show", "--json", path),
			0);
	CU_ASSERT_STRING_EQUAL(o.out, want);
	unlink(path);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new", path, "--scheme",
			    "p256", "--json"),
			0);
	two_lines(want, sizeof(want), "json");
	CU_ASSERT_STRING_EQUAL(o.out, want);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.out, "\"p256:"));
	remove_dir();
}

static void a_secret_is_private_random_and_not_printed(void)
{
	char first[128], second[128];
	uint8_t number[32];

	make_dir();
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "secret", path), 0);
	CU_ASSERT_STRING_EQUAL(o.out, "");
	is_private();
	CU_ASSERT_EQUAL(read_file(first, sizeof(first)), 79);
	CU_ASSERT_EQUAL(strncmp(first, "qiao-secret 1 ", 14), 0);
	CU_ASSERT_TRUE(qiao_hex_decode(
		number, 32,
		(struct qiao_slice){ (const uint8_t *)first + 14, 64 }));
	CU_ASSERT_EQUAL(first[78], '\n');
	unlink(path);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "secret", path), 0);
	read_file(second, sizeof(second));
	CU_ASSERT_STRING_NOT_EQUAL(first, second);
	remove_dir();
}

static void nothing_that_exists_is_overwritten(void)
{
	static const char *const verbs[] = { "new", "secret" };
	char before[128], after[128];

	make_dir();
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", verbs[i], path),
				0);
		read_file(before, sizeof(before));
		CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new", path), 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(o.err, path));
		CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "secret", path),
				1);
		CU_ASSERT_STRING_EQUAL(o.out, "");
		read_file(after, sizeof(after));
		CU_ASSERT_STRING_EQUAL(before, after);
		unlink(path);
	}
	remove_dir();
}

static void what_is_no_key_or_others_may_read_is_not_shown(void)
{
	make_dir();
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "show", path), 1);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "secret", path), 0);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "show", path), 1);
	unlink(path);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new", path), 0);
	CU_ASSERT_EQUAL(chmod(path, 0644), 0);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "show", path), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.err, "chmod 600"));
	remove_dir();
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new", path), 1);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "secret", path), 1);
}

static void wrong_use_makes_nothing(void)
{
	make_dir();
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key"), 2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "make", path), 2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new"), 2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new", path, path), 2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new", path, "--force"),
			2);
	CU_ASSERT_EQUAL(
		RUN(&o, qiao_cmd_key, "key", "new", path, "--scheme", "sm2"),
		2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "--help"), 0);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_key, "key", "new", "--help"), 0);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	remove_dir();
}

static const struct test_case cases[] = {
	{ "a new key is private and prints its public half",
	  a_new_key_is_private_and_prints_its_public_half },
	{ "a secret is private, random and not printed",
	  a_secret_is_private_random_and_not_printed },
	{ "nothing that exists is overwritten",
	  nothing_that_exists_is_overwritten },
	{ "what is no key, or others may read, is not shown",
	  what_is_no_key_or_others_may_read_is_not_shown },
	{ "wrong use makes nothing", wrong_use_makes_nothing },
	{ 0 },
};

const struct test_suite key_cmd_test_suite = { "cli/key", cases };
