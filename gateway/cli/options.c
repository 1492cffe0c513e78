/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CONFIG "/etc/qiao/qiao.conf"

struct common {
	const char *lang, *config, *socket;
	bool json;
};
static struct common front; /* what stood in front of the subcommand */

static bool wants_chinese(const char *lang)
{
	static const char *const variables[] = { "LC_ALL", "LC_MESSAGES",
						 "LANG" };

	for (size_t i = 0; !lang && i < 3; i++) {
		const char *v = getenv(variables[i]);

		if (v && v[0])
			lang = v;
	}
	return lang && strncmp(lang, "zh", 2) == 0;
}

/* How many arguments the option takes up; 0: it is none of ours; -1: wrong. */
static int take(struct common *c, int argc, char **argv)
{
	const char *value = argc > 1 ? argv[1] : NULL;

	if (strcmp(argv[0], "--json") == 0) {
		c->json = true;
		return 1;
	}
	if (strcmp(argv[0], "--lang") == 0 && value) {
		c->lang = value;
		return strcmp(value, "zh") == 0 || strcmp(value, "en") == 0
			       ? 2
			       : -1;
	}
	if (strcmp(argv[0], "--config") == 0 && value) {
		c->config = value;
		return 2;
	}
	if (strcmp(argv[0], "--socket") == 0 && value) {
		c->socket = value;
		return 2;
	}
	return 0;
}

int qiao_cli_front(int argc, char **argv)
{
	int n = 0, taken;

	while (n < argc && (taken = take(&front, argc - n, argv + n)) > 0)
		n += taken;
	return n;
}

bool qiao_cli_options(struct qiao_cli *out, int argc, char **argv)
{
	struct common c = front;
	int kept = 1;

	for (int i = 1; i < argc;) {
		int taken = take(&c, argc - i, argv + i);

		if (taken < 0 ||
		    (taken == 0 && strncmp(argv[i], "--", 2) == 0 &&
		     strcmp(argv[i], "--help") != 0)) {
			fprintf(stderr, "qiao %s: wrong option %s\n", argv[0],
				argv[i]);
			return false;
		}
		if (taken == 0)
			argv[kept++] = argv[i++];
		else
			i += taken;
	}
	*out = (struct qiao_cli){
		.zh = wants_chinese(c.lang),
		.json = c.json,
		.config = c.config ? c.config : DEFAULT_CONFIG,
		.socket = c.socket,
		.argc = kept,
		.argv = argv,
	};
	return true;
}

int qiao_cli_usage(const char *text)
{
	fprintf(stderr, "usage: %s\n", text);
	return QIAO_EXIT_USAGE;
}

void qiao_cli_print(const struct qiao_buf *b)
{
	if (b->n > 0)
		fwrite(b->p, 1, b->n, stdout);
}

int qiao_cli_fail(const struct qiao_why *why)
{
	fprintf(stderr, "qiao: %s\n", why->text);
	return QIAO_EXIT_USAGE;
}
