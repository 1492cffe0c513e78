/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/conf/conf.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/conf/tree.h"
#include "gateway/include/qiao/limits.h"

#include <libconfig.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct qiao_conf {
	config_t cfg;
	char *file;
	struct qiao_ctree tree;
};

static struct qiao_conf *conf_new(const char *file)
{
	struct qiao_conf *c = qiao_calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	config_init(&c->cfg);
	c->file = qiao_strdup(file);
	if (c->file)
		return c;
	qiao_conf_free(c);
	return NULL;
}

void qiao_conf_free(struct qiao_conf *c)
{
	if (!c)
		return;
	config_destroy(&c->cfg);
	qiao_free(c->tree.nodes);
	qiao_free(c->file);
	qiao_free(c);
}

static uint32_t type_of(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		return QIAO_C_STR;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return QIAO_C_INT;
	case CONFIG_TYPE_BOOL:
		return QIAO_C_BOOL;
	case CONFIG_TYPE_FLOAT:
		return QIAO_C_FLOAT;
	case CONFIG_TYPE_GROUP:
		return QIAO_C_GROUP;
	case CONFIG_TYPE_LIST:
		return QIAO_C_LIST;
	case CONFIG_TYPE_ARRAY:
		return QIAO_C_ARRAY;
	}
	return 0;
}

static bool is_aggregate(uint32_t type)
{
	return type & (QIAO_C_GROUP | QIAO_C_LIST | QIAO_C_ARRAY);
}

/*
 * Lay a setting and what is in it over the nodes from *i on. False when
 * libconfig saw another shape than we did. Depth is bounded by the parse.
 */
static bool overlay(struct qiao_ctree *tree, size_t *i, config_setting_t *s)
{
	struct qiao_cnode *node = &tree->nodes[*i];
	const char *name = config_setting_name(s);
	unsigned int n;

	if (*i == tree->n || node->type != type_of(s) ||
	    !qiao_slice_is(node->name, name ? name : ""))
		return false;
	node->setting = s;
	node->name = qiao_slice_str(name ? name : ""); /* outlives the text */
	config_setting_set_hook(s, node);
	++*i;
	n = is_aggregate(node->type) ? (unsigned int)config_setting_length(s)
				     : 0;
	for (unsigned int k = 0; k < n; k++)
		if (!overlay(tree, i, config_setting_get_elem(s, k)))
			return false;
	return true;
}

/* libconfig wants a NUL, and a line end after a # comment. */
static char *text_copy(struct qiao_slice text)
{
	char *copy = qiao_malloc(text.n + 2);

	if (!copy)
		return NULL;
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	copy[text.n] = '\n';
	copy[text.n + 1] = '\0';
	return copy;
}

static qiao_err libconfig_read(struct qiao_conf *c, struct qiao_diags *d,
			       struct qiao_slice text)
{
	char *copy = text_copy(text);
	size_t i = 0;
	bool ok;

	if (!copy)
		return QIAO_E_NOMEM;
	ok = config_read_string(&c->cfg, copy) == CONFIG_TRUE;
	qiao_free(copy);
	if (!ok) {
		qiao_diag(d, c->file, (unsigned int)config_error_line(&c->cfg),
			  1, "E000", "%s", config_error_text(&c->cfg));
		return QIAO_E_CONFIG;
	}
	if (overlay(&c->tree, &i, config_root_setting(&c->cfg)) &&
	    i == c->tree.n)
		return QIAO_OK;
	qiao_diag(d, c->file, 1, 1, "E000",
		  "libconfig reads this text in another way than we do");
	return QIAO_E_CONFIG;
}

/* *clean: nothing was found, also nothing that libconfig reads wrongly. */
static qiao_err tree_read(struct qiao_conf *c, bool *clean,
			  struct qiao_diags *d, struct qiao_slice text)
{
	struct qiao_lexer lx;
	qiao_err err;

	qiao_lex_init(&lx, d, c->file, text);
	err = qiao_ctree_parse(&c->tree, &lx);
	*clean = lx.findings == 0;
	if (err == QIAO_OK && lx.unsafe)
		err = QIAO_E_CONFIG;
	if (err != QIAO_OK)
		return err;
	if (c->tree.n == 1) {
		qiao_diag(d, c->file, 1, 1, "E100", "no setting in this file");
		return QIAO_E_CONFIG;
	}
	return libconfig_read(c, d, text);
}

qiao_err qiao_conf_parse_to_check(struct qiao_conf **out, struct qiao_diags *d,
				  const char *file, struct qiao_slice text)
{
	struct qiao_conf *c;
	bool clean;
	qiao_err err;

	*out = NULL;
	if (text.n > QIAO_CONF_FILE_MAX) {
		qiao_diag(d, file, 1, 1, "E000", "larger than %zu bytes",
			  QIAO_CONF_FILE_MAX);
		return QIAO_E_CONFIG;
	}
	c = conf_new(file);
	if (!c)
		return QIAO_E_NOMEM;
	err = tree_read(c, &clean, d, text);
	if (err != QIAO_OK) {
		qiao_conf_free(c);
		return err;
	}
	*out = c;
	return clean ? QIAO_OK : QIAO_E_CONFIG;
}

qiao_err qiao_conf_parse(struct qiao_conf **out, struct qiao_diags *d,
			 const char *file, struct qiao_slice text)
{
	qiao_err err = qiao_conf_parse_to_check(out, d, file, text);

	if (err == QIAO_OK)
		return QIAO_OK;
	qiao_conf_free(*out);
	*out = NULL;
	return err;
}

/* --- files --------------------------------------------------------------- */

