/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/files_world.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum { RANDOM_SIZE_MAX = 400 * 1024 };

void file_row_draw(struct rng *rng, uint64_t size, struct file_row *row)
{
	memset(row, 0, sizeof(*row));
	rng_bytes(rng, row->id.b, sizeof(row->id.b));
	rng_bytes(rng, row->fid.b, sizeof(row->fid.b));
	rng_bytes(rng, row->key.b, sizeof(row->key.b));
	row->dir = MESSAGE_OUT;
	row->state = FILE_READY;
	row->size = size;
	row->chunk_log2 = CHUNK_LOG2_MIN;
	strcpy(row->name.s, "a file.bin");
	strcpy(row->media.s, "application/octet-stream");
}

struct bytes file_row_describe(const struct file_row *row, uint32_t offer_s,
			       uint8_t *out)
{
	struct file_desc d = {.plan = {.fid = row->fid,
				       .size = row->size,
				       .chunk_log2 = row->chunk_log2},
			      .key = row->key,
			      .root = row->root,
			      .name = row->name,
			      .kind = row->kind,
			      .media = row->media,
			      .offer_s = offer_s};
	struct wire_writer w;

	wire_write_init(&w, out, DESCRIPTOR_MAX_BYTES);
	file_desc_write(&w, &d);
	return wire_written(&w);
}

struct file_row *world_bring(struct world *w, int host, uint64_t size)
{
	uint8_t *content = xcalloc(size + 1, 1);
	struct file_row row, *made;

	file_row_draw(&w->rng, size, &row);
	rng_bytes(&w->rng, content, size);
	made = disk_files_make(w->hosts[host].disk, &row, content);
	free(content);
	return made;
}

static enum err send(struct world *w, int from, const struct file_row *row,
		     const struct cmd_send *like, uint32_t offer_s)
{
	struct event ev = {.type = EV_CMD_SEND, .cmd = 3, .send = *like};
	uint8_t desc[DESCRIPTOR_MAX_BYTES];

	rng_bytes(&w->rng, ev.send.message_id.b, 16);
	rng_bytes(&w->rng, ev.send.client_id.b, 16);
	ev.send.file = row;
	ev.send.descriptor = file_row_describe(row, offer_s, desc);
	w->hosts[from].last_reply = ERR_IO;
	host_event(w, from, &ev);
	return w->hosts[from].last_reply;
}

enum err world_offer_row(struct world *w, int from, int to,
			 const struct file_row *row, uint32_t offer_s)
{
	const struct contact_row *c = world_contact(w, from, to);
	struct cmd_send cmd = {.text = bytes_of(NULL, 0)};

	if (!c || !w->hosts[from].node)
		return ERR_NOT_FOUND;
	cmd.contact_id = c->id;
	return send(w, from, row, &cmd, offer_s);
}

/* What the API looks at before. */
static bool may_be_offered_again(const struct disk *d,
				 const struct file_row *row)
{
	const struct message_row *m =
	    disk_by_mid(d, &row->contact_id, MESSAGE_OUT, &row->mid);

	return row->dir == MESSAGE_OUT && row->state == FILE_CANCELLED && m &&
	       m->state == MESSAGE_FAILED && !m->hidden && !m->deleted;
}

enum err world_offer_again(struct world *w, int from, const struct uid *file_id)
{
	const struct disk *d = w->hosts[from].disk;
	const struct file_row *row = disk_file(d, file_id);
	struct cmd_send cmd = {.text = bytes_of(NULL, 0)};
	struct file_row copy;

	if (!row || !w->hosts[from].node || !may_be_offered_again(d, row))
		return ERR_NOT_FOUND;
	copy = *row;
	copy.have = bytes_of(NULL, 0);
	cmd.contact_id = row->contact_id;
	cmd.replaces = row->message_id;
	return send(w, from, &copy, &cmd, 0);
}

enum err world_offer_for(struct world *w, int from, int to, uint64_t size,
			 uint32_t offer_s)
{
	struct file_row row;

	if (!world_contact(w, from, to) || !w->hosts[from].node)
		return ERR_NOT_FOUND;
	row = *world_bring(w, from, size);
	return world_offer_row(w, from, to, &row, offer_s);
}

enum err world_offer(struct world *w, int from, int to, uint64_t size)
{
	return world_offer_for(w, from, to, size, 0);
}

const struct file_row *world_file(struct world *w, int host,
				  enum message_dir dir, size_t i)
{
	const struct disk *d = w->hosts[host].disk;
	size_t k;

	for (k = 0; k < d->file_count; k++)
		if (d->files[k].dir == dir &&
		    !uid_is_zero(&d->files[k].contact_id) && i-- == 0)
			return &d->files[k];
	return NULL;
}

