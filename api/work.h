/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * work - what waits for a disk, and so is done outside of the loop.
 */
#ifndef API_WORK_H
#define API_WORK_H

#include "api/api.h"

/* In another thread: touches nothing but what arg owns. */
typedef enum err work_run_fn(void *arg);
/* In the loop, once; also when the API ends before it was run. */
typedef void work_done_fn(void *arg, enum err e);

void work_start(struct api *a, work_run_fn *run, work_done_fn *done, void *arg);
/* The end of one with this ticket; false: there is none. */
bool work_end(struct api *a, uint64_t ticket, enum err e);
/* None is running any more. */
void work_free_all(struct api *a);

#endif
