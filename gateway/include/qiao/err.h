/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list of errors for the whole program. Zero is success, negatives are
 * ours; the numbers reach logs and the adapter protocol: append, never
 * renumber. What a reader must do about it stands in `struct qiao_why`
 * (gateway/base/why.h), not here.
 */
#ifndef QIAO_ERR_H
#define QIAO_ERR_H

/* clang-format off */
#define QIAO_ERRORS(X)                                                        \
	X(QIAO_OK, 0, "ok")                                                    \
	X(QIAO_E_TRUNCATED, -1, "input ends too early")                        \
	X(QIAO_E_TRAILING, -2, "bytes after the end")                          \
	X(QIAO_E_MALFORMED, -3, "malformed input")                             \
	X(QIAO_E_NONCANON, -4, "not the canonical encoding")                   \
	X(QIAO_E_LIMIT, -5, "over a limit")                                    \
	X(QIAO_E_STALE, -6, "older than what is trusted")                      \
	X(QIAO_E_NUMBER, -7, "not the next height")                            \
	X(QIAO_E_LINK, -8, "parent hash does not match")                       \
	X(QIAO_E_HASH, -9, "hash does not match")                              \
	X(QIAO_E_BADSIG, -10, "signatures do not satisfy the rule")            \
	X(QIAO_E_PROOF, -11, "proof does not lead to the trusted root")        \
	X(QIAO_E_CONFIG, -12, "configuration is wrong or missing")             \
	X(QIAO_E_UNSUPPORTED, -13, "not supported")                            \
	X(QIAO_E_CHANNEL, -14, "belongs to another chain or channel")          \
	X(QIAO_E_CONFLICT, -15, "two contradicting statements")                \
	X(QIAO_E_FROZEN, -16, "frozen after misbehaviour")                     \
	X(QIAO_E_STATE, -17, "not possible in this state")                     \
	X(QIAO_E_NOTFOUND, -18, "not found")                                   \
	X(QIAO_E_EXISTS, -19, "exists already")                                \
	X(QIAO_E_NOMEM, -20, "out of memory")                                  \
	X(QIAO_E_IO, -21, "input/output error")                                \
	X(QIAO_E_FULL, -22, "no space left")                                   \
	X(QIAO_E_TIMEOUT, -23, "deadline passed")                              \
	X(QIAO_E_CLOSED, -24, "closed")                                        \
	X(QIAO_E_ABI, -25, "adapter does not fit this gateway")                \
	X(QIAO_E_KEY, -26, "unknown or unusable key")                          \
	X(QIAO_E_NETWORK, -27, "other network id")                             \
	X(QIAO_E_RECEIVER, -28, "meant for another receiver")                  \
	X(QIAO_E_EXPIRED, -29, "expired")                                      \
	X(QIAO_E_REPLAY, -30, "seen before")                                   \
	X(QIAO_E_CLOCK, -31, "clock is not healthy")                           \
	X(QIAO_E_DENIED, -32, "not allowed")                                   \
	X(QIAO_E_BUSY, -33, "busy, try again")                                 \
	X(QIAO_E_USAGE, -34, "wrong use")
/* clang-format on */

typedef enum qiao_err {
#define X(name, code, text) name = (code),
	QIAO_ERRORS(X)
#undef X
} qiao_err;

/* A short English phrase, static; never NULL, also for a foreign number. */
const char *qiao_strerror(qiao_err err);

/* The symbol, "QIAO_E_IO"; "QIAO_E_?" for a foreign number. */
const char *qiao_errname(qiao_err err);

#endif
