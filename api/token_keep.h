/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * token_keep - the file of the tokens: read once, written when they change.
 *
 * A file that cannot be read is not written over: no token is valid then, and
 * none can be made, until somebody looked.
 */
#ifndef API_TOKEN_KEEP_H
#define API_TOKEN_KEEP_H

#include "api/api.h"

void token_keep_start(struct api *a);
/* What changed is durable after OK, and those that were revoked are gone. */
enum err token_keep_save(struct api *a) MUST_CHECK;
/* Before the end: their last use, if it is not noted yet. */
void token_keep_end(struct api *a);
/* Also when the next of them expires. */
uint64_t token_keep_deadline(const struct api *a);
void token_keep_tick(struct api *a);

#endif
