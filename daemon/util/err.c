/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/err.h"

const char *err_str(enum err e)
{
	switch (e) {
	case OK: return "no error";
	case ERR_SHORT: return "input ends too early";
	case ERR_SYNTAX: return "malformed input";
	case ERR_RANGE: return "value out of range";
	case ERR_AUTH: return "authentication failed";
	case ERR_STATE: return "not possible in this state";
	case ERR_FULL: return "limit reached";
	case ERR_NOT_FOUND: return "not found";
	case ERR_EXISTS: return "exists already";
	case ERR_IO: return "input/output error";
	case ERR_NO_SPACE: return "no space left";
	case ERR_CORRUPT: return "data is damaged";
	case ERR_VERSION: return "unsupported version";
	case ERR_CLOSED: return "connection closed";
	}
	return "unknown error";
}
