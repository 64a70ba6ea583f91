/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * block - memory for the libraries that we use, wiped when they free it.
 *
 * What goes through a JSON reader or a database may be a passphrase, a key or
 * a message.  The heap would keep it for as long as nobody needs that place.
 */
#ifndef UTIL_BLOCK_H
#define UTIL_BLOCK_H

#include <stddef.h>

/* As malloc(): NULL if there is no memory. */
void *block_new(size_t bytes);
/* As realloc(); always another block. */
void *block_resize(void *p, size_t bytes);
/* As it was asked for. */
size_t block_bytes(const void *p);
/* Harmless on NULL. */
void block_free(void *p);

#endif
