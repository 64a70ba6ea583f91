/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_control - bytes as tor's control port might send them, through the
 * parser and through every reader of replies.  The first byte says how the
 * rest is cut into pieces.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "tor/control_msg.h"
#include "tor/control_proto.h"
#include "tor/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_words(struct bytes line)
{
	struct control_word w;
	char out[64];
	int64_t v;

	while (control_take_word(&line, &w) == OK) {
		assert(w.key.n > 0);
		control_get_text(&w, out, sizeof(out));
		assert(strlen(out) < sizeof(out));
		if (control_get_number(w.value, true, &v) == OK)
			assert(w.value.n > 0);
	}
}

static void read_reply(const struct control_reply *r, struct tor_status *st)
{
	struct control_protocolinfo info;
	struct control_challenge challenge;
	struct control_bootstrap b;
	struct control_event ev;
	char onion[ONION_NAME + 1];
	size_t i, bytes = 0;

	assert(r->count > 0 && r->count <= CONTROL_LINE_COUNT_MAX);
	for (i = 0; i < r->count; i++) {
		bytes += r->lines[i].text.n;
		assert(r->lines[i].text.n <= CONTROL_LINE_MAX);
		read_words(r->lines[i].text);
	}
	assert(bytes <= CONTROL_REPLY_BYTES_MAX);
	if (control_read_protocolinfo(r, &info) == OK)
		status_set_version(st, info.version_text);
	if (control_read_challenge(r, &challenge) == OK)
		assert(r->code == 250);
	if (control_read_phase(r, &b) == OK)
		status_set_bootstrap(st, &b);
	if (control_read_service_id(r, onion) == OK)
		assert(onion_name_is_valid(onion, strlen(onion), NULL));
	if (control_read_event(r, &ev) == OK)
		status_on_event(st, &ev);
	assert(st->percent <= 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tor_status st = {0};
	struct control_parser p;
	const struct control_reply *r;
	size_t at = 1, step;
	enum err e = OK;

	if (size < 1)
		return 0;
	step = data[0] ? data[0] : size;
	control_parser_init(&p);
	while (e == OK && at < size) {
		size_t n = size - at < step ? size - at : step;
		struct bytes in = bytes_of(data + at, n);

		at += n;
		do {
			e = control_parser_step(&p, &in, &r);
			if (e == OK && r)
				read_reply(r, &st);
		} while (e == OK && r);
	}
	control_parser_clear(&p);
	return 0;
}
