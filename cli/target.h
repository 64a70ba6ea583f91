/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * target - the place for a file that is fetched.
 *
 * It grows under a temporary name in the folder where it will lie, is synced
 * when it is whole, and gets its final name then, so that under that name
 * there is all of it or nothing.  The temporary name tells the content: what
 * an earlier attempt left of the same one is gone on with.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where its name is taken: */
enum target_rule {
	TARGET_KEEP,	/* what is there stays, and it is an error */
	TARGET_REPLACE, /* it takes the place */
	TARGET_NUMBER,	/* it becomes "name (2)", with any extension kept */
};

struct target {
	int folder, fd;
	enum target_rule rule;
	char *name, *temporary; /* in the folder */
	char *path;		/* of it, for people: "" or up to a slash */
	uint64_t have_bytes;
};

/* path: a folder, in which it gets the name label made harmless, or the file
 * itself; NULL: the current folder.  tag: what the content is told from.
 * false after saying why not. */
bool target_open(struct target *t, const char *path, const char *label,
		 const char *tag, enum target_rule rule);
/* As far as can be seen now, before what is to be put there is made. */
bool target_is_free(const char *path, const char *label, enum target_rule rule);
/* false after saying why not. */
bool target_put(struct target *t, const void *p, size_t n);
/* What is there is of no use. */
bool target_restart(struct target *t);
/* It is whole. */
bool target_finish(struct target *t);
/* What is there of it stays for the next attempt, unless it is nothing. */
void target_close(struct target *t);

#endif
