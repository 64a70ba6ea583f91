/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * guest - what strangers say at our door (PROTOCOL 9).
 *
 * Nobody there is known, so nobody learns more than that he was heard; who
 * does anything wrong is not even told that.
 */
#ifndef CORE_GUEST_H
#define CORE_GUEST_H

#include "core/state.h"

/* Each record has been found to have one frame.  An error: he is left without
 * an answer. */
enum err guest_frame(struct step *st, struct link *l,
		     const struct frame *f) MUST_CHECK;

#endif
