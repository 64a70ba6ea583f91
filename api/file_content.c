/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file_content - the bytes of a file: all, a range, the preview, and the
 * tickets for them.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/file.h"
#include "api/flow.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/range.h"
#include "api/state.h"
#include "api/ticket.h"
#include "api/upload.h"
#include "util/mem.h"
#include "util/text.h"

struct content {
	struct blob_reader *reader;
	uint64_t at;
};

static void content_free(void *ctx)
{
	struct content *c = ctx;

	blob_reader_free(c->reader);
	free(c);
}

static enum err content_read(void *ctx, uint8_t *out, size_t n)
{
	struct content *c = ctx;
	enum err e = OK;
	size_t got;

	while (n > 0 && e == OK) {
		e = blob_reader_get(c->reader, c->at, out, n, &got);
		if (e == OK && got == 0)
			e = ERR_CORRUPT;
		if (e)
			break;
		c->at += got;
		out += got;
		n -= got;
	}
	return e;
}

static const struct flow_kind content_kind = {.read = content_read,
					      .drop = content_free};

/* Nothing that a shell or a browser would make more of than a name. */
static char safe(uint8_t c, bool is_first)
{
	if (c == '/' || c == '\\' || c == ':' || (c == '.' && is_first))
		return '_';
	return (char)c;
}

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (c && strchr("-._", c));
}

/* RFC 6266, RFC 8187. */
static void put_name(struct request *r, const struct file_name *name)
{
	static const char hex[] = "0123456789ABCDEF";
	char text[3 * FILE_NAME_MAX_BYTES + 1], *out = text;

	for (size_t i = 0; name->s[i]; i++) {
		char c = safe((uint8_t)name->s[i], i == 0);

		if (is_plain(c)) {
			*out++ = c;
			continue;
		}
		*out++ = '%';
		*out++ = hex[(uint8_t)c >> 4];
		*out++ = hex[(uint8_t)c & 15];
	}
	*out = '\0';
	reply_line(r, "Content-Disposition", "attachment; filename*=UTF-8''%s",
		   text);
}

/* What the content is told from: a checksum of it at least. */
static void put_tag(struct request *r, const struct file_info *f)
{
	const struct hash32 *h = f->has_sha256 ? &f->sha256 : &f->row.root;
	char text[66];

	text[0] = '"';
	hex_encode(h->b, 16, text + 1);
	text[33] = '"';
	text[34] = '\0';
	snprintf(r->reply.etag, sizeof(r->reply.etag), "%s", text);
}

static enum err open_content(struct request *r, const struct file_info *f,
			     struct content **out)
{
	struct blob_spec spec = file_info_spec(f);
	struct content *c = xcalloc(1, sizeof(*c));
	enum err e = blob_reader_new(store_blobs(r->store), &spec, &c->reader);

	sodium_memzero(&spec, sizeof(spec));
	if (e)
		free(c);
	else
		*out = c;
	return e;
}

/* A browser gets the type that was declared if the content begins so, and
 * may show it; all else is bytes to be saved. */
static enum err put_type(struct request *r, const struct file_info *f,
			 struct content *c)
{
	uint8_t start[FILE_START_BYTES];
	size_t n = sizeof(start);
	const char *type;
	enum err e;

	if (f->row.size < n)
		n = (size_t)f->row.size;
	e = content_read(c, start, n);
	type = file_type(f->row.media.s, bytes_of(start, n));
	r->reply.media_type = type[0] ? type : "application/octet-stream";
	return e;
}

static struct reply *send(struct request *r, const struct file_info *f,
			  struct content *c)
{
	struct range part = {false, 0, f->row.size};
	unsigned long long size = f->row.size;
	bool is_same;

	put_tag(r, f);
	is_same = !r->if_range[0] || strcmp(r->if_range, r->reply.etag) == 0;
	if (is_same && !range_read(r->range, f->row.size, &part)) {
		content_free(c);
		reply_line(r, "Content-Range", "bytes */%llu", size);
		r->reply.etag[0] = '\0';
		return reply_error(r, PROBLEM_RANGE, NULL);
	}
	reply_line(r, "Accept-Ranges", "bytes");
	put_name(r, &f->row.name);
	if (part.is_part)
		reply_line(r, "Content-Range", "bytes %llu-%llu/%llu",
			   (unsigned long long)part.first,
			   (unsigned long long)(part.first + part.count - 1),
			   size);
	c->at = part.first;
	return flow_out(r, reply_bytes(r, part.is_part ? 206 : 200),
			&content_kind, c, part.count);
}

