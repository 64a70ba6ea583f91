/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_handshake - opening messages: garbage from a stranger, and payloads
 * of any content from one who knows the keys.
 */
#include <stdlib.h>
#include <string.h>

#include "core/handshake.h"
#include "core/onion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOISE_BYTES = HANDSHAKE_BYTES - 2, PAYLOAD_BYTES = 438 };

static const struct secret static_i = {{1}}, static_r = {{2}};
static const struct secret ephemeral_i = {{3}}, ephemeral_r = {{4}};
static const struct psk psk = {{5}};
static const struct onion_seed seed = {{6}};

static void must(bool ok)
{
	if (!ok)
		abort();
}

struct ends {
	struct pubkey p_i, p_r;
	struct handshake_who init, resp;
	uint8_t prologue[40];
};

static void ends_init(struct ends *w)
{
	noise_public(&static_i, &w->p_i);
	noise_public(&static_r, &w->p_r);
	w->init = (struct handshake_who){.kind = HANDSHAKE_LINK,
					 .class = CLASS_MAIN,
					 .s = &static_i,
					 .rs = &w->p_r,
					 .psk = &psk};
	onion_public(&seed, &w->init.onion);
	w->resp = w->init;
	w->resp.s = &static_r;
	w->resp.rs = &w->p_i;
	memset(w->prologue, 0, sizeof(w->prologue));
	memcpy(w->prologue, "umbel1\1", 7);
	memcpy(w->prologue + 7, w->init.onion.b, 32);
}

static void stranger(struct ends *w, struct bytes in)
{
	uint8_t m[HANDSHAKE_BYTES] = {0}, out[HANDSHAKE_BYTES];
	struct handshake_offer offer = {.versions_count = 1, .versions = {1}};
	struct handshake_answer answer;
	struct record_channel c;
	struct handshake hs;

	memcpy(m, in.p, in.n < sizeof(m) ? in.n : sizeof(m));
	must(handshake_accept(&hs, &w->resp, NULL, m) != OK);
	must(handshake_start(&hs, &w->init, &offer, &ephemeral_i, out) == OK);
	must(handshake_finish(&hs, m, &answer, &c) != OK);
}

/* One Noise message with this payload, made by ns. */
static void forge(struct noise *ns, const struct secret *e, struct bytes in,
		  uint8_t out[static HANDSHAKE_BYTES])
{
	uint8_t payload[PAYLOAD_BYTES] = {0};
	struct wire_writer w;

	memcpy(payload, in.p, in.n < PAYLOAD_BYTES ? in.n : PAYLOAD_BYTES);
	wire_write_init(&w, out, HANDSHAKE_BYTES);
	wire_write_u16(&w, NOISE_BYTES);
	must(noise_write(ns, e, bytes_of(payload, sizeof(payload)), &w) == OK);
}

static void insider_dials(struct ends *w, struct bytes in)
{
	struct noise_keys keys = {.s = &static_i, .rs = &w->p_r, .psk = &psk};
	struct handshake_answer answer = {.version = 1};
	uint8_t m[HANDSHAKE_BYTES];
	struct record_channel c;
	struct handshake hs;
	struct noise ns;

	noise_init(&ns, &noise_kkpsk0, true,
		   bytes_of(w->prologue, sizeof(w->prologue)), &keys);
	forge(&ns, &ephemeral_i, in, m);
	if (handshake_accept(&hs, &w->resp, NULL, m) != OK)
		return;
	must(hs.offer.versions_count >= 1 &&
	     hs.offer.versions_count <= VERSIONS_MAX);
	if (handshake_choose(&hs.offer))
		must(handshake_answer(&hs, &answer, &ephemeral_r, m, &c) == OK);
}

static void insider_answers(struct ends *w, struct bytes in)
{
	struct noise_keys keys = {.s = &static_r, .rs = &w->p_i, .psk = &psk};
	struct handshake_offer offer = {.versions_count = 1, .versions = {1}};
	uint8_t m[HANDSHAKE_BYTES], mem[NOISE_BYTES];
	struct handshake_answer answer;
	struct record_channel c;
	struct wire_writer wr;
	struct handshake hs;
	struct noise ns;

	must(handshake_start(&hs, &w->init, &offer, &ephemeral_i, m) == OK);
	noise_init(&ns, &noise_kkpsk0, false,
		   bytes_of(w->prologue, sizeof(w->prologue)), &keys);
	wire_write_init(&wr, mem, sizeof(mem));
	must(noise_read(&ns, bytes_of(m + 2, NOISE_BYTES), &wr) == OK);
	forge(&ns, &ephemeral_r, in, m);
	if (handshake_finish(&hs, m, &answer, &c) == OK)
		must(answer.version == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest;
	struct ends w;

	if (size == 0)
		return 0;
	ends_init(&w);
	rest = bytes_of(data + 1, size - 1);
	switch (data[0] % 3) {
	case 0: stranger(&w, rest); break;
	case 1: insider_dials(&w, rest); break;
	default: insider_answers(&w, rest); break;
	}
	return 0;
}
