/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * label - from the name that another person gave a file to one that a folder
 * may hold.
 */
#ifndef UTIL_LABEL_H
#define UTIL_LABEL_H

/* The longest name that file systems take. */
#define LABEL_MAX_BYTES 255

/* What could lead out of a folder, hide a file, pass for an option or an
 * escape of a terminal, or is no UTF-8, becomes '_'.  Never empty, "." or
 * "..", never longer than label or than LABEL_MAX_BYTES. */
void label_to_name(const char *label, char out[static LABEL_MAX_BYTES + 1]);

#endif
