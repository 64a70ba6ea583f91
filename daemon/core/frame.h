/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * frame - the frames inside a record, written and read one by one.
 *
 * Says what is well formed; whether a frame may come now is for the link's
 * state machine.  PROTOCOL 5.3 has the table.
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include "core/wire.h"

enum frame_type {
	FRAME_PAD = 0x00,
	FRAME_HELLO = 0x01,
	FRAME_PING = 0x02,
	FRAME_PONG = 0x03,
	FRAME_CLOSE = 0x04,
	FRAME_MSG = 0x10,
	FRAME_ACK = 0x11,
	FRAME_EPH = 0x12,      /* body: eph.h */
	FRAME_CLAIM = 0x18,    /* body: card.h */
	FRAME_CLAIM_OK = 0x19, /* body empty */
	FRAME_CARD = 0x1a,     /* body: card.h */
	FRAME_CARD_OK = 0x1b,  /* body empty */
	FRAME_PAIRED = 0x1c,   /* body empty */
	FRAME_KNOCK = 0x1d,    /* body: knock.h */
	FRAME_KNOCK_OK = 0x1e, /* body empty */
	FRAME_REKEY_PROP = 0x20,
	FRAME_REKEY_ACK = 0x21,
	FRAME_REKEY_COMMIT = 0x22,
	FRAME_REKEY_DONE = 0x23,
	/* bodies: bulk_frame.h */
	FRAME_WANT = 0x40,
	FRAME_REQ = 0x41,
	FRAME_DATA = 0x42,
	FRAME_NAK = 0x43,
	FRAME_CANCEL = 0x44,
};

enum {
	FRAME_HEAD_BYTES = 3,
	FRAME_BODY_MAX = RECORD_PLAIN_MAX - FRAME_HEAD_BYTES,
	FRAME_PING_BYTES = FRAME_HEAD_BYTES + 4,
	FRAME_CLOSE_BYTES = FRAME_HEAD_BYTES + 1,
	FRAME_MSG_HEAD_BYTES = FRAME_HEAD_BYTES + 8, /* and the record TLV */
	FRAME_ACK_BYTES_MAX = FRAME_HEAD_BYTES + 8 + 16 + 16 * RANGES_MAX,
	FRAME_HELLO_BYTES_MAX =
	    FRAME_HEAD_BYTES + 10 + 10 + 2 + 16 * RANGES_MAX + 6 + 18,
};

/* Sequence numbers are 1..SEQ_MAX; adding to one cannot overflow. */
#define SEQ_MAX (UINT64_MAX >> 1)

/* body is a view of the record. */
struct frame {
	enum frame_type type;
	struct bytes body;
};

/* Messages got beyond the contiguous ones: from..to, both included. */
struct frame_range {
	uint64_t from, to;
};

struct frame_ranges {
	uint8_t count;
	struct frame_range r[RANGES_MAX];
};

struct frame_hello {
	uint64_t features;
	uint64_t recv_next; /* the sequence number expected next */
	struct frame_ranges sack;
	uint16_t window;    /* most messages in flight to the sender of this */
	struct chain chain; /* of message recv_next - 1 */
};

/* Every message with seq < cum is on disk, and those in the ranges. */
struct frame_ack {
	uint64_t cum;
	struct chain chain; /* of message cum - 1 */
	struct frame_ranges sack;
};

struct frame_msg {
	uint64_t seq;
	struct bytes record; /* message.h; a view when read */
};

enum frame_close_code {
	CLOSE_BYE = 0,	    /* going down */
	CLOSE_DOUBLE = 1,   /* another session stays */
	CLOSE_RENEW = 2,    /* a new session takes over */
	CLOSE_PROTOCOL = 3, /* the peer broke a rule */
};

/* Whether a frame of this type value may be skipped, refused, or is known. */
enum frame_fate { FRAME_KNOWN, FRAME_SKIP, FRAME_REFUSE };
enum frame_fate frame_fate(uint8_t type);

/* Each writes one whole frame, head included; the caller has checked the
 * room.  body at most FRAME_BODY_MAX. */
void frame_write(struct wire_writer *w, enum frame_type type,
		 struct bytes body);
void frame_write_empty(struct wire_writer *w, enum frame_type type);
/* FRAME_PING or FRAME_PONG. */
void frame_write_ping(struct wire_writer *w, enum frame_type type, uint32_t v);
void frame_write_close(struct wire_writer *w, uint8_t code);
void frame_write_hello(struct wire_writer *w, const struct frame_hello *h);
void frame_write_msg(struct wire_writer *w, const struct frame_msg *m);
void frame_write_ack(struct wire_writer *w, const struct frame_ack *a);

/* Each reads the body of a frame of its type.  ERR_SHORT, ERR_SYNTAX,
 * ERR_RANGE, ERR_NOT_FOUND: end the link. */
enum err frame_read_empty(const struct frame *f) MUST_CHECK;
enum err frame_read_ping(const struct frame *f, uint32_t *v) MUST_CHECK;
enum err frame_read_close(const struct frame *f, uint8_t *code) MUST_CHECK;
enum err frame_read_hello(const struct frame *f,
			  struct frame_hello *h) MUST_CHECK;
enum err frame_read_msg(const struct frame *f, struct frame_msg *m) MUST_CHECK;
enum err frame_read_ack(const struct frame *f, struct frame_ack *a) MUST_CHECK;

/* Whether seq is in one of the ranges. */
bool frame_ranges_has(const struct frame_ranges *r, uint64_t seq);

#endif
