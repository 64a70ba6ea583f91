/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * source - what is sent: a file, or standard input.
 *
 * The daemon wants to know the size first.  So what has none, such as a pipe,
 * is read into memory before, up to a limit; never onto a disk, where it
 * would lie unencrypted.
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct source {
	int fd;
	bool is_memory; /* it is nowhere else */
	const char *path;
	off_t start; /* of standard input, which may be half read */
	uint64_t size;
	struct stat st; /* as it was */
};

/* path: "-" for standard input.  false after saying why not. */
bool source_open(struct source *s, const char *path);
void source_close(struct source *s);
/* What the file is called, without its folders; "" of standard input. */
const char *source_name(const struct source *s);

/* At most n bytes at that place before its end; -1 after saying why not. */
ssize_t source_read(const struct source *s, uint64_t at, char *p, size_t n);
/* Is it what it was?  false after saying that it is not. */
bool source_is_same(const struct source *s);
/* A UUID that is the same for the same file, as long as it is not touched,
 * the same words of context, and the same number; static. */
const char *source_client_id(const struct source *s, const char *context,
			     unsigned number);

#endif
