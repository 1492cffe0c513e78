/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rest of a group whose start tag was read. Nobody sends groups but who
 * wants to be a nuisance: a file of its own keeps the numbers of the open ones,
 * 40 KiB, off the stack of everybody else. A client may nest as deep as Go
 * allows, and a light client that refused such a block would stand still.
 */
#include "gateway/verify/fabric_pb.h"

#define END_GROUP 4

static void skip_value(struct qiao_reader *r, unsigned int wire)
{
	bool minimal;

	switch (wire) {
	case QIAO_PB_VARINT:
		qiao_pb_get_varint(r, &minimal);
		break;
	case QIAO_PB_I64:
		qiao_get(r, 8);
		break;
	case QIAO_PB_LEN:
		qiao_pb_get_len(r, &minimal);
		break;
	case QIAO_PB_I32:
		qiao_get(r, 4);
		break;
	default: /* 6 and 7 do not exist */
		qiao_reader_fail(r, QIAO_E_MALFORMED);
		break;
	}
}

void qiao_pb_skip_group(struct qiao_reader *r, uint32_t number)
{
	uint32_t open[QIAO_PB_GROUPS_MAX + 1];
	size_t depth = 0;

	open[depth++] = number;
	while (depth > 0 && r->err == QIAO_OK) {
		unsigned int wire;
		bool minimal;
		uint32_t n = qiao_pb_get_tag(r, &wire, &minimal,
					     QIAO_PB_GROUP_NUMBER_MAX);

		if (wire == END_GROUP) {
			if (open[--depth] != n)
				qiao_reader_fail(r, QIAO_E_MALFORMED);
		} else if (wire != QIAO_PB_GROUP) {
			skip_value(r, wire);
		} else if (depth > QIAO_PB_GROUPS_MAX) {
			qiao_reader_fail(r, QIAO_E_MALFORMED);
		} else {
			open[depth++] = n;
		}
	}
}
