/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/finding.h"

#include "gateway/base/slice.h"

#include <string.h>

#define PART 160

/* What a refused write or leaf lacks; the place is said in front. */
/* clang-format off */
static const struct {
	const char *word, *en, *zh;
} words[] = {
	{ "no-rule", "no rule of the mapping file is for it; add one (`key_prefix`, `when`), or leave its key out with `ignore`",
	  "映射文件中没有适用的规则；请补充规则(`key_prefix`、`when`)，或用 `ignore` 排除该键" },
	{ "no-json-object", "the value written is no JSON object; correct the source, or leave the key out with `ignore`",
	  "写入的值不是 JSON 对象；请更正来源，或用 `ignore` 排除该键" },
	{ "too-long", "longer than a record may be; correct the source or the mapping file",
	  "超过允许的长度；请更正来源或映射文件" },
	{ "missing", "there is no value; correct the source, or the path in the mapping file",
	  "没有值；请更正来源，或映射文件中的路径" },
	{ "not-a-scalar", "neither text nor number; correct the path, or say `list = true` for a field that is an array",
	  "既不是文本也不是数字；请更正路径，若该字段为数组请写 `list = true`" },
	{ "value-not-listed", "the value is not in the `map` of the mapping file; add it there, or correct the source",
	  "该值不在映射文件的 `map` 中；请补充，或更正来源" },
	{ "not-a-version", "not a whole number above 0; correct the source or the path",
	  "不是大于 0 的整数；请更正来源或路径" },
	{ "not-the-key", "not what the key says; correct the source or `key_prefix`, or write `key_is_id = false` if keys are no ids here",
	  "与键不一致；请更正来源或 `key_prefix`，若本链的键不是编号请写 `key_is_id = false`" },
	{ "not-an-integer", "not a whole number; correct the source, or `as` in the mapping file",
	  "不是整数；请更正来源，或映射文件中的 `as`" },
	{ "leading-zero", "a number with a leading zero; use `as = \"text\"`, or correct the source",
	  "数字以 0 开头；请改用 `as = \"text\"`，或更正来源" },
	{ "not-yuan", "not an amount in yuan with at most two decimals; correct the source, or `as` in the mapping file",
	  "不是以元为单位、最多两位小数的金额；请更正来源，或映射文件中的 `as`" },
	{ "not-a-time", "no time of the configured `format`; correct the source or `format`",
	  "不符合所配置的 `format` 时间格式；请更正来源或 `format`" },
	{ "year-out-of-range", "a year of more than four digits; correct the source or `format`",
	  "年份超过四位；请更正来源或 `format`" },
	{ "day-without-time", "a day without a time; use `as = \"date\"`, or correct the source",
	  "只有日期没有时刻；请改用 `as = \"date\"`，或更正来源" },
	{ "not-a-boolean", "neither true nor false; correct the source, or `as` in the mapping file",
	  "既不是 true 也不是 false；请更正来源，或映射文件中的 `as`" },
	{ "too-many", "more elements than a record may have; correct the source",
	  "元素个数超过上限；请更正来源" },
	{ "element-missing", "an element of the list has no value; correct the source",
	  "列表中有空元素；请更正来源" },
	{ "not-a-field", "a record cannot hold this value (length, or number of fields); correct the source",
	  "记录无法容纳该值(长度或字段数)；请更正来源" },
	{ "not-in-catalogue", "the catalogue has no such type, which the mapping file names; add it, or correct the rule",
	  "数据目录中没有映射文件所写的类型；请补充目录，或更正规则" },
	{ "may-not-issue", "who wrote or signed this may not issue this type; if it may, add it to the mapping file's `issuers`",
	  "写入者或签名者无权签发此类记录；若有权，请加入映射文件的 `issuers`" },
	{ "unknown-organisation", "who wrote or signed this is no organisation of ours on this chain; add the identity to the organisations file",
	  "写入者或签名者不是本链上已登记的机构；请在机构文件中登记该身份" },
	{ "not-the-signer", "signed by another organisation than the issuer that the head names; have the issuer sign it",
	  "签名机构与记录头所写的签发机构不一致；请由签发机构签名" },
	{ "no-state", "the mapping file gives no state for a deleted record; add `on_delete`",
	  "映射文件没有规定删除后的状态；请补充 `on_delete`" },
	{ "malformed", "malformed; have the issuer's software corrected",
	  "格式错误；请更正签发方的软件" },
	{ "other-network", "of another federation; check `network` of both sides",
	  "属于另一个网络；请核对双方的 `network`" },
	{ "not-given", "the adapter gave none; check where it takes them from",
	  "适配器没有给出；请检查其来源" },
	{ "other-fields", "not the fields that the head commits to; check where the adapter takes them from",
	  "与记录头承诺的字段不符；请检查适配器的来源" },
};
/* clang-format on */

struct parts {
	char place[PART], check[PART], word[PART];
};

static const uint8_t *colon(struct qiao_slice s)
{
	return s.n > 0 ? memchr(s.p, ':', s.n) : NULL;
}

/* Up to the colon, made safe; the rest stays in *s. */
static bool take(char out[PART], struct qiao_slice *s)
{
	const uint8_t *end = colon(*s);
	size_t n;

	if (!end)
		return false;
	n = (size_t)(end - s->p);
	qiao_str_escape(out, PART, qiao_slice_of(s->p, n));
	*s = qiao_slice_of(s->p + n + 1, s->n - n - 1);
	return true;
}

static bool is_source(const char *first)
{
	return strcmp(first, "mapping") == 0 || strcmp(first, "native") == 0;
}

static bool say_word(struct qiao_buf *out, const char *place, const char *word,
		     bool zh)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		qiao_buf_printf(out, "%s: %s", place,
				zh ? words[i].zh : words[i].en);
		return true;
	}
	return false;
}

void qiao_finding_text(struct qiao_buf *out, struct qiao_slice finding, bool zh)
{
	struct qiao_slice rest = finding;
	char whole[PART];
	struct parts p;
	bool known =
		take(p.place, &rest) && take(p.check, &rest) && !colon(rest);

	if (known)
		qiao_str_escape(p.word, sizeof(p.word), rest);
	if (known && is_source(p.place)) {
		if (say_word(out, p.check, p.word, zh))
			return;
		known = false;
	}
	if (!known) {
		qiao_buf_put_str(
			out, qiao_str_escape(whole, sizeof(whole), finding));
		return;
	}
	qiao_buf_printf(out,
			zh ? "%s: 未通过检查 %s(%s)；请由签发方更正，或在目录中"
			     "登记例外或写 severity = \"warn\""
			   : "%s fails the check %s (%s); have the issuer "
			     "correct the record, or give the catalogue an "
			     "exception or severity = \"warn\"",
			p.place, p.check, p.word);
}
