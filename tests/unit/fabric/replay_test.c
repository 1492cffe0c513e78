/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/replay.h"

#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[64];

static void put_block(const char *node, unsigned int height, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, node);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/block_%04u.pb", top, node, height);
	f = fopen(path, "wb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

/* Node a has blocks 0, 1; node b has 1, 2. */
static struct fabric_replay two_nodes(void)
{
	struct fabric_replay r = { .nodes = 2 };

	snprintf(top, sizeof(top), "build/replay-XXXXXX");
	mkdir("build", 0777);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(top));
	put_block("a", 0, "a0");
	put_block("a", 1, "a1");
	put_block("b", 1, "b1");
	put_block("b", 2, "b2");
	snprintf(r.node[0], sizeof(r.node[0]), "%s/a", top);
	snprintf(r.node[1], sizeof(r.node[1]), "%s/b", top);
	return r;
}

static void remove_all(void)
{
	static const char *const names[] = { "a/block_0000.pb",
					     "a/block_0001.pb",
					     "b/block_0001.pb",
					     "b/block_0002.pb",
					     "a",
					     "b" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		remove(path);
	}
	rmdir(top);
}

static void expect(struct fabric_replay *r, uint64_t height, const char *want)
{
	struct qiao_buf block = QIAO_BUF;
	struct qiao_why why;

	CU_ASSERT_EQUAL(fabric_replay_fetch(r, &block, height, &why), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&block), want));
	qiao_buf_free(&block);
}

static void counts_blocks(void)
{
	struct fabric_replay r = two_nodes();
	struct qiao_why why;

	CU_ASSERT_EQUAL(fabric_replay_open(&r, &why), QIAO_OK);
	CU_ASSERT_EQUAL(r.blocks, 3);
	r.block_ms = 1;
	CU_ASSERT_EQUAL(fabric_replay_head(&r, 1, 10), 2);
	CU_ASSERT_EQUAL(fabric_replay_head(&r, 3, 0), 3);
	remove_all();
}

static void takes_the_next_copy(void)
{
	struct fabric_replay r = two_nodes();
	struct qiao_buf block = QIAO_BUF;
	struct qiao_why why;

	CU_ASSERT_EQUAL(fabric_replay_open(&r, &why), QIAO_OK);
	CU_ASSERT_EQUAL(fabric_replay_head(&r, 0, 0), 3);
	expect(&r, 0, "a0");
	expect(&r, 0, "a0");
	expect(&r, 1, "a1");
	expect(&r, 1, "b1");
	expect(&r, 1, "a1");
	expect(&r, 2, "b2");
	CU_ASSERT_EQUAL(fabric_replay_fetch(&r, &block, 3, &why),
			QIAO_E_NOTFOUND);
	qiao_buf_free(&block);
	remove_all();
}

static void refuses_an_empty_folder(void)
{
	struct fabric_replay r = { .nodes = 1 };
	struct qiao_why why;

	snprintf(r.node[0], sizeof(r.node[0]), "nowhere");
	CU_ASSERT_EQUAL(fabric_replay_open(&r, &why), QIAO_E_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "nowhere"));
}

static const struct test_case cases[] = {
	{ "heights that some node holds are counted", counts_blocks },
	{ "asked again, the next node's copy is served", takes_the_next_copy },
	{ "a folder without blocks is a configuration error",
	  refuses_an_empty_folder },
	{ NULL, NULL },
};

const struct test_suite replay_test_suite = { "fabric/replay", cases };
