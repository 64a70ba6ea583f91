/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wire - big-endian numbers, and TLV streams after Lightning's BOLT#1.
 *
 * Readers are sticky: read every field, ask for the error once.  A writer
 * fills memory whose size the caller computed; overflow is our bug.  No
 * allocation; what is read is a view of the input.
 */
#ifndef CORE_WIRE_H
#define CORE_WIRE_H

#include <stdbool.h>

#include "core/types.h"
#include "util/buf.h"

uint16_t be16_get(const uint8_t p[static 2]);
uint32_t be32_get(const uint8_t p[static 4]);
uint64_t be64_get(const uint8_t p[static 8]);
void be16_put(uint8_t p[static 2], uint16_t v);
void be32_put(uint8_t p[static 4], uint32_t v);
void be64_put(uint8_t p[static 8], uint64_t v);

struct wire_reader {
	struct bytes rest;
	enum err err; /* the first error; nothing more is read after it */
};

void wire_read_init(struct wire_reader *r, struct bytes in);
/* After an error these return zeros, and an empty view. */
uint8_t wire_read_u8(struct wire_reader *r);
uint16_t wire_read_u16(struct wire_reader *r);
uint32_t wire_read_u32(struct wire_reader *r);
uint64_t wire_read_u64(struct wire_reader *r);
/* BOLT#1 BigSize; ERR_SYNTAX for an encoding longer than needed. */
uint64_t wire_read_bigsize(struct wire_reader *r);
struct bytes wire_read_bytes(struct wire_reader *r, uint64_t n);
/* The first error; ERR_SYNTAX if there was none but input is left over. */
enum err wire_read_done(const struct wire_reader *r) MUST_CHECK;

struct wire_writer {
	uint8_t *p;
	size_t len;
	size_t cap; /* len never exceeds it: asserted */
};

void wire_write_init(struct wire_writer *w, void *p, size_t cap);
void wire_write_u8(struct wire_writer *w, uint8_t v);
void wire_write_u16(struct wire_writer *w, uint16_t v);
void wire_write_u32(struct wire_writer *w, uint32_t v);
void wire_write_u64(struct wire_writer *w, uint64_t v);
void wire_write_bigsize(struct wire_writer *w, uint64_t v);
void wire_write_bytes(struct wire_writer *w, struct bytes b);
void wire_write_zeros(struct wire_writer *w, size_t n);
struct bytes wire_written(const struct wire_writer *w);

/* One field that a decoder knows. */
struct tlv {
	uint64_t type;
	size_t min, max; /* lengths accepted, bytes */
	bool required;
	bool present;	    /* out */
	struct bytes value; /* out: a view of the input */
};

/* Reads a whole stream against n known fields, sorted by type.  ERR_SYNTAX:
 * not canonical, more than TLV_FIELDS_MAX fields, or an unknown even type;
 * unknown odd types are skipped.  ERR_RANGE: a known field's length.
 * ERR_NOT_FOUND: a required field is missing.  (PROTOCOL 1.2) */
enum err tlv_read(struct bytes in, struct tlv *fields, size_t n) MUST_CHECK;
/* The same, but unknown even types are skipped too. */
enum err tlv_scan(struct bytes in, struct tlv *fields, size_t n) MUST_CHECK;

/* The field after field of a well-formed stream, known or not, for those
 * who walk one; false at the end or at the first error (w->rd.err). */
struct tlv_walk {
	struct wire_reader rd;
	uint64_t last;
	unsigned count;
};
void tlv_walk_init(struct tlv_walk *w, struct bytes in);
bool tlv_walk_next(struct tlv_walk *w, uint64_t *type, struct bytes *value);

/* Fields must be written in the order of their types. */
void tlv_write(struct wire_writer *w, uint64_t type, struct bytes value);
void tlv_write_u16(struct wire_writer *w, uint64_t type, uint16_t v);
void tlv_write_u32(struct wire_writer *w, uint64_t type, uint32_t v);
void tlv_write_u64(struct wire_writer *w, uint64_t type, uint64_t v);

#endif
