/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * files_world - what people of a world do with files, and what there must be
 * of them in the end.
 */
#ifndef TESTS_SIM_FILES_WORLD_H
#define TESTS_SIM_FILES_WORLD_H

#include "core/file.h"
#include "tests/sim/disk_files.h"
#include "tests/sim/world.h"

/* A row of a file of that many bytes, and its descriptor; out has room for
 * DESCRIPTOR_MAX_BYTES. */
void file_row_draw(struct rng *rng, uint64_t size, struct file_row *row);
struct bytes file_row_describe(const struct file_row *row, uint32_t offer_s,
			       uint8_t *out);

/* host brings a file of that many bytes. */
struct file_row *world_bring(struct world *w, int host, uint64_t size);
/* from offers it, as it was; or brings one and offers that. */
enum err world_offer_row(struct world *w, int from, int to,
			 const struct file_row *row, uint32_t offer_s);
enum err world_offer(struct world *w, int from, int to, uint64_t size);
enum err world_offer_for(struct world *w, int from, int to, uint64_t size,
			 uint32_t offer_s);
/* The same file once more, in place of its message, which failed. */
enum err world_offer_again(struct world *w, int from,
			   const struct uid *file_id);
/* The i-th file of host, of that direction; NULL: there is none. */
const struct file_row *world_file(struct world *w, int host,
				  enum message_dir dir, size_t i);
enum err world_file_set(struct world *w, int host, const struct uid *file_id,
			enum file_wish wish);
/* The same to all that are not over, of both directions; how many did. */
unsigned world_files_set_all(struct world *w, int host, enum file_wish wish);
/* A random thing to do to some file, or another offer. */
void world_files_random(struct world *w);

/* Nothing of it will go on by itself. */
bool files_are_settled(struct world *w, int host);
/* Once settled: every file is whole, or says why not. */
void check_files(struct world *w);

#endif
