/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_files.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "core/file.h"

static uint32_t number(uint32_t n, uint64_t seq)
{
	return n * 1000000 + (uint32_t)seq;
}

struct uid files_id(uint32_t n, uint64_t seq)
{
	return kit_uid('f', number(n, seq));
}

struct effect files_row(uint32_t n, uint64_t seq)
{
	struct effect m = kit_message_in(n, seq, "");
	struct effect e = {
	    .type = FX_SAVE_FILE,
	    .journal = JOURNAL_FILE_STATE,
	    .file = {.id = files_id(n, seq),
		     .contact_id = kit_uid('c', n),
		     .message_id = m.message.id,
		     .mid = m.message.mid,
		     .dir = MESSAGE_IN,
		     .state = FILE_OFFERED,
		     .kind = FILE_IMAGE,
		     .size = FILES_SIZE,
		     .chunk_log2 = CHUNK_LOG2_MIN,
		     .created_ms = KIT_WALL + seq,
		     .expires_ms = KIT_WALL + 90000 + seq},
	};

	memcpy(e.file.fid.b, kit_uid('F', number(n, seq)).b,
	       sizeof(e.file.fid.b));
	kit_fill(e.file.key.b, sizeof(e.file.key.b), (uint8_t)(n + seq));
	kit_fill(e.file.root.b, sizeof(e.file.root.b), (uint8_t)(n + seq + 1));
	snprintf(e.file.name.s, sizeof(e.file.name.s), "File %u",
		 number(n, seq));
	strcpy(e.file.media.s, "image/png");
	return e;
}

struct effect files_offer(uint32_t n, uint64_t seq)
{
	static uint8_t body[FILE_DESC_BYTES_MAX];
	const struct file_row row = files_row(n, seq).file;
	struct effect m = kit_message_in(n, seq, "");
	struct wire_writer w;
	struct file_desc d = {.plan = {.fid = row.fid,
				       .size = row.size,
				       .chunk_log2 = row.chunk_log2},
			      .key = row.key,
			      .root = row.root,
			      .name = row.name,
			      .kind = row.kind,
			      .media = row.media,
			      .preview = bytes_of("preview", FILES_PREVIEW),
			      .width = 640,
			      .height = 480,
			      .duration_ms = 1234};

	wire_write_init(&w, body, sizeof(body));
	file_desc_write(&w, &d);
	m.message.kind = MESSAGE_FILE;
	m.message.body = wire_written(&w);
	return m;
}

void files_save_offer(struct kit *k, uint32_t n, uint64_t seq)
{
	struct effect e[2] = {files_offer(n, seq), files_row(n, seq)};

	assert_ok(kit_try(k, e, 2));
}

void files_set(struct kit *k, uint32_t n, uint64_t seq, enum file_state state)
{
	struct effect e = files_row(n, seq);

	e.file.state = state;
	kit_save(k, &e);
}

struct file_info files_find(struct kit *k, struct uid id)
{
	struct seen s = {.count = 0};

	assert_ok(query_file(k->store, id, see_file, &s));
	return s.file;
}

bool files_is_there(struct kit *k, struct uid id)
{
	struct seen s = {.count = 0};
	enum err e = query_file(k->store, id, see_file, &s);

	if (e != OK)
		assert_err(e, ERR_NOT_FOUND);
	return e == OK;
}

void files_put_blob(struct kit *k, struct uid id)
{
	struct file_info f = files_find(k, id);
	struct blob *b;

	assert_ok(blob_create(store_blobs(k->store), &f.blob, &b));
	blob_close(b);
}

bool files_has_blob(struct kit *k, const struct file_info *f)
{
	return blob_exists(k->blobs, &f->blob);
}

struct file_new files_new(uint32_t n, uint64_t size)
{
	struct file_new f = {
	    .id = kit_uid('U', n),
	    .client_id = kit_uid('K', n),
	    .size = size,
	    .about = {.kind = FILE_VOICE,
		      .preview = {(const uint8_t *)"wave", 4},
		      .width = 3,
		      .height = 4,
		      .duration_ms = 5000 + n},
	};

	snprintf(f.about.name.s, sizeof(f.about.name.s), "Upload %u", n);
	strcpy(f.about.media.s, "audio/ogg");
	return f;
}

void files_upload(struct kit *k, uint32_t n, uint64_t size, const char *text)
{
	struct file_new f = files_new(n, size);
	uint64_t at, length = strlen(text);
	struct blob_writer *w;
	struct blob_spec spec;
	struct blob_sum sum;

	assert_ok(store_upload_create(k->store, &f, KIT_WALL, &spec));
	assert_ok(blob_writer_new(store_blobs(k->store), &spec, 0, &w));
	for (at = 0; at < size; at += length)
		assert_ok(blob_writer_put(
		    w,
		    bytes_of(text, size - at < length ? size - at : length)));
	assert_ok(blob_writer_finish(w, &sum));
	blob_writer_free(w);
	assert_ok(store_upload_finish(k->store, f.id, &sum, KIT_WALL + 1));
}
