/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_knock - what anybody may send to a door: the body of a KNOCK.  What is
 * read is written the same way, and the search for a stamp keeps its word.
 */
#include <stdlib.h>
#include <string.h>

#include "core/knock.h"
#include "util/text.h"

enum { HEAD_BYTES = 3, SEARCH = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void body(struct bytes in)
{
	uint8_t out[KNOCK_BYTES_MAX];
	struct knock k, again;
	struct wire_writer w;

	if (knock_read(in, &k) != OK)
		return;
	must(utf8_is_label((const uint8_t *)k.name.s, strlen(k.name.s)));
	must(utf8_is_valid((const uint8_t *)k.text.s, strlen(k.text.s)));
	wire_write_init(&w, out, sizeof(out));
	knock_write(&w, &k);
	/* Unknown fields do not come back. */
	must(w.len <= in.n);
	must(w.len < in.n || memcmp(out, in.p, in.n) == 0);
	must(knock_read(wire_written(&w), &again) == OK);
	must(memcmp(&k, &again, sizeof(k)) == 0);
}

static void stamp(const uint8_t *data, size_t size)
{
	uint8_t h[NOISE_HASH_BYTES] = {0};
	uint8_t bits = data[0] % 12;
	uint64_t from = be16_get(data + 1), i, found = 0;

	memcpy(h, data, size < sizeof(h) ? size : sizeof(h));
	if (knock_search(h, bits, from, SEARCH, &found)) {
		must(found >= from && found - from < SEARCH);
		must(knock_work(h, found) >= bits);
		for (i = from; i < found; i++)
			must(knock_work(h, i) < bits);
	} else {
		for (i = 0; i < SEARCH; i++)
			must(knock_work(h, from + i) < bits);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	body(bytes_of(data, size));
	if (size >= HEAD_BYTES)
		stamp(data, size);
	return 0;
}