enum err world_file_set(struct world *w, int host, const struct uid *file_id,
			enum file_wish wish)
{
	struct event ev = {.type = EV_CMD_FILE_SET, .cmd = 4};

	ev.file_set.file_id = *file_id;
	ev.file_set.wish = wish;
	w->hosts[host].last_reply = ERR_IO;
	host_event(w, host, &ev);
	return w->hosts[host].last_reply;
}

unsigned world_files_set_all(struct world *w, int host, enum file_wish wish)
{
	struct disk *d = w->hosts[host].disk;
	struct uid *ids = xcalloc(d->file_count + 1, sizeof(*ids));
	size_t i, n = 0;
	unsigned did = 0;

	for (i = 0; i < d->file_count; i++)
		if (d->files[i].state >= FILE_OFFERED &&
		    d->files[i].state <= FILE_PAUSED)
			ids[n++] = d->files[i].id;
	for (i = 0; i < n; i++)
		did += world_file_set(w, host, &ids[i], wish) == OK;
	free(ids);
	return did;
}

static void delete_file(struct world *w, int host, const struct uid *file_id)
{
	struct event ev = {.type = EV_CMD_FILE_DELETE, .cmd = 5};

	ev.target = *file_id;
	host_event(w, host, &ev);
}

static void offer_any(struct world *w, int host)
{
	const struct disk *d = w->hosts[host].disk;
	int other = (int)world_random(w, (uint64_t)w->host_count);

	if (other != host && d->contact_count > 0)
		(void)!world_offer(w, host, other,
				   world_random(w, RANDOM_SIZE_MAX));
}

void world_files_random(struct world *w)
{
	int host = (int)world_random(w, (uint64_t)w->host_count);
	struct disk *d = w->hosts[host].disk;
	struct uid id;

	if (!w->hosts[host].node)
		return;
	if (d->file_count == 0 || world_chance(w, 3000)) {
		offer_any(w, host);
		return;
	}
	id = d->files[world_random(w, d->file_count)].id;
	if (world_offer_again(w, host, &id) == OK)
		return;
	switch (world_random(w, 12)) {
	case 0: delete_file(w, host, &id); break;
	case 1: (void)!world_file_set(w, host, &id, FILE_CANCEL); break;
	case 2:
	case 3: (void)!world_file_set(w, host, &id, FILE_PAUSE); break;
	case 4: w->hosts[host].blob_err = ERR_NO_SPACE; break;
	default: world_files_set_all(w, host, FILE_RUN); break;
	}
}

/* --- in the end --- */

static const struct file_row *other_end(struct world *w, int host,
					const struct file_row *row, int *other)
{
	size_t k;

	for (*other = 0; *other < w->host_count; (*other)++) {
		const struct disk *d = w->hosts[*other].disk;

		for (k = 0; *other != host && k < d->file_count; k++)
			if (memcmp(&d->files[k].fid, &row->fid,
				   sizeof(row->fid)) == 0)
				return &d->files[k];
	}
	return NULL;
}

static bool row_is_settled(struct world *w, int host,
			   const struct file_row *row)
{
	const struct file_row *peer;
	int other;

	if (row->state != FILE_RUNNING)
		return true;
	peer = other_end(w, host, row, &other);
	/* At its sender it is told, with or without a row at the other. */
	if (row->dir == MESSAGE_OUT)
		return peer && (peer->state == FILE_OFFERED ||
				peer->state == FILE_PAUSED);
	return peer && peer->state == FILE_PAUSED;
}

bool files_are_settled(struct world *w, int host)
{
	const struct disk *d = w->hosts[host].disk;
	size_t k;

	if (world_went_back(w))
		return true;
	for (k = 0; k < d->file_count; k++)
		if (!row_is_settled(w, host, &d->files[k]))
			return false;
	return true;
}

static void check_file(struct world *w, int host, const struct file_row *row)
{
	const struct disk *d = w->hosts[host].disk;

	if (row->dir == MESSAGE_IN && row->state == FILE_DONE &&
	    !disk_file_is_whole(d, row))
		world_fail(w, host, "a file is not what it was");
	if (row->dir == MESSAGE_IN && row->state > FILE_DONE &&
	    row->problem == FILE_NO_PROBLEM)
		world_fail(w, host, "a file failed, and nobody knows why");
	if (row->problem == FILE_CORRUPT || row->problem == FILE_CHANGED)
		world_fail(w, host, "an honest file was refused");
	if (row->dir == MESSAGE_IN && row->state > FILE_DONE &&
	    disk_blob_find(d, &row->id))
		world_fail(w, host, "bytes are left of a file that failed");
}

void check_files(struct world *w)
{
	size_t k;
	int i;

	for (i = 0; i < w->host_count; i++)
		for (k = 0; k < w->hosts[i].disk->file_count; k++)
			check_file(w, i, &w->hosts[i].disk->files[k]);
}
