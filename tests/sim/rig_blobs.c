/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "tests/sim/disk_files.h"
#include "tests/sim/puppet.h"

bool rig_answer_blob(struct rig *r)
{
	struct event ev = {.type = EV_BLOB};
	struct effect e;

	if (r->blob_count == 0)
		return false;
	e = r->blobs[0];
	r->blob_count--;
	memmove(&r->blobs[0], &r->blobs[1], r->blob_count * sizeof(e));
	ev.blob.file_id = e.blob.file_id;
	ev.blob.op = e.blob.op;
	ev.blob.index = e.blob.index;
	ev.blob.err = r->blob_err;
	if (r->blob_err == OK)
		ev.blob.err = disk_blob(r->disk, &e, &ev.blob.bytes);
	r->blob_err = OK;
	rig_event(r, &ev);
	seen_drop(&e.blob.bytes);
	seen_drop(&ev.blob.bytes);
	return true;
}

void rig_answer_blobs(struct rig *r)
{
	while (rig_answer_blob(r))
		;
}
