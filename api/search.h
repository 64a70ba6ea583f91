/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * search - looks through a whole history without holding anybody else up: one
 * portion in a turn of the loop, of one search after the other.
 */
#ifndef API_SEARCH_H
#define API_SEARCH_H

#include "api/request.h"

/* What api_new() sets: about a second. */
enum { SEARCH_PORTIONS = 120 };

/* The request goes: nobody wants to know any more. */
void search_free(struct request *r);
/* This user is locked now. */
void search_end_user(struct api *a, const struct uid *user);
uint64_t search_deadline(const struct api *a);
void search_tick(struct api *a);

#endif
