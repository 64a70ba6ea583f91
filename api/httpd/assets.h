/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * assets - the files of the web page, inside the program.
 *
 * The table is made by tools/embed.c at build time.
 */
#ifndef HTTPD_ASSETS_H
#define HTTPD_ASSETS_H

#include <stddef.h>

struct asset {
	const char *path; /* "/ui/app.js" */
	const char *type;
	const char *etag; /* with its quotes; of the content's SHA-256 */
	const char *data;
	size_t n;
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
