/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jout - writes JSON text, front to back, without a tree in between.
 *
 * Every function takes the key of the value: NULL inside an array and at the
 * top.  The caller keeps brackets in pairs.
 */
#ifndef API_JOUT_H
#define API_JOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/ids.h"
#include "util/buf.h"

/* 200 conversations, each with a draft and a last message of 8 KiB, fit, every
 * byte of them escaped to six. */
#define JOUT_MAX (32 * 1024 * 1024)

struct jout {
	struct buf out;
	bool comma; /* before the next value */
};

void jout_init(struct jout *j);
void jout_clear(struct jout *j);
/* Text as it is, outside of any value (for event streams). */
void jout_plain(struct jout *j, const char *s);

void jout_open(struct jout *j, const char *key, char bracket);
void jout_close(struct jout *j, char bracket);
/* Bytes that are no UTF-8 come out as U+FFFD. */
void jout_text(struct jout *j, const char *key, struct bytes text);
void jout_str(struct jout *j, const char *key, const char *s); /* NULL: null */
void jout_int(struct jout *j, const char *key, int64_t v);
void jout_uint(struct jout *j, const char *key, uint64_t v);
void jout_bool(struct jout *j, const char *key, bool v);
void jout_null(struct jout *j, const char *key);
/* A value that is JSON already. */
void jout_raw(struct jout *j, const char *key, struct bytes json);
/* Wall clock; 0: null. */
void jout_time(struct jout *j, const char *key, uint64_t wall_ms);
/* Zero: null. */
void jout_id(struct jout *j, const char *key, enum id_kind kind,
	     const struct uid *id);

#endif