static qiao_err file_error(struct qiao_diags *d, const char *path, qiao_err err,
			   const char *what)
{
	qiao_diag(d, path, 1, 1, "E000", "%s", what);
	return err;
}

static qiao_err descriptor_read(struct qiao_buf *b, int fd)
{
	char part[4096];
	ssize_t n;

	for (;;) {
		n = read(fd, part, sizeof(part));
		if (n == 0)
			return b->err;
		if (n > 0)
			qiao_buf_put_mem(b, part, (size_t)n);
		else if (errno != EINTR)
			return QIAO_E_IO;
		if (b->err != QIAO_OK)
			return b->err;
	}
}

/* O_NONBLOCK: a FIFO without a writer would hold us here for ever. */
static qiao_err file_read(struct qiao_buf *b, struct qiao_diags *d,
			  const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	qiao_err err;

	if (fd < 0)
		return file_error(d, path,
				  errno == ENOENT ? QIAO_E_NOTFOUND : QIAO_E_IO,
				  strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return file_error(d, path, QIAO_E_IO, "not a regular file");
	}
	err = descriptor_read(b, fd);
	close(fd);
	if (err != QIAO_OK)
		return file_error(d, path, err, qiao_strerror(err));
	return QIAO_OK;
}

qiao_err qiao_conf_load(struct qiao_conf **out, struct qiao_diags *d,
			const char *path)
{
	struct qiao_buf b = { .max = QIAO_CONF_FILE_MAX };
	qiao_err err = file_read(&b, d, path);

	*out = NULL;
	if (err == QIAO_OK)
		err = qiao_conf_parse(out, d, path, qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

/* --- reading ------------------------------------------------------------- */

const struct qiao_cnode *qiao_conf_root(const struct qiao_conf *c)
{
	return &c->tree.nodes[0];
}

const char *qiao_conf_file(const struct qiao_conf *c)
{
	return c->file;
}

unsigned int qiao_cnode_type(const struct qiao_cnode *n)
{
	return n ? n->type : 0;
}

const char *qiao_cnode_name(const struct qiao_cnode *n)
{
	return n ? config_setting_name(n->setting) : NULL;
}

size_t qiao_cnode_count(const struct qiao_cnode *n)
{
	if (!n || !is_aggregate(n->type))
		return 0;
	return (size_t)config_setting_length(n->setting);
}

const struct qiao_cnode *qiao_cnode_at(const struct qiao_cnode *n, size_t i)
{
	if (i >= qiao_cnode_count(n))
		return NULL;
	return config_setting_get_hook(
		config_setting_get_elem(n->setting, (unsigned int)i));
}

const struct qiao_cnode *qiao_cnode_get(const struct qiao_cnode *n,
					const char *name)
{
	config_setting_t *s;

	if (!n || n->type != QIAO_C_GROUP)
		return NULL;
	s = config_setting_get_member(n->setting, name);
	return s ? config_setting_get_hook(s) : NULL;
}

const char *qiao_cnode_str(const struct qiao_cnode *n, const char *def)
{
	if (qiao_cnode_type(n) != QIAO_C_STR)
		return def;
	return config_setting_get_string(n->setting);
}

/* By type: config_setting_get_int gives 0 for an INT64 that is larger. */
int64_t qiao_cnode_int(const struct qiao_cnode *n, int64_t def)
{
	if (qiao_cnode_type(n) != QIAO_C_INT)
		return def;
	if (config_setting_type(n->setting) == CONFIG_TYPE_INT64)
		return config_setting_get_int64(n->setting);
	return config_setting_get_int(n->setting);
}

bool qiao_cnode_bool(const struct qiao_cnode *n, bool def)
{
	if (qiao_cnode_type(n) != QIAO_C_BOOL)
		return def;
	return config_setting_get_bool(n->setting) != 0;
}

/* Up to nine digits without leading zeros, and one unit. */
static bool duration_parse(int64_t *ms, const char *s)
{
	size_t n = strspn(s, "0123456789");
	int64_t v = 0;

	if (n == 0 || n > 9 || (n > 1 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s[i] - '0');
	if (s[n] == '\0' || s[n + 1] != '\0')
		return false;
	switch (s[n]) {
	case 's':
		*ms = v * 1000;
		return true;
	case 'm':
		*ms = v * 60 * 1000;
		return true;
	case 'h':
		*ms = v * 60 * 60 * 1000;
		return true;
	case 'd':
		*ms = v * 24 * 60 * 60 * 1000;
		return true;
	}
	return false;
}

int64_t qiao_cnode_ms(const struct qiao_cnode *n, int64_t def)
{
	const char *s = qiao_cnode_str(n, "");
	int64_t ms;

	return duration_parse(&ms, s) ? ms : def;
}

const char *qiao_conf_str(const struct qiao_cnode *g, const char *name,
			  const char *def)
{
	return qiao_cnode_str(qiao_cnode_get(g, name), def);
}

int64_t qiao_conf_int(const struct qiao_cnode *g, const char *name, int64_t def)
{
	return qiao_cnode_int(qiao_cnode_get(g, name), def);
}

bool qiao_conf_bool(const struct qiao_cnode *g, const char *name, bool def)
{
	return qiao_cnode_bool(qiao_cnode_get(g, name), def);
}

int64_t qiao_conf_ms(const struct qiao_cnode *g, const char *name, int64_t def)
{
	return qiao_cnode_ms(qiao_cnode_get(g, name), def);
}

void qiao_conf_pos(const struct qiao_conf *c, const struct qiao_cnode *n,
		   unsigned int *line, unsigned int *col)
{
	if (!n)
		n = qiao_conf_root(c);
	*line = n->at.line;
	*col = n->at.col;
}
