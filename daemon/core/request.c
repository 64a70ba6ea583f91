/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/request.h"

bool request_is_open(const struct request_row *r)
{
	switch (r->state) {
	case REQUEST_QUEUED:
	case REQUEST_WAITING:
	case REQUEST_PENDING:
	case REQUEST_REJECTED: return true;
	case REQUEST_ACCEPTED:
	case REQUEST_EXPIRED:
	case REQUEST_FAILED: break;
	}
	return false;
}

bool request_is_asked(const struct request_row *r)
{
	return r->state == REQUEST_PENDING || r->state == REQUEST_REJECTED;
}

bool request_is_served(const struct request_row *r)
{
	return r->origin == REQUEST_BY_KNOCK || r->origin == REQUEST_SERVED;
}
