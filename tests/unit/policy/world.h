/* SPDX-License-Identifier: Apache-2.0 */
/* A small world for rules under test: catalogue, organisations, one question.
 */
#ifndef TESTS_UNIT_POLICY_WORLD_H
#define TESTS_UNIT_POLICY_WORLD_H

#include "tests/unit/policy/folder.h"

#define WORLD_CATALOGUE                                                         \
	"catalogue = { format = 1; id = \"c\"; version = 1; records = ("        \
	"{ type = \"a.open\"; share = \"unconditional\"; id_kind = \"opaque\";" \
	"  states = [ \"valid\", \"revoked\" ]; fields = ("                     \
	"  { name = \"pub\"; class = \"public\"; },"                            \
	"  { name = \"inn\"; class = \"internal\"; },"                          \
	"  { name = \"per\"; class = \"personal\"; },"                          \
	"  { name = \"sen\"; class = \"sensitive\"; },"                         \
	"  { name = \"sec\"; class = \"secret\"; } ); },"                       \
	"{ type = \"a.cond\"; share = \"conditional\"; id_kind = \"opaque\";"   \
	"  states = [ \"valid\" ]; fields = ("                                  \
	"  { name = \"pub\"; class = \"public\"; },"                            \
	"  { name = \"author\"; class = \"personal\"; } ); },"                  \
	"{ type = \"n.never\"; share = \"never\"; id_kind = \"opaque\";"        \
	"  basis = \"law\"; states = [ \"valid\" ]; fields = ("                 \
	"  { name = \"pub\"; class = \"public\"; } ); } ); };"

#define WORLD_ORGS                                                          \
	"orgs = { format = 1; id = \"o\"; version = 1; list = ("            \
	"{ org = \"src.dept\"; title = \"s\"; ids = ( { chain = \"src\"; "  \
	"kind = \"msp\"; value = \"SrcMSP\"; } ); },"                       \
	"{ org = \"dst.dept\"; title = \"d\"; ids = ( { chain = \"dst\"; "  \
	"kind = \"msp\"; value = \"DstMSP\"; } ); },"                       \
	"{ org = \"dst.other\"; title = \"d\"; ids = ( { chain = \"dst\"; " \
	"kind = \"msp\"; value = \"OtherMSP\"; } ); } ); };"

/* The `policy` group; id and layer are given, point is release. */
#define WORLD_POLICY(id, layer, more)                                            \
	"policy = { format = 1; id = \"" id "\"; version = 3; owner = "          \
	"\"src.dept\"; layer = \"" layer "\"; point = \"release\"; scope = { "   \
	"chain = [ \"*\" ]; record = [ \"*\" ]; }; timezone = \"+08:00\"; " more \
	"};\n"
#define WORLD_ACCEPT(id, more)                                                     \
	"policy = { format = 1; id = \"" id "\"; version = 3; owner = "            \
	"\"dst.dept\"; layer = \"recipient\"; point = \"accept\"; scope = { "      \
	"chain = [ \"dst\" ]; record = [ \"*\" ]; }; timezone = \"+08:00\"; " more \
	"};\n"

#define PERMIT(id, more)                                                        \
	"{ id = \"" id "\"; effect = \"permit\"; to = { org = [ \"dst.dept\" "  \
	"]; }; record = { type = [ \"a.open\" ]; }; action = [ \"forward\" ]; " \
	"purpose = [ \"p\" ]; basis = \"b\"; " more "}"
#define DENY(id, code, more) \
	"{ id = \"" id "\"; effect = \"deny\"; reason = \"" code "\"; " more "}"
#define HOLD(id, more) "{ id = \"" id "\"; effect = \"hold\"; " more "}"
#define WHEN_ONWARD \
	"when = ( { attr = \"request.onward\"; op = \"eq\"; value = true; } ); "
#define WHEN_OLD \
	"when = ( { attr = \"proof.age_s\"; op = \"gt\"; value = 600; } ); "

static inline void world_open(struct folder *f)
{
	f->n = 0;
	folder_add_text(f, "00.cfg", WORLD_CATALOGUE);
	folder_add_text(f, "01.cfg", WORLD_ORGS);
}

/* A policy of these files, which must load. */
static inline struct qiao_policy *world_policy(const char *const *files,
					       size_t n)
{
	struct folder f;
	struct qiao_policy *p;
	char name[16];

	world_open(&f);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "p%zu.cfg", i);
		folder_add_text(&f, name, files[i]);
	}
	p = folder_load(&f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	folder_free(&f);
	return p;
}

static const char *const world_fields[] = { "inn", "per", "pub",
					    "sec", "sen", "shadow" };

/* A question that PERMIT answers with yes. */
static inline struct qiao_policy_request world_request(void)
{
	return (struct qiao_policy_request){
		.point = QIAO_POINT_RELEASE,
		.action = "forward",
		.purpose = "p",
		.from_chain = "src",
		.from_org = "src.dept",
		.to_chain = "dst",
		.to_org = "dst.dept",
		.duty_basis = "",
		.duty_case = "",
		.record_type = "a.open",
		.record_state = "valid",
		.record_version = 1,
		.fields = world_fields,
		.n_fields = 6,
	};
}

static inline struct qiao_policy_facts world_facts(void)
{
	return (struct qiao_policy_facts){
		.at_ms = 1795140000000, /* 2026-11-20T10:00:00+08:00 */
		.proof_verified = true,
		.proof_height = 7,
		.proof_block = { { 1 } },
		.proof_age_s = 12,
		.proof_final = true,
		.proof_validity = 3,
		.assurance = 1,
		.origin = 1,
		.currency = 1,
		.issuer_ok = true,
		.checks = QIAO_CHECKS_OK,
		.state_ok = true,
		.clock_ok = true,
	};
}

#endif
