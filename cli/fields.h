/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fields - objects of the API as a person reads them, whatever they hold.
 */
#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

struct json_t;

/* A field a line; what is null or empty is left out. */
void fields_print(const struct json_t *object);
/* An object a line, in columns of these fields: "id name state".  The last
 * one may be as long as it likes. */
void fields_print_rows(const struct json_t *items, const char *columns);

#endif
