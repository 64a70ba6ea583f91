/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_tlv - streams of fields, and what is made of them: messages, cards,
 * claims.  What can be read must be written back byte for byte.
 */
#include <stdlib.h>
#include <string.h>

#include "core/card.h"
#include "core/message.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void walk(struct bytes in)
{
	uint8_t *mem = xcalloc(1, in.n + 1);
	struct bytes value;
	struct wire_writer w;
	struct tlv_walk t;
	uint64_t type;

	wire_write_init(&w, mem, in.n);
	tlv_walk_init(&t, in);
	while (tlv_walk_next(&t, &type, &value))
		tlv_write(&w, type, value);
	must(w.len == 0 || memcmp(mem, in.p, w.len) == 0);
	must(t.rd.err != OK || w.len == in.n);
	free(mem);
}

static void message(struct bytes in)
{
	uint8_t *mem = xcalloc(1, MESSAGE_BYTES_MAX);
	struct message m;
	struct hash32 h;
	struct wire_writer w;

	if (message_read(in, &m) == OK) {
		message_content_hash(&m, &h);
		if (m.kind == MESSAGE_TEXT) {
			wire_write_init(&w, mem, message_bytes(&m));
			message_write(&w, &m);
			/* Unknown odd fields may follow. */
			must(w.len == w.cap && w.len <= in.n &&
			     memcmp(mem, in.p, w.len) == 0);
		}
	}
	free(mem);
}

static void card(struct bytes in)
{
	uint8_t mem[CLAIM_BYTES_MAX];
	struct claim claim, claim2;
	struct card c, c2;
	struct wire_writer w;

	if (card_read(in, &c) == OK) {
		wire_write_init(&w, mem, sizeof(mem));
		card_write(&w, &c);
		must(card_read(wire_written(&w), &c2) == OK &&
		     memcmp(&c, &c2, sizeof(c)) == 0);
	}
	if (claim_read(in, &claim) == OK) {
		wire_write_init(&w, mem, sizeof(mem));
		claim_write(&w, &claim);
		must(claim_read(wire_written(&w), &claim2) == OK &&
		     memcmp(&claim, &claim2, sizeof(claim)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	walk(in);
	message(in);
	card(in);
	return 0;
}
