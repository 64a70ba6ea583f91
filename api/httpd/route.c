/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/route.h"

#include <stdbool.h>
#include <string.h>

#include "util/mem.h"

#define INDEX "/ui/index.html"

static bool is_text(struct bytes s, const char *text)
{
	return bytes_equal(s, bytes_of(text, strlen(text)));
}

static const struct asset *find_asset(struct bytes path)
{
	size_t i;

	if (is_text(path, "/ui/"))
		path = bytes_of(INDEX, strlen(INDEX));
	for (i = 0; i < asset_count; i++)
		if (is_text(path, assets[i].path))
			return &assets[i];
	return NULL;
}

enum route route_find(struct bytes path, const struct asset **asset)
{
	static const char *const core[] = {"/healthz", "/readyz", "/metrics"};
	const struct asset *found;
	size_t i;

	if (path.n > 4 && memcmp(path.p, "/v1/", 4) == 0)
		return ROUTE_CORE;
	for (i = 0; i < ARRAY_SIZE(core); i++)
		if (is_text(path, core[i]))
			return ROUTE_CORE;
	if (is_text(path, "/") || is_text(path, "/ui"))
		return ROUTE_HOME;
	found = find_asset(path);
	if (!found)
		return ROUTE_NONE;
	*asset = found;
	return ROUTE_ASSET;
}
