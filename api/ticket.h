/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ticket - a secret in a URL that opens the content of one file for a few
 * minutes: for what a browser fetches by itself, without our header.
 *
 * It may do what its maker may, and dies with his session.
 */
#ifndef API_TICKET_H
#define API_TICKET_H

#include "api/request.h"

enum {
	TICKET_TEXT = 43,
	TICKET_MS = 5 * 60 * 1000,
};

/* For the file of the path. */
void ticket_new(struct request *r, char text[TICKET_TEXT + 1]);
/* Is the one in the query good for the path?  Fills in r->caller then. */
bool ticket_take(struct request *r);

#endif
