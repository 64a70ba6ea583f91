/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * page - the frame of every list: limit and cursor in, items and next_cursor
 * out.
 */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/form.h"

struct page {
	struct jout *j;
	enum id_kind kind;
	size_t limit, count;
	bool has_after, has_more;
	struct uid after; /* where the page before ended */
	struct uid last;
};

enum { PAGE_LIMIT_MAX = 200, PAGE_LIMIT = 50 };

/* Reads the query and opens the list; NULL, or what is wrong. */
struct reply *page_open(struct page *p, struct request *r, enum id_kind kind);
/* The same in two steps, for a list that takes more than these two: what else
 * is asked for is read in between. */
void page_read(struct page *p, struct form *f, enum id_kind kind);
struct reply *page_begin(struct page *p, struct request *r, struct form *f);
/* For the store: NULL at the start of the list. */
const struct uid *page_after(const struct page *p);
/* True: write the item with this id now.  False: the page is full, and it
 * belongs to the next one.  Ask the store for limit + 1. */
bool page_take(struct page *p, const struct uid *id);
struct reply *page_close(struct page *p, struct request *r);
/* The same, unless the store failed. */
struct reply *page_close_err(struct page *p, struct request *r, enum err e);

#endif
