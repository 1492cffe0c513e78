/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/include/qiao/err.h"

const char *qiao_strerror(qiao_err err)
{
	switch (err) {
#define X(name, code, text) \
	case name:          \
		return text;
		QIAO_ERRORS(X)
#undef X
	}
	return "unknown error";
}

const char *qiao_errname(qiao_err err)
{
	switch (err) {
#define X(name, code, text) \
	case name:          \
		return #name;
		QIAO_ERRORS(X)
#undef X
	}
	return "QIAO_E_?";
}
