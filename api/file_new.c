/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file_new - how a file comes from a client: in one request, or announced
 * and then brought piece by piece.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "api/command.h"
#include "api/file.h"
#include "api/flow.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/narrow.h"
#include "api/state.h"
#include "api/upload.h"
#include "api/views.h"
#include "store/upload.h"
#include "util/text.h"

#define STALE_MS (UINT64_C(7) * 24 * 60 * 60 * 1000)

/* What a client says of a new file. */
struct news {
	struct file_new row;
	struct upload_wish wish;
	uint8_t preview[PREVIEW_MAX_BYTES];
};

static void read_media(struct form *f, struct news *n)
{
	struct bytes text =
	    form_text(f, "media_type", 1, MEDIA_TYPE_MAX_BYTES, FORM_OPTIONAL);

	if (!text.p)
		return;
	if (!ascii_is_printable(text.p, text.n) || !memchr(text.p, '/', text.n))
		form_fault(f, "media_type", "invalid",
			   "expected a type like image/png");
	else
		memcpy(n->row.about.media.s, text.p, text.n);
}

/* What both ways of bringing it have. */
static void read_common(struct form *f, struct news *n)
{
	struct bytes name =
	    form_line(f, "name", FILE_NAME_MAX_BYTES, FORM_REQUIRED);
	unsigned kind;

	if (name.p)
		memcpy(n->row.about.name.s, name.p, name.n);
	read_media(f, n);
	if (form_word(f, "kind", FORM_OPTIONAL, words_file_kind, &kind))
		n->row.about.kind = (enum file_kind)kind;
	else if (strncasecmp(n->row.about.media.s, "image/", 6) == 0)
		n->row.about.kind = FILE_IMAGE;
}

static void read_sha256(struct form *f, struct upload_rules *rules)
{
	struct bytes hex = form_text(f, "sha256", 64, 64, FORM_OPTIONAL);

	if (!hex.p)
		return;
	rules->has_sha256 =
	    hex_decode((const char *)hex.p, hex.n, rules->sha256.b,
		       sizeof(rules->sha256.b)) == OK;
	if (!rules->has_sha256)
		form_fault(f, "sha256", "invalid", "expected 64 hex digits");
}

static void read_preview(struct form *f, struct news *n)
{
	struct bytes text = form_text(
	    f, "thumbnail", 4, PREVIEW_MAX_BYTES / 3 * 4 + 8, FORM_OPTIONAL);
	size_t got;

	if (!text.p)
		return;
	if (sodium_base642bin(n->preview, sizeof(n->preview),
			      (const char *)text.p, text.n, NULL, &got, NULL,
			      sodium_base64_VARIANT_ORIGINAL) == 0)
		n->row.about.preview = bytes_of(n->preview, got);
	else
		form_fault(f, "thumbnail", "invalid", "expected base64");
}

static void read_body(struct form *f, struct request *r, struct news *n)
{
	bool strip;

	memset(n, 0, sizeof(*n));
	form_of_body(f, r);
	read_common(f, n);
	n->wish.size =
	    (uint64_t)form_int(f, "size", 0, (int64_t)FILE_SIZE_MAX, -1);
	if (n->wish.size == UINT64_MAX)
		form_fault(f, "size", "required", "how many bytes it has");
	read_sha256(f, &n->wish.rules);
	form_uuid(f, "client_id", FORM_OPTIONAL, &n->row.client_id);
	if (form_bool(f, "strip_metadata", FORM_OPTIONAL, &strip))
		n->wish.rules.strip =
		    strip ? UPLOAD_STRIP_YES : UPLOAD_STRIP_NO;
	n->row.about.width = (uint16_t)form_int(f, "width", 0, UINT16_MAX, 0);
	n->row.about.height = (uint16_t)form_int(f, "height", 0, UINT16_MAX, 0);
	n->row.about.duration_ms =
	    (uint32_t)form_int(f, "duration_ms", 0, UINT32_MAX, 0);
	read_preview(f, n);
}

static void read_query(struct form *f, struct request *r, struct news *n)
{
	static const char *const words[] = {"true", "false", NULL};
	unsigned strip;

	memset(n, 0, sizeof(*n));
	form_of_query(f, r);
	read_common(f, n);
	if (form_word(f, "strip_metadata", FORM_OPTIONAL, words, &strip))
		n->wish.rules.strip =
		    strip == 0 ? UPLOAD_STRIP_YES : UPLOAD_STRIP_NO;
	n->wish.size = (uint64_t)r->content_length;
	n->wish.is_once = true;
}

static struct reply *refused(struct request *r, enum err e)
{
	if (e == ERR_FULL)
		return reply_error(r, PROBLEM_TOO_LARGE,
				   "the user's files may not take so much");
	if (e == ERR_RANGE)
		return reply_error(r, PROBLEM_TOO_LARGE, "at most 64 GiB");
	return reply_err(r, e);
}

void uploads_drop_stale(struct api *a, struct uid user)
{
	struct store *s = api_store(a, user);
	uint64_t now_ms = api_wall_ms(a);
	struct uid id;

	while (s && now_ms > STALE_MS &&
	       store_upload_stale(s, now_ms - STALE_MS, &id) == OK) {
		uploads_forget(a, user, id);
		if (store_upload_delete(s, id, now_ms) != OK)
			return;
		api_journal_advanced(a, user);
	}
}

/* Its row, and the place for its bytes. */
static struct reply *make(struct request *r, struct news *n, struct uid id,
			  struct upload **out)
{
	uint64_t now_ms = api_wall_ms(r->api);
	struct blob_spec spec;
	enum err e;

