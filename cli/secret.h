/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * secret - a passphrase from a file, the terminal, or standard input.
 */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

#include <stdbool.h>

/* file: NULL for the terminal (asked twice if is_new) or, if there is none,
 * the first line of standard input; "-" for standard input.  Never from the
 * command line, where every user of the machine could read it.  NULL after
 * saying why not; wipe and free() it with secret_free(). */
char *secret_read(const char *file, const char *prompt, bool is_new);
void secret_free(char *s);
/* Would secret_read() ask somebody, who could be asked again? */
bool secret_is_asked(const char *file);

#endif
