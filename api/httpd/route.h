/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * route - which paths are ours, and which the core's.
 */
#ifndef HTTPD_ROUTE_H
#define HTTPD_ROUTE_H

#include "api/httpd/assets.h"
#include "util/buf.h"

enum route {
	ROUTE_NONE,
	ROUTE_CORE,
	ROUTE_HOME,  /* redirects to the page */
	ROUTE_ASSET, /* *asset is set */
};

enum route route_find(struct bytes path, const struct asset **asset);

#endif
