/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * files - the live files of a node: one struct transfer each, in the list of
 * its contact, and its row on the disk.
 *
 * Knows how one begins and ends; what is fetched is for transfer.c, what is
 * served for serve.c.
 */
#ifndef CORE_FILES_H
#define CORE_FILES_H

#include "core/bulk_frame.h"
#include "core/file.h"
#include "core/state.h"

/* From the disk; one that is not live is left alone. */
void files_load(struct contact *c, const struct file_row *row);
void files_free_all(struct contact *c);

struct transfer *files_find(const struct node *n, const struct uid *file_id);
struct transfer *files_find_fid(const struct contact *c, enum message_dir dir,
				const struct fid *fid);
struct transfer *files_find_mid(const struct contact *c, enum message_dir dir,
				const struct mid *mid);
/* Whether c may have one more; the fid, too, is new among the live. */
bool files_has_room(const struct contact *c, enum message_dir dir,
		    const struct fid *fid);

/* A new one, RUNNING or OFFERED, saved in this step. */
struct transfer *files_add(struct step *st, struct contact *c,
			   const struct file_row *row);
void files_save(struct step *st, struct transfer *t, enum journal_type journal);
/* Saves it, too, if anything changes. */
void files_set(struct step *st, struct transfer *t, enum file_state state,
	       enum file_problem problem);
/* OUT: the contact asked for it.  Saves it if that is news. */
void files_accepted(struct step *st, struct transfer *t);
/* For good: DONE, FAILED or CANCELLED. */
void files_end(struct step *st, struct transfer *t, enum file_state state,
	       enum file_problem problem);
/* The same, and its row goes. */
void files_delete(struct step *st, struct transfer *t);
/* The store has taken its row away, with its message. */
void files_forget(struct transfer *t);
/* What is asked for or asked of us at the links is taken back or refused, in
 * this step. */
void files_stop(struct transfer *t, enum nak_reason why);
/* IN: nothing more is asked for before that time. */
void files_wait(struct transfer *t, uint64_t until_ms);
/* Of a file OUT. */
void files_drop_manifest(struct transfer *t);

/* FX_PROGRESS, now and then. */
void files_progress(struct step *st, struct transfer *t);
uint64_t files_progress_ms(const struct transfer *t);

/* Frees those that ended in this step. */
void files_sweep(struct contact *c);

#endif
