/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * item - something that will happen in a world at a certain time.
 */
#ifndef TESTS_SIM_ITEM_H
#define TESTS_SIM_ITEM_H

#include "tests/sim/world.h"

enum item_kind {
	ITEM_DIAL, /* the dial reaches the other side, or fails */
	ITEM_UP,   /* the dialler hears of it */
	ITEM_FAILED,
	ITEM_BYTES,
	ITEM_DOWN,
	ITEM_HELD, /* that end reads again */
	ITEM_PUBLISHED,
	ITEM_FETCH,
	ITEM_DUE,
	ITEM_DRAINED, /* tor has all of it */
	ITEM_STAMP,
	ITEM_BLOB,
	ITEM_START,
};

struct item {
	uint64_t at_ms, order;
	enum item_kind kind;
	int host;
	uint64_t life; /* of that host; 0: any */
	struct stream *stream;
	int end;
	uint8_t *data; /* owned */
	size_t n;
	struct service_id service;
	struct uid contact_id;
	uint64_t from_seq;
	size_t max_count, max_bytes;
	uint64_t link, counter;
	struct effect blob; /* bytes: data and n */
};

/* What came while an end did not read, from `at` on. */
struct held {
	struct item *items;
	size_t at, count, cap;
};

#endif
