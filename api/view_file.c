/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>

#include "api/progress.h"
#include "api/state.h"
#include "api/upload.h"
#include "api/views.h"
#include "core/chunk.h"
#include "util/text.h"

const char *const words_file_state[] = {
    [FILE_UPLOADING] = "uploading",
    [FILE_READY] = "ready",
    [FILE_OFFERED] = "offered",
    [FILE_RUNNING] = "transferring",
    [FILE_PAUSED] = "paused",
    [FILE_DONE] = "done",
    [FILE_FAILED] = "failed",
    [FILE_CANCELLED] = "cancelled",
    NULL,
};

const char *const words_file_kind[] = {
    [FILE_PLAIN] = "file",
    [FILE_IMAGE] = "image",
    [FILE_VOICE] = "voice",
    NULL,
};

static void put_problem(struct jout *j, enum file_problem p)
{
	static const struct {
		const char *code, *title;
	} words[] = {
	    [FILE_DECLINED] = {"declined", "The receiver does not want it"},
	    [FILE_WITHDRAWN] = {"withdrawn", "The sender took it back"},
	    [FILE_CHANGED] = {"changed", "The sender has another file now"},
	    [FILE_GONE] = {"gone", "The sender has it no more"},
	    [FILE_EXPIRED] = {"expired", "It was not accepted in time"},
	    [FILE_NO_SPACE] = {"no_space", "The disk is full"},
	    [FILE_QUOTA] = {"quota", "It is more than may be kept"},
	    [FILE_CORRUPT] = {"corrupt", "What came is not what was offered"},
	    [FILE_IO] = {"io", "The disk failed"},
	};

	if (p == FILE_NO_PROBLEM) {
		jout_null(j, "problem");
		return;
	}
	jout_open(j, "problem", '{');
	jout_str(j, "code", words[p].code);
	jout_str(j, "title", words[p].title);
	jout_close(j, '}');
}

static uint64_t chunks_bytes(const struct file_row *row)
{
	uint64_t n = (uint64_t)row->have_count << row->chunk_log2;

	return n < row->size ? n : row->size;
}

void view_progress(struct jout *j, uint64_t size, const struct file_progress *p)
{
	uint64_t left = p->done_bytes < size ? size - p->done_bytes : 0;
	uint64_t rate = p->bytes_per_s;

	jout_uint(j, "bytes_done", p->done_bytes);
	if (rate > 0) {
		jout_uint(j, "bytes_per_second", rate);
		jout_uint(j, "seconds_left", left / rate + (left % rate > 0));
	} else {
		jout_null(j, "bytes_per_second");
		jout_null(j, "seconds_left");
	}
}

static void put_progress(struct jout *j, struct api *a, struct uid user,
			 const struct file_row *row)
{
	struct file_progress p = {0, 0};
	bool is_running =
	    row->state == FILE_RUNNING && progress_find(a, user, row->id, &p);

	if (row->state == FILE_UPLOADING &&
	    !uploads_find(a, user, row->id, &p.done_bytes))
		p.done_bytes = chunks_bytes(row);
	else if (row->state == FILE_DONE || row->state == FILE_READY)
		p.done_bytes = row->size;
	else if (row->dir == MESSAGE_IN && !is_running)
		p.done_bytes = chunks_bytes(row);
	view_progress(j, row->size, &p);
}

static void put_picture(struct jout *j, const struct file_info *f)
{
	jout_bool(j, "has_thumbnail", f->preview_bytes > 0);
	if (f->width && f->height) {
		jout_open(j, "image", '{');
		jout_uint(j, "width", f->width);
		jout_uint(j, "height", f->height);
		jout_close(j, '}');
	} else {
		jout_null(j, "image");
	}
	if (f->duration_ms)
		jout_uint(j, "duration_ms", f->duration_ms);
	else
		jout_null(j, "duration_ms");
}

static void put_sha256(struct jout *j, const struct file_info *f)
{
	char text[65];

	if (!f->has_sha256) {
		jout_null(j, "sha256");
		return;
	}
	hex_encode(f->sha256.b, sizeof(f->sha256.b), text);
	text[64] = '\0';
	jout_str(j, "sha256", text);
}

void view_file(struct jout *j, const char *key, struct api *a, struct uid user,
	       const struct file_info *f)
{
	const struct file_row *row = &f->row;

	jout_open(j, key, '{');
	jout_id(j, "id", ID_FILE, &row->id);
	jout_str(j, "name", row->name.s);
	jout_uint(j, "size", row->size);
	jout_str(j, "kind", words_file_kind[row->kind]);
	jout_str(j, "media_type", row->media.s[0] ? row->media.s : NULL);
	put_sha256(j, f);
	jout_str(j, "direction", row->dir == MESSAGE_IN ? "in" : "out");
	jout_str(j, "state", words_file_state[row->state]);
	put_problem(j, row->problem);
	jout_bool(j, "is_here", file_is_here(row));
	put_progress(j, a, user, row);
	put_picture(j, f);
	jout_id(j, "message_id", ID_MESSAGE, &row->message_id);
	jout_id(j, "conversation_id", ID_CONVERSATION, &f->conversation_id);
	jout_time(j, "created_at", row->created_ms);
	jout_time(j, "expires_at", file_is_offer(row) ? row->expires_ms : 0);
	jout_close(j, '}');
}

struct file_view {
	struct jout *j;
	struct api *a;
	struct uid user;
	const int *state;
};

static bool put_found(void *ctx, const struct file_info *f)
{
	const struct file_view *v = ctx;

	view_file(v->j, NULL, v->a, v->user, f);
	return true;
}

enum err view_files_of(struct jout *j, struct api *a, struct uid user,
		       struct uid message)
{
	struct jout list;
	struct file_view v = {&list, a, user, NULL};
	enum err e;

	jout_init(&list);
	jout_open(&list, NULL, '[');
	e = query_message_files(api_store(a, user), message, put_found, &v);
	jout_close(&list, ']');
	if (e == OK)
		jout_raw(j, "files", buf_view(&list.out));
	jout_clear(&list);
	return e;
}

enum err view_file_of(struct jout *j, struct api *a, struct uid user,
		      struct uid id)
{
	struct file_view v = {j, a, user, NULL};

	return query_file(api_store(a, user), id, put_found, &v);
}

/* As it was then; what else it says is of now. */
static bool put_as_of(void *ctx, const struct file_info *f)
{
	const struct file_view *v = ctx;
	struct file_info then = *f;

	then.row.state = (enum file_state) * v->state;
	if (then.row.state != f->row.state)
		then.row.problem = FILE_NO_PROBLEM;
	view_file(v->j, NULL, v->a, v->user, &then);
	sodium_memzero(&then, sizeof(then));
	return true;
}

enum err view_file_event(struct jout *j, struct api *a, struct uid user,
			 struct uid id, int state)
{
	struct file_view v = {j, a, user, &state};
	enum err e = ERR_NOT_FOUND;

	if (state != FILE_STATE_DELETED)
		e = query_file(api_store(a, user), id, put_as_of, &v);
	if (e != ERR_NOT_FOUND)
		return e;
	jout_open(j, NULL, '{');
	jout_id(j, "id", ID_FILE, &id);
	jout_str(j, "state", "deleted");
	jout_close(j, '}');
	return OK;
}
