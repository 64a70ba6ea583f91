/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chat - what people do with messages in a world, and whether both sides
 * see the same in the end.
 */
#ifndef TESTS_SIM_CHAT_H
#define TESTS_SIM_CHAT_H

#include "tests/sim/talk.h"
#include "tests/sim/world.h"

/* One command; the reply to it. */
enum err chat_cmd(struct world *w, int host, struct event ev);
/* The i-th line that from wrote to the other, as from has it: aborts if there
 * is none.  A mark, or what was erased, counts. */
const struct message_row *chat_line(struct world *w, int from, int to,
				    size_t i);
/* The same as the other has it; NULL: he does not. */
const struct message_row *chat_copy(struct world *w, int from, int to,
				    size_t i);
/* Both sides show that text, or neither shows any (""). */
bool chat_is(struct world *w, int from, int to, size_t i, const char *text);
/* Says that. */
void chat_say(struct world *w, int from, int to, const char *text);
/* The host's user reads everything. */
void chat_read_all(struct world *w, int host);
/* From now on his contacts may know what the host's user reads, and when he
 * writes. */
void chat_open_up(struct world *w, int host);
/* Somebody does something with some message. */
void chat_random(struct world *w);

/* Once settled: both sides of every pair show the same. */
void check_views(struct world *w);

#endif
