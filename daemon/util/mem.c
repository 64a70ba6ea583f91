/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

static void *checked(void *p)
{
	static const char words[] =
	    "out of memory: give this machine, or this service, more\n";

	/* By nothing that could want memory itself. */
	if (!p) {
		(void)!write(2, words, sizeof(words) - 1);
		abort();
	}
	return p;
}

void *xcalloc(size_t count, size_t size_bytes)
{
	if (count == 0 || size_bytes == 0)
		return checked(calloc(1, 1));
	return checked(calloc(count, size_bytes));
}

void *xrealloc(void *p, size_t size_bytes)
{
	return checked(realloc(p, size_bytes ? size_bytes : 1));
}

void *xmemdup(const void *p, size_t size_bytes)
{
	void *copy = xrealloc(NULL, size_bytes);

	if (size_bytes)
		memcpy(copy, p, size_bytes);
	return copy;
}

void xfree(void *p, size_t size_bytes)
{
	if (p)
		sodium_memzero(p, size_bytes);
	free(p);
}

char *xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : s);
}
