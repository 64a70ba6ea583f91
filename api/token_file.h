/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * token_file - the tokens as the text that DATA/api/tokens holds
 * (doc/STORAGE.md).
 */
#ifndef API_TOKEN_FILE_H
#define API_TOKEN_FILE_H

#include "api/token.h"

enum { TOKEN_FILE_MAX = 2 * 1024 * 1024 };

/* Appends all but those that are revoked. */
void token_file_write(const struct tokens *t, struct buf *out);
/* Fills an empty table.  ERR_CORRUPT: cut or changed; ERR_VERSION: of a newer
 * program.  Nothing is in it after an error. */
enum err token_file_read(struct bytes text, struct tokens *out) MUST_CHECK;

#endif
