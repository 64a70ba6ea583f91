/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cover - the steady rate of a link: frames wait here for the next record.
 *
 * Who watches the link sees records of one size at times that do not depend
 * on what is said; only a frame that does not fit into the smallest record
 * makes one larger.
 */
#ifndef CORE_COVER_H
#define CORE_COVER_H

#include "core/rng.h"
#include "core/wire.h"
#include "util/buf.h"

struct cover;

struct cover *cover_new(struct rng *r, uint64_t now_ms);
/* Wipes what waits.  NULL is fine. */
void cover_free(struct cover *c);
/* When the next record is to be sent. */
uint64_t cover_due_ms(const struct cover *c);
/* Whole frames, which wait.  ERR_FULL: far more than anybody has to say. */
enum err cover_put(struct cover *c, struct bytes frames) MUST_CHECK;
/* A record's worth waits: messages shall stay where they are. */
bool cover_is_full(const struct cover *c);
bool cover_is_empty(const struct cover *c);
/* Moves the frames of one record to w, which is empty and has room for the
 * largest; sets the time of the next. */
void cover_take(struct cover *c, struct wire_writer *w, struct rng *r,
		uint64_t now_ms);

#endif
