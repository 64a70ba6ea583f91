/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/file_cmd.h"

#include "core/eph.h"
#include "core/files.h"
#include "core/offer.h"
#include "core/reach.h"
#include "core/step.h"
#include "core/transfer.h"

static enum err run(struct step *st, struct transfer *t)
{
	bool was_paused = t->row.state == FILE_PAUSED;
	bool is_ours = t->row.dir == MESSAGE_OUT;

	/* It is for the contact to accept it. */
	if (t->row.state == FILE_OFFERED && is_ours)
		return ERR_STATE;
	files_set(st, t,
		  is_ours && file_is_offer(&t->row) ? FILE_OFFERED
						    : FILE_RUNNING,
		  FILE_NO_PROBLEM);
	t->wait_ms = 0;
	if (was_paused)
		eph_file(st, t, EPH_FILE_GOES_ON);
	reach_hurry(st, t->contact);
	return OK;
}

static enum err pause(struct step *st, struct transfer *t)
{
	if (t->row.state == FILE_OFFERED && t->row.dir == MESSAGE_IN)
		return ERR_STATE;
	if (t->row.state != FILE_PAUSED)
		eph_file(st, t, EPH_FILE_PAUSED);
	/* Also of one that would go on by itself. */
	files_set(st, t, FILE_PAUSED, FILE_NO_PROBLEM);
	files_stop(t, NAK_PAUSED);
	return OK;
}

void file_cmd_set(struct step *st, const struct event *ev)
{
	struct transfer *t = files_find(st->node, &ev->file_set.file_id);
	enum err err = ERR_NOT_FOUND;

	/* The clock may have gone on while nobody looked at it. */
	if (t)
		transfer_timers(st, t->contact);
	if (t && t->is_over)
		t = NULL;
	if (t) {
		switch (ev->file_set.wish) {
		case FILE_RUN: err = run(st, t); break;
		case FILE_PAUSE: err = pause(st, t); break;
		case FILE_CANCEL:
			offer_cancel(st, t);
			err = OK;
			break;
		}
	}
	step_reply(st, ev, err);
}

/* One that is not live is known to the store alone. */
void file_cmd_delete(struct step *st, const struct event *ev)
{
	struct transfer *t = files_find(st->node, &ev->target);
	struct effect e = {.type = FX_DELETE_FILE,
			   .journal = JOURNAL_FILE_STATE};

	if (t) {
		offer_delete(st, t);
	} else {
		e.target = ev->target;
		step_put(st, &e);
	}
	step_reply(st, ev, OK);
}
