/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * users_house - the users of a daemon in a folder of their own, and what they
 * need of it.
 */
#ifndef TESTS_UNIT_USERS_HOUSE_H
#define TESTS_UNIT_USERS_HOUSE_H

#include "tests/unit/loop.h"
#include "tests/unit/store_kit.h"
#include "users.h"
#include "worker.h"

enum { TICKETS = 16 };

struct house {
	struct loop loop;
	char users[64];
	struct worker *worker, *disk;
	struct control *control; /* of a tor that is not there */
	struct links_net net;
	struct users *all;
	bool is_done[TICKETS];
	enum err result[TICKETS];
	uint64_t wanted; /* ticket */
	unsigned changes;
};

/* Set-up and teardown of a test, whose state is a house. */
int house_start(void **state);
int house_end(void **state);

enum err wait_for(struct house *h, uint64_t ticket);
struct bytes words(const char *text);
/* User n of that name, whose passphrase is "a good one". */
void create(struct house *h, uint64_t ticket, uint32_t n, const char *name);
struct user *create_alice(struct house *h);
/* Everything goes and comes again, as when the core starts anew. */
struct user *start_again(struct house *h);
char *file_of(struct house *h, const char *prefix, uint32_t n,
	      const char *name);
/* To their ends. */
enum err change(struct house *h, struct user *u, uint64_t ticket,
		const char *old, const char *fresh);
enum err unlock(struct house *h, struct user *u, uint64_t ticket,
		const char *passphrase);

#endif
