/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_message - records of every kind.  The input is read as a record, as
 * what stands behind the head of one, and as values to be written.
 */
#include <stdlib.h>
#include <string.h>

#include "core/message.h"
#include "util/mem.h"
#include "util/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Fields that were read can be written, and read again. */
static void fields(struct bytes extra)
{
	uint8_t mem[MESSAGE_EXTRA_MAX];
	struct message_fields f, again;
	size_t n;

	message_fields_read(extra, &f);
	n = message_fields_write(&f, mem);
	/* Those that nobody knows are left out. */
	must(n <= extra.n);
	must(n < extra.n || n == 0 || memcmp(mem, extra.p, n) == 0);
	message_fields_read(bytes_of(mem, n), &again);
	must(memcmp(&f, &again, sizeof(f)) == 0);
}

/* A record of a known kind is what is written for it, byte for byte, and has
 * the same hash; but for what a later version says at its end. */
static void known(const struct message *m)
{
	uint8_t *mem = xcalloc(1, MESSAGE_WRITE_MAX);
	struct message copy = *m;
	struct hash32 one, two;
	struct wire_writer w;

	wire_write_init(&w, mem, MESSAGE_WRITE_MAX);
	message_write(&w, m);
	must(w.len <= m->raw.n && w.len == message_bytes(m));
	must(memcmp(mem, m->raw.p, w.len) == 0);
	message_content_hash(m, &one);
	copy.raw = bytes_of(NULL, 0);
	message_content_hash(&copy, &two);
	must(w.len < m->raw.n || memcmp(&one, &two, sizeof(one)) == 0);
	if (m->kind == MESSAGE_TEXT || m->kind == MESSAGE_EDIT)
		must(message_text_is_valid(m->body));
	if (m->kind == MESSAGE_WITHDRAWN)
		must(memcmp(&one, m->body.p, sizeof(one)) == 0);
	fields(m->extra);
	free(mem);
}

static void record(struct bytes in)
{
	struct message m;
	struct hash32 h;

	if (message_read(in, &m) != OK)
		return;
	must(m.raw.p == in.p && m.raw.n == in.n);
	message_content_hash(&m, &h);
	if (message_kind_is_known(m.kind))
		known(&m);
	else
		must(m.extra.n == 0 && message_kind_is_shown(m.kind));
}

/* A head, and the input behind it. */
static void behind_a_head(struct bytes in)
{
	static const uint8_t zeros[16];
	uint8_t *mem;
	struct wire_writer w;

	if (in.n < 1)
		return;
	mem = xcalloc(1, in.n + 64);
	wire_write_init(&w, mem, in.n + 64);
	tlv_write_u16(&w, 1, in.p[0] % 16);
	tlv_write(&w, 2, bytes_of(zeros, 16));
	tlv_write(&w, 3, bytes_of(zeros, 16));
	tlv_write_u32(&w, 4, 0);
	wire_write_bytes(&w, bytes_of(in.p + 1, in.n - 1));
	record(wire_written(&w));
	free(mem);
}

static struct bytes take(struct bytes *in, size_t n)
{
	struct bytes b = bytes_of(in->p, n < in->n ? n : in->n);

	in->p += b.n;
	in->n -= b.n;
	return b;
}

static void take_label(struct bytes *in, char *out, size_t max)
{
	struct bytes b = take(in, max);

	if (b.n > 0 && utf8_is_label(b.p, b.n))
		memcpy(out, b.p, b.n);
}

/* Whatever the values are, they come back. */
static void values(struct bytes in)
{
	uint8_t mem[MESSAGE_EXTRA_MAX];
	struct message_fields f = {0}, back;
	struct bytes b = take(&in, 1);
	unsigned has = b.n ? b.p[0] : 0;

	f.has_ref = has & 1;
	f.has_ttl = has & 2;
	f.has_reply_to = has & 4;
	f.has_invite = has & 8;
	f.has_seed = has & 16;
	if (f.has_ref)
		f.ref.b[0] = (uint8_t)has;
	if (f.has_ttl)
		f.ttl_s = has * 77777;
	if (f.has_reply_to)
		f.reply_to.b[15] = 1;
	if (f.has_invite)
		f.invite[INVITE_BYTES - 1] = 2;
	if (f.has_seed)
		f.seed.b[31] = 3;
	take_label(&in, f.emoji.s, has & 32 ? EMOJI_MAX_BYTES : 4);
	take_label(&in, f.name.s, has & 64 ? NAME_MAX_BYTES : 5);
	/* No kind has all of them, and all are more than is kept. */
	if (!f.has_invite)
		take_label(&in, f.status.s, has & 128 ? STATUS_MAX_BYTES : 6);
	message_fields_read(bytes_of(mem, message_fields_write(&f, mem)),
			    &back);
	must(memcmp(&f, &back, sizeof(f)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	record(in);
	behind_a_head(in);
	values(in);
	return 0;
}
