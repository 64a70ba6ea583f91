/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mem - allocation that cannot fail.
 *
 * Aborts when memory is gone, so callers need no error path.  Anything sized
 * by a peer must be checked against a named cap before it comes here.
 */
#ifndef UTIL_MEM_H
#define UTIL_MEM_H

#include <stddef.h>

void *xcalloc(size_t count, size_t size_bytes);
void *xrealloc(void *p, size_t size_bytes);
void *xmemdup(const void *p, size_t size_bytes);
/* Wipes and frees; harmless on NULL. */
void xfree(void *p, size_t size_bytes);
char *xstrdup(const char *s);
/* printf into a new string, owned by the caller. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
