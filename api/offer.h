/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * offer - a message that offers a file.
 */
#ifndef API_OFFER_H
#define API_OFFER_H

#include "api/request.h"
#include "core/file.h"
#include "store/query.h"

struct offer {
	struct file_info info;
	struct bytes descriptor; /* of raw */
	uint8_t raw[FILE_DESC_BYTES_MAX];
};

/* What EV_CMD_SEND needs of the file, which must be READY; NULL, or why not.
 * Clear it afterwards: the key is in it. */
struct reply *offer_make(struct request *r, struct uid file,
			 struct bytes caption, struct offer *out);
/* The same for a message that failed and offered one: once more. */
struct reply *offer_again(struct request *r, struct uid message,
			  struct bytes descriptor, struct offer *out);
/* Why the node did not take it. */
struct reply *offer_refused(struct request *r, enum err e);
void offer_clear(struct offer *o);
/* Does this message say text, beside this file (zero: without one)? */
bool offer_is_same(struct store *s, const struct message_info *m,
		   struct uid file, struct bytes text);

#endif
