/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_parcel - what the core and its two errand runners read of each other:
 * a parcel that is taken, put again, must be the bytes that came in.  And a
 * webhook's URL, which is never anywhere but on this machine.
 */
#include <stdlib.h>
#include <string.h>

#include "api/parcel.h"
#include "api/webhook_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_url(struct bytes text)
{
	static const char *const begins[] = {"http://127.", "http://[",
					     "http://localhost/"};
	struct webhook_url url;
	size_t i;

	if (webhook_url_read(text, &url) != OK)
		return;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(url.http, begins[i], strlen(begins[i])) == 0)
			break;
	if (i == sizeof(begins) / sizeof(begins[0]) ||
	    (i == 2) != (url.socket[0] == '/') || strpbrk(url.http, " \\#\r\n"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes left = bytes_of(data, size);
	struct parcel p;
	struct buf again;
	size_t n;

	buf_init(&again, size);
	look_at_url(left);
	while (parcel_take(left, &n, &p) == OK) {
		if (parcel_put(&again, &p) != OK || again.len != n ||
		    memcmp(again.data, left.p, n) != 0)
			abort();
		if (p.type == PARCEL_POST)
			look_at_url(p.url);
		buf_drop(&again, n);
		left = bytes_of(left.p + n, left.n - n);
	}
	buf_clear(&again);
	return 0;
}
