/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/db_memory.h"

#include <sqlcipher/sqlite3.h>

#include "util/block.h"

/* The library asks for what is positive, rounded as below, and never resizes
 * nothing. */
static void *take(int bytes)
{
	return block_new((size_t)bytes);
}

static void *resize(void *p, int bytes)
{
	return block_resize(p, (size_t)bytes);
}

static int size_of(void *p)
{
	return p ? (int)block_bytes(p) : 0;
}

static int round_up(int bytes)
{
	return (bytes + 7) & ~7;
}

static int start(void *ctx)
{
	(void)ctx;
	return SQLITE_OK;
}

static void stop(void *ctx)
{
	(void)ctx;
}

const struct sqlite3_mem_methods *db_memory(void)
{
	static const struct sqlite3_mem_methods methods = {
	    .xMalloc = take,
	    .xFree = block_free,
	    .xRealloc = resize,
	    .xSize = size_of,
	    .xRoundup = round_up,
	    .xInit = start,
	    .xShutdown = stop,
	};

	return &methods;
}
