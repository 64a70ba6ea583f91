/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/offer.h"

#include <sodium.h>

#include "api/narrow.h"
#include "api/reply.h"
#include "core/message.h"

static bool keep(void *ctx, const struct file_info *f)
{
	struct file_info *out = ctx;

	*out = *f;
	out->row.have = bytes_of(NULL, 0);
	return true;
}

static struct reply *refuse(struct request *r, const char *code,
			    const char *detail)
{
	struct fault f = {.pointer = "/file_ids/0", .code = code};

	snprintf(f.detail, sizeof(f.detail), "%s", detail);
	return reply_faults(r, &f, 1);
}

static void describe(struct offer *o, struct bytes preview,
		     struct bytes caption)
{
	const struct file_info *f = &o->info;
	const struct file_desc d = {
	    .plan = {f->row.fid, f->row.size, f->row.chunk_log2},
	    .key = f->row.key,
	    .root = f->row.root,
	    .name = f->row.name,
	    .kind = f->row.kind,
	    .media = f->row.media,
	    .preview = preview,
	    .width = f->width,
	    .height = f->height,
	    .duration_ms = f->duration_ms,
	    .caption = caption,
	};
	struct wire_writer w;

	wire_write_init(&w, o->raw, sizeof(o->raw));
	file_desc_write(&w, &d);
	o->descriptor = wire_written(&w);
}

struct reply *offer_make(struct request *r, struct uid file,
			 struct bytes caption, struct offer *out)
{
	struct sight s = sight_of(r);
	struct buf preview;
	enum err e = query_file(r->store, file, keep, &out->info);

	if (e == OK && !sight_has_file(&s, &out->info)) {
		sodium_memzero(&out->info, sizeof(out->info));
		e = ERR_NOT_FOUND;
	}
	if (e == ERR_NOT_FOUND)
		return refuse(r, "not_found", "no such file");
	if (e)
		return reply_err(r, e);
	if (out->info.row.state != FILE_READY) {
		sodium_memzero(&out->info, sizeof(out->info));
		return refuse(r, "not_ready",
			      "it is not whole, or was offered already");
	}
	buf_init(&preview, PREVIEW_MAX_BYTES);
	if (out->info.preview_bytes)
		e = query_preview(r->store, file, &preview);
	if (e == OK)
		describe(out, buf_view(&preview), caption);
	buf_clear(&preview);
	if (e == OK)
		return NULL;
	offer_clear(out);
	return reply_err(r, e);
}

struct reply *offer_refused(struct request *r, enum err e)
{
	/* By another call, since offer_make() looked. */
	if (e == ERR_EXISTS)
		return refuse(r, "not_ready",
			      "it is not whole, or was offered already");
	if (e == ERR_FULL)
		return reply_error(r, PROBLEM_CONFLICT,
				   "so many files are offered to this contact "
				   "that one has to be taken first");
	return reply_err(r, e);
}

/* With its message it was taken back; then nobody has had it. */
struct reply *offer_again(struct request *r, struct uid message,
			  struct bytes descriptor, struct offer *out)
{
	enum err e;

	memset(out, 0, sizeof(*out));
	e = query_message_files(r->store, message, keep, &out->info);
	if (e)
		return reply_err(r, e);
	if (out->info.row.state != FILE_CANCELLED ||
	    descriptor.n > sizeof(out->raw)) {
		offer_clear(out);
		return reply_error(r, PROBLEM_CONFLICT,
				   "its file is not here any more");
	}
	memcpy(out->raw, descriptor.p, descriptor.n);
	out->descriptor = bytes_of(out->raw, descriptor.n);
	return NULL;
}

void offer_clear(struct offer *o)
{
	sodium_memzero(o, sizeof(*o));
}

static bool is_other(void *ctx, const struct file_info *f)
{
	struct uid *file = ctx;

	/* Zero from then on: another one. */
	if (!uid_is_equal(&f->row.id, file))
		*file = (struct uid){{0}};
	return true;
}

/* Of a file that is gone nothing is left to be compared. */
bool offer_is_same(struct store *s, const struct message_info *m,
		   struct uid file, struct bytes text)
{
	struct file_desc d;
	bool is_same;

	if (m->row.kind != MESSAGE_FILE)
		return uid_is_zero(&file) && bytes_equal(text, m->row.body);
	if (uid_is_zero(&file) ||
	    query_message_files(s, m->row.id, is_other, &file) != OK ||
	    uid_is_zero(&file) || file_desc_read(m->row.body, &d) != OK)
		return false;
	is_same = bytes_equal(text, d.caption);
	sodium_memzero(&d, sizeof(d));
	return is_same;
}
