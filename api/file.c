/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/file.h"

#include <string.h>
#include <strings.h>

#include "api/reply.h"
#include "api/views.h"
#include "util/mem.h"

static bool keep(void *ctx, const struct file_info *f)
{
	struct file_info *out = ctx;

	*out = *f;
	out->row.have = bytes_of(NULL, 0);
	return true;
}

struct reply *file_find(struct request *r, struct file_info *out)
{
	enum err e = query_file(r->store, r->path[ID_FILE], keep, out);

	return e ? reply_err(r, e) : NULL;
}

struct reply *file_shown(struct request *r, struct uid file, unsigned status)
{
	enum err e = view_file_of(reply_body(r), r->api, request_user(r), file);

	return e ? reply_err(r, e) : reply_json(r, status);
}

void file_locate(struct request *r, struct uid file)
{
	char user[ID_TEXT + 1], id[ID_TEXT + 1];

	id_encode(ID_USER, &request_user(r), user);
	id_encode(ID_FILE, &file, id);
	reply_location(r, "/v1/users/%s/files/%s", user, id);
}

/* Where at which byte of the content. */
static const struct {
	const char *type;
	size_t at;
	const char *magic;
} types[] = {
    {"image/jpeg", 0, "\xff\xd8\xff"},
    {"image/png", 0, "\x89PNG\r\n\x1a\n"},
    {"image/gif", 0, "GIF87a"},
    {"image/gif", 0, "GIF89a"},
    {"image/webp", 8, "WEBP"},
    {"audio/ogg", 0, "OggS"},
    {"audio/opus", 0, "OggS"},
    {"audio/webm", 0, "\x1a\x45\xdf\xa3"},
    {"video/webm", 0, "\x1a\x45\xdf\xa3"},
    {"audio/mp4", 4, "ftyp"},
    {"video/mp4", 4, "ftyp"},
};

static bool has(struct bytes start, size_t at, const char *magic)
{
	size_t n = strlen(magic);

	return start.n >= at + n && memcmp(start.p + at, magic, n) == 0;
}

const char *file_type(const char *declared, struct bytes start)
{
	size_t n = strcspn(declared, "; ");

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strlen(types[i].type) == n &&
		    strncasecmp(types[i].type, declared, n) == 0 &&
		    has(start, types[i].at, types[i].magic))
			return types[i].type;
	return "";
}
