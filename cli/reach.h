/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reach - whether a user can be reached, in words.
 */
#ifndef CLI_REACH_H
#define CLI_REACH_H

struct json_t;

/* A line for each kind of address that he has, each after indent; none if it
 * is not tested, or he is locked.  tor: of GET /v1/tor. */
void reach_print(const struct json_t *tor, const char *user_id,
		 const char *indent);

#endif
