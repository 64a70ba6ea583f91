/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file_story - how stories of a file begin: 0 offers it to 1.
 */
#ifndef TESTS_SIM_FILE_STORY_H
#define TESTS_SIM_FILE_STORY_H

#include "tests/sim/world.h"

enum { KIB = 1024 };

/* Its row at 1, and at 0; NULL: there is none. */
const struct file_row *story_coming(struct world *w);
const struct file_row *story_going(struct world *w);
bool story_has_offer(struct world *w, void *unused);
/* Some chunks of it are here for good. */
bool story_has_some(struct world *w, void *unused);
/* And both say so. */
bool story_is_whole(struct world *w);

/* 1 has heard of it; or said yes, too. */
struct world *story_offered(uint64_t seed, uint64_t size);
struct world *story_accepted(uint64_t seed, uint64_t size);
void story_wish(struct world *w, int host, enum file_wish wish);

#endif
