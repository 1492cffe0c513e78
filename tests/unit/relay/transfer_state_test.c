/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/transfer_state.h"

#include "tests/unit/suite.h"

#include <string.h>

/*
 * Every pair of state and event, once more and by another hand than the tables:
 * one line per state, one letter per event, in the order of the enums; the
 * letter is the next state, a dot a refusal.
 */
static const char out_letters[] = "-QSPCXDHRUEF";
static const char *const out_pairs[QIAO_OUT_STATES] = {
	/* queue deny hold send taken refuse supersede expire conflict commit
	 * close */
	[QIAO_OUT_NONE] = "QDH........",
	[QIAO_OUT_QUEUED] = "...S..U..C.",
	[QIAO_OUT_SENT] = "...SPRUEFC.",
	[QIAO_OUT_AT_PEER] = ".....RUEFC.",
	[QIAO_OUT_COMMITTED] = "..........X",
	[QIAO_OUT_CLOSED] = "...........",
	[QIAO_OUT_DENIED] = "...........",
	[QIAO_OUT_HELD] = "...........",
	[QIAO_OUT_REFUSED] = "...........",
	[QIAO_OUT_SUPERSEDED] = "...........",
	[QIAO_OUT_EXPIRED] = "...........",
	[QIAO_OUT_CONFLICT] = "...........",
};

static const char in_letters[] = "-RASCWDHEUF";
static const char *const in_pairs[QIAO_IN_STATES] = {
	/* receive accept deny hold expire supersede submit commit conflict
	 * answer */
	[QIAO_IN_NONE] = "R.........",      [QIAO_IN_RECEIVED] = ".ADHEU....",
	[QIAO_IN_ACCEPTED] = "....EUS...",  [QIAO_IN_SUBMITTING] = "......SCF.",
	[QIAO_IN_COMMITTED] = ".........W", [QIAO_IN_ANSWERED] = "..........",
	[QIAO_IN_DENIED] = ".........D",    [QIAO_IN_HELD] = ".........H",
	[QIAO_IN_EXPIRED] = ".........E",   [QIAO_IN_SUPERSEDED] = ".........U",
	[QIAO_IN_CONFLICT] = ".........F",
};

static void every_pair_of_a_source_transfer_is_as_written(void)
{
	for (int s = 0; s < QIAO_OUT_STATES; s++) {
		CU_ASSERT_EQUAL(strlen(out_pairs[s]), QIAO_OUT_EVENTS);
		for (int ev = 0; ev < QIAO_OUT_EVENTS; ev++) {
			enum qiao_out_state next;
			bool may = qiao_out_next(&next, (enum qiao_out_state)s,
						 (enum qiao_out_event)ev);
			char want = out_pairs[s][ev];

			CU_ASSERT_EQUAL(may, want != '.');
			CU_ASSERT_EQUAL(may ? out_letters[next] : '.', want);
			CU_ASSERT_TRUE(may || next == QIAO_OUT_NONE);
		}
	}
}

static void every_pair_of_a_destination_transfer_is_as_written(void)
{
	for (int s = 0; s < QIAO_IN_STATES; s++) {
		CU_ASSERT_EQUAL(strlen(in_pairs[s]), QIAO_IN_EVENTS);
		for (int ev = 0; ev < QIAO_IN_EVENTS; ev++) {
			enum qiao_in_state next;
			bool may = qiao_in_next(&next, (enum qiao_in_state)s,
						(enum qiao_in_event)ev);
			char want = in_pairs[s][ev];

			CU_ASSERT_EQUAL(may, want != '.');
			CU_ASSERT_EQUAL(may ? in_letters[next] : '.', want);
			CU_ASSERT_TRUE(may || next == QIAO_IN_NONE);
		}
	}
}

static void foreign_numbers_are_refused(void)
{
	enum qiao_out_state out;
	enum qiao_in_state in;

	CU_ASSERT_FALSE(
		qiao_out_next(&out, (enum qiao_out_state)99, QIAO_OUT_EV_SEND));
	CU_ASSERT_FALSE(
		qiao_in_next(&in, QIAO_IN_RECEIVED, (enum qiao_in_event)99));
	CU_ASSERT_STRING_EQUAL(qiao_out_state_name(-1), "?");
	CU_ASSERT_STRING_EQUAL(qiao_in_state_name(QIAO_IN_STATES), "?");
}

static void every_end_of_a_destination_owes_a_receipt(void)
{
	for (int s = 0; s < QIAO_IN_STATES; s++) {
		enum qiao_in_state state = (enum qiao_in_state)s;
		bool owes = s >= QIAO_IN_COMMITTED && s != QIAO_IN_ANSWERED;

		CU_ASSERT_EQUAL(qiao_in_owes_receipt(state), owes);
		CU_ASSERT_EQUAL(qiao_in_is_end(state), s >= QIAO_IN_ANSWERED);
		CU_ASSERT_STRING_NOT_EQUAL(qiao_in_state_name(s), "?");
	}
	for (int s = 0; s < QIAO_OUT_STATES; s++) {
		CU_ASSERT_EQUAL(qiao_out_is_end((enum qiao_out_state)s),
				s >= QIAO_OUT_CLOSED);
		CU_ASSERT_STRING_NOT_EQUAL(qiao_out_state_name(s), "?");
	}
}

static const struct test_case cases[] = {
	{ "every pair of a source transfer is as written",
	  every_pair_of_a_source_transfer_is_as_written },
	{ "every pair of a destination transfer is as written",
	  every_pair_of_a_destination_transfer_is_as_written },
	{ "foreign numbers are refused", foreign_numbers_are_refused },
	{ "every end of a destination owes a receipt",
	  every_end_of_a_destination_owes_a_receipt },
	{ .name = NULL },
};

const struct test_suite transfer_state_test_suite = { "relay/transfer_state",
						      cases };
