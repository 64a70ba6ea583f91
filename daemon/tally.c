/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tally.h"

static void count_message(struct tally *t, const struct message_row *m)
{
	if (m->hidden)
		return;
	if (m->dir == MESSAGE_OUT)
		t->messages_out++;
	else
		t->messages_in++;
}

static void count_failure(struct tally *t, enum message_problem problem)
{
	switch (problem) {
	case PROBLEM_NONE: break;
	case PROBLEM_CANCELLED: t->cancelled++; break;
	case PROBLEM_TOO_LATE: t->too_late++; break;
	/* Of a relation that was imported: nobody tried to send it. */
	case PROBLEM_DETACHED: break;
	}
}

void tally_effect(struct tally *t, const struct effect *e)
{
	if (e->type == FX_SAVE_MESSAGE)
		count_message(t, &e->message);
	else if (e->type == FX_SAVE_ERASE && e->erase.how == ERASE_FAIL)
		count_failure(t, e->erase.problem);
	else if (e->type == FX_BLOB && e->blob.op == BLOB_WRITE)
		t->file_bytes_in += e->blob.bytes.n;
	if (e->type != FX_SELF_TEST)
		return;
	t->self_tests[e->self_test.result]++;
	t->repairs[e->self_test.repair]++;
}

void tally_blob(struct tally *t, const struct event *ev)
{
	if (ev->blob.op == BLOB_READ && ev->blob.err == OK)
		t->file_bytes_out += ev->blob.bytes.n;
}
