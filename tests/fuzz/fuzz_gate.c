/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_gate - both halves of the gate: what a parser takes, encoded again,
 * must be the bytes that came in.
 */
#include <stdlib.h>
#include <string.h>

#include "api/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err put_again(struct buf *b, const struct gate_frame *f)
{
	switch (f->type) {
	case GATE_REQUEST: return gate_put_request(b, &f->request);
	case GATE_ANSWER: return gate_put_answer(b, &f->answer);
	case GATE_BODY:
	case GATE_DATA: return gate_put_data(b, f->type, f->data.p, f->data.n);
	case GATE_END:
	case GATE_DONE: return gate_put_end(b, f->type);
	}
	return ERR_SYNTAX;
}

/* The first byte chooses the half and the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_parser p;
	struct gate_frame f;
	struct buf again;
	size_t at = 1, piece;
	enum err e = ERR_SHORT;

	if (size < 1)
		return 0;
	gate_parser_init(&p, data[0] & 1 ? GATE_ANSWERS : GATE_REQUESTS);
	piece = data[0] < 2 ? GATE_FRAME_MAX : data[0];
	buf_init(&again, size);
	while (at < size && e == ERR_SHORT) {
		size_t n = size - at < piece ? size - at : piece;

		if (gate_parser_put(&p, data + at, n) != OK)
			abort();
		at += n;
		while ((e = gate_parser_take(&p, &f)) == OK)
			if (put_again(&again, &f) != OK)
				abort();
	}
	if (again.len && memcmp(again.data, data + 1, again.len) != 0)
		abort();
	gate_parser_clear(&p);
	buf_clear(&again);
	return 0;
}