static struct reply *offset_shown(struct request *r, struct upload *u,
				  enum err e)
{
	if (e)
		return reply_err(r, e);
	reply_line(r, "Upload-Offset", "%llu",
		   (unsigned long long)upload_offset(u));
	reply_line(r, "Upload-Complete", "?0");
	return reply_empty(r, 204);
}

static struct reply *not_whole(struct request *r, const struct file_info *f)
{
	if (r->is_head && f->row.state == FILE_UPLOADING)
		return upload_open(r, f, offset_shown);
	return reply_error(r, PROBLEM_CONFLICT, "it is not here as a whole");
}

/* Its row is there, and says that it is here. */
static struct reply *unreadable(struct request *r, enum err e)
{
	if (e == ERR_NOT_FOUND || e == ERR_CORRUPT)
		return reply_error(r, PROBLEM_DAMAGED,
				   "the content of this file is lost");
	return reply_err(r, e);
}

static struct reply *answer(struct request *r, const struct file_info *f)
{
	struct content *c;
	enum err e;

	if (!file_is_here(&f->row))
		return not_whole(r, f);
	if ((e = open_content(r, f, &c)))
		return unreadable(r, e);
	if ((e = put_type(r, f, c))) {
		content_free(c);
		return unreadable(r, e);
	}
	if (f->row.dir == MESSAGE_OUT && r->is_head) {
		reply_line(r, "Upload-Offset", "%llu",
			   (unsigned long long)f->row.size);
		reply_line(r, "Upload-Complete", "?1");
	}
	return send(r, f, c);
}

struct reply *api_file_content_get(struct request *r)
{
	struct file_info info;
	struct reply *reply;
	struct form f;

	form_of_query(&f, r);
	form_text(&f, "ticket", TICKET_TEXT, TICKET_TEXT, FORM_OPTIONAL);
	if ((reply = form_done(&f)) || (reply = file_find(r, &info)))
		return reply;
	reply = answer(r, &info);
	sodium_memzero(&info, sizeof(info));
	return reply;
}

struct reply *api_file_thumbnail_get(struct request *r)
{
	static const char *const types[] = {"image/webp", "image/jpeg",
					    "image/png"};
	struct jout *j = reply_body(r);
	enum err e = query_preview(r->store, r->path[ID_FILE], &j->out);
	struct bytes start = buf_view(&j->out);

	if (e)
		return reply_err(r, e);
	if (start.n > FILE_START_BYTES)
		start.n = FILE_START_BYTES;
	r->reply.media_type = "application/octet-stream";
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (file_type(types[i], start)[0])
			r->reply.media_type = types[i];
	r->reply.body = buf_view(&j->out);
	reply_line(r, "Content-Disposition", "attachment");
	return reply_bytes(r, 200);
}

struct reply *api_file_ticket_post(struct request *r)
{
	char user[ID_TEXT + 1], file[ID_TEXT + 1], ticket[TICKET_TEXT + 1];
	char url[192];
	struct file_info info;
	struct reply *bad = file_find(r, &info);
	struct jout *j;

	sodium_memzero(&info, sizeof(info));
	if (bad)
		return bad;
	ticket_new(r, ticket);
	id_encode(ID_USER, &request_user(r), user);
	id_encode(ID_FILE, &r->path[ID_FILE], file);
	snprintf(url, sizeof(url), "/v1/users/%s/files/%s/content?ticket=%s",
		 user, file, ticket);
	j = reply_body(r);
	jout_open(j, NULL, '{');
	jout_str(j, "url", url);
	jout_time(j, "expires_at", api_wall_ms(r->api) + TICKET_MS);
	jout_close(j, '}');
	sodium_memzero(ticket, sizeof(ticket));
	sodium_memzero(url, sizeof(url));
	return reply_json(r, 201);
}
