/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_token - tokens in the world of the API's tests, and files of theirs.
 */
#ifndef TESTS_UNIT_API_TOKEN_H
#define TESTS_UNIT_API_TOKEN_H

#include "api_kit.h"

/* Made with these credentials; its secret.  scopes: without the outer quotes;
 * more: further fields, with a comma in front. */
const char *token_make(struct world *w, const char *maker, const char *scopes,
		       const char *more);
/* One for conversation 1 of alice alone. */
const char *token_narrow(struct world *w, const char *scopes);
/* One call with these credentials (NULL: none), for expect(); valid until the
 * next. */
const struct ask *as(const char *token, const char *method, const char *target,
		     const char *body);
/* Brings alice a file in one request; its id. */
const char *token_upload(struct world *w, const char *token, const char *body);
/* The same, and half of it is on its way. */
void token_upload_start(struct call *c, struct world *w, const char *token);

#endif