	if (n->wish.size > FILE_SIZE_MAX)
		return refused(r, ERR_RANGE);
	uploads_drop_stale(r->api, request_user(r));
	n->row.id = id;
	n->row.size = n->wish.size;
	n->row.rules = n->wish.rules;
	e = store_upload_create(r->store, &n->row, now_ms, &spec);
	if (e)
		return refused(r, e);
	*out = upload_begin(r, id, &spec, &n->wish, &e);
	sodium_memzero(&spec, sizeof(spec));
	api_journal_advanced(r->api, request_user(r));
	narrow_note_upload(r, id);
	if (*out)
		return NULL;
	if (store_upload_delete(r->store, id, now_ms) != OK)
		e = ERR_IO;
	return e == ERR_FULL ? reply_err(r, ERR_IO) : reply_err(r, e);
}

struct known {
	struct sight sight;
	struct uid id;
	bool is_same;
	const struct news *news;
};

static bool compare(void *ctx, const struct file_info *f)
{
	struct known *k = ctx;

	k->id = f->row.id;
	/* Whoever knows its client_id has brought it, as long as it is not
	 * somewhere that he may not see. */
	if (!uid_is_zero(&f->conversation_id) && !sight_has_file(&k->sight, f))
		return true;
	/* What was taken out of it made it shorter. */
	k->is_same = strcmp(f->row.name.s, k->news->row.about.name.s) == 0 &&
		     (f->row.size == k->news->wish.size ||
		      (f->row.state != FILE_UPLOADING &&
		       f->row.size < k->news->wish.size)) &&
		     strcmp(f->row.media.s, k->news->row.about.media.s) == 0;
	return true;
}

/* NULL: it is the first with this client_id. */
static struct reply *find_known(struct request *r, const struct news *n)
{
	struct known k = {.sight = sight_of(r), .news = n};
	enum err e;

	if (uid_is_zero(&n->row.client_id))
		return NULL;
	e = query_file_by_client(r->store, n->row.client_id, compare, &k);
	if (e == ERR_NOT_FOUND)
		return NULL;
	if (e)
		return reply_err(r, e);
	if (!k.is_same)
		return reply_error(r, PROBLEM_CLIENT_ID_REUSED, NULL);
	narrow_note_upload(r, k.id);
	return file_shown(r, k.id, 200);
}

struct reply *api_files_post(struct request *r)
{
	struct uid id = api_new_id(r->api);
	struct upload *u;
	struct reply *bad;
	struct news n;
	struct form f;

	read_body(&f, r, &n);
	if ((bad = form_done(&f)) || (bad = find_known(r, &n)) ||
	    (bad = make(r, &n, id, &u)))
		return bad;
	file_locate(r, id);
	return file_shown(r, id, 201);
}

static struct reply *put_done(struct request *r, struct uid file, bool is_whole)
{
	if (!is_whole)
		return reply_err(r, ERR_IO); /* the gate has counted */
	file_locate(r, file);
	return file_shown(r, file, 201);
}

struct reply *api_files_put(struct request *r)
{
	struct upload *u;
	struct reply *bad;
	struct news n;
	struct form f;

	read_query(&f, r, &n);
	if ((bad = form_done(&f)) ||
	    (bad = make(r, &n, api_new_id(r->api), &u)))
		return bad;
	return upload_take(r, u, put_done);
}

static struct reply *patch_done(struct request *r, struct uid file,
				bool is_whole)
{
	uint64_t offset;

	if (uploads_find(r->api, request_user(r), file, &offset))
		reply_line(r, "Upload-Offset", "%llu",
			   (unsigned long long)offset);
	reply_line(r, "Upload-Complete", "%s", is_whole ? "?1" : "?0");
	return reply_empty(r, 204);
}

static bool read_offset(const char *text, uint64_t *out)
{
	*out = 0;
	for (const char *s = text; *s; s++) {
		if (*s < '0' || *s > '9' || s - text > 15)
			return false;
		*out = *out * 10 + (uint64_t)(*s - '0');
	}
	return text[0] != '\0';
}

static struct reply *header_fault(struct request *r, const char *name,
				  const char *detail)
{
	struct fault f = {.code = "invalid"};

	snprintf(f.parameter, sizeof(f.parameter), "%s", name);
	snprintf(f.detail, sizeof(f.detail), "%s", detail);
	return reply_faults(r, &f, 1);
}

static struct reply *patch(struct request *r, struct upload *u, enum err e)
{
	uint64_t offset, length = (uint64_t)r->content_length, left;
	bool is_last = strcmp(r->upload_complete, "?1") == 0;

	if (e)
		return refused(r, e);
	if (!read_offset(r->upload_offset, &offset))
		return header_fault(r, "Upload-Offset", "expected a number");
	if (offset != upload_offset(u)) {
		reply_line(r, "Upload-Offset", "%llu",
			   (unsigned long long)upload_offset(u));
		return reply_error(r, PROBLEM_CONFLICT,
				   "it goes on at Upload-Offset");
	}
	if (!is_last && r->upload_complete[0] &&
	    strcmp(r->upload_complete, "?0") != 0)
		return header_fault(r, "Upload-Complete", "expected ?0 or ?1");
	left = upload_size(u) - offset;
	if (length > left)
		return reply_error(r, PROBLEM_TOO_LARGE,
				   "more than the size that was announced");
	if (is_last && length < left)
		return header_fault(r, "Upload-Complete",
				    "less than the size that was announced");
	return upload_take(r, u, patch_done);
}

struct reply *api_file_content_patch(struct request *r)
{
	struct file_info f;
	struct reply *reply = file_find(r, &f);

	if (reply)
		return reply;
	if (f.row.state == FILE_UPLOADING)
		reply = upload_open(r, &f, patch);
	else
		reply = reply_error(r, PROBLEM_CONFLICT, "it is complete");
	sodium_memzero(&f, sizeof(f));
	return reply;
}
