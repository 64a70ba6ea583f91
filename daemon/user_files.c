/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "user_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "last_event.h"
#include "store/blob.h"
#include "store/store.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define DIR_PREFIX     "usr_"
#define DIR_NEW_PREFIX ".new-"
#define DIR_OLD_PREFIX ".old-"
#define ASIDE	       "blobs.old" /* what is to be removed */

#define LAST_EVENT "last"

/* What a database is in; itself last. */
static const char *const databases[] = {
    "words.db-wal", "words.db-journal", "words.db",
    "user.db-wal",  "user.db-journal",	"user.db",
};

static char *path_of(const char *dir, const char *prefix, struct uid id,
		     const char *name)
{
	char text[UID_TEXT + 1];

	uid_encode(id.b, text);
	return xasprintf("%s/%s%s%s%s", dir, prefix, text, name ? "/" : "",
			 name ? name : "");
}

char *user_files_database(const char *dir, struct uid id)
{
	return path_of(dir, DIR_PREFIX, id, "user.db");
}

char *user_files_last_event(const char *dir, struct uid id)
{
	return path_of(dir, DIR_PREFIX, id, LAST_EVENT);
}

/* All or nothing, and durable. */
static enum err put_in_place(const char *tmp, const char *dir)
{
	enum err e;

	if (rename(tmp, dir) != 0)
		return ERR_IO;
	e = file_sync_folder_of(dir);
	if (e != OK)
		(void)!rename(dir, tmp);
	return e;
}

char *user_files_new_database(const char *dir, struct uid id)
{
	return path_of(dir, DIR_NEW_PREFIX, id, "user.db");
}

enum err user_files_begin(const char *dir, struct uid id,
			  const struct master_key *mk)
{
	char *tmp = path_of(dir, DIR_NEW_PREFIX, id, NULL);
	char *db = user_files_new_database(dir, id);
	enum err e = file_make_dir(tmp);

	if (e == OK)
		e = store_create(db, mk, id);
	free(tmp);
	free(db);
	return e;
}

enum err user_files_finish(const char *dir, const struct keyfile *kf)
{
	char *tmp = path_of(dir, DIR_NEW_PREFIX, kf->user_id, NULL);
	char *key = path_of(dir, DIR_NEW_PREFIX, kf->user_id, "key");
	char *own = path_of(dir, DIR_PREFIX, kf->user_id, NULL);
	enum err e = keyfile_write(key, kf);

	if (e == OK)
		e = put_in_place(tmp, own);
	free(tmp);
	free(key);
	free(own);
	return e;
}

enum err user_files_create(const char *dir, const struct keyfile *kf,
			   const struct master_key *mk)
{
	enum err e = user_files_begin(dir, kf->user_id, mk);

	if (e == OK)
		e = user_files_finish(dir, kf);
	if (e != OK)
		user_files_abandon(dir, kf->user_id);
	return e;
}

bool user_files_is_user(const char *name, struct uid *id)
{
	const size_t skip = sizeof(DIR_PREFIX) - 1;

	return strncmp(name, DIR_PREFIX, skip) == 0 &&
	       uid_decode(name + skip, strlen(name + skip), id->b) == OK;
}

static void remove_in(const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);

	unlink(path);
	free(path);
}

enum err user_files_overwrite_key(const char *dir, struct keyfile *kf,
				  const struct keyfile *next)
{
	char *path = path_of(dir, DIR_PREFIX, kf->user_id, "key");
	enum err e = keyfile_overwrite(path, next);

	free(path);
	if (e == OK)
		*kf = *next;
	return e;
}

static void drop_one(void *folder, const struct blob_name *name)
{
	blob_drop(folder, name);
}

void user_files_sweep(const char *dir, struct uid id)
{
	char *aside = path_of(dir, DIR_PREFIX, id, ASIDE);

	/* What is left of it is there the next time. */
	(void)!blob_list(aside, drop_one, aside);
	rmdir(aside);
	free(aside);
}

/* A rename takes no time, whatever is in it. */
static enum err put_blobs_aside(const char *dir, struct uid id)
{
	char *blobs = path_of(dir, DIR_PREFIX, id, "blobs");
	char *aside = path_of(dir, DIR_PREFIX, id, ASIDE);
	enum err e = OK;

	user_files_sweep(dir, id); /* of an attempt that ended early */
	if (rename(blobs, aside) != 0 && errno != ENOENT)
		e = ERR_IO;
	free(blobs);
	free(aside);
	return e;
}

enum err user_files_start_over(const char *dir, struct uid id,
			       const struct master_key *mk)
{
	char *db = user_files_database(dir, id);
	char *folder = path_of(dir, DIR_PREFIX, id, NULL);
	char *last = user_files_last_event(dir, id);
	enum err e = put_blobs_aside(dir, id);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(databases) && e == OK; i++)
		remove_in(folder, databases[i]);
	if (e == OK)
		e = store_create_after(db, mk, id,
				       last_event_read(last, mk, id));
	free(db);
	free(folder);
	free(last);
	return e;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static void close_now(void *ctx, int fd)
{
	(void)ctx;
	close(fd);
}

/* In place, for what it is worth: a disk may write elsewhere. */
static void overwrite(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t noise[KEYFILE_BYTES_MAX];

	if (fd < 0)
		return;
	randombytes_buf(noise, sizeof(noise));
	if (file_write_all(fd, noise, sizeof(noise)) != OK || fsync(fd) != 0)
		log_warn("a key file could not be overwritten, only removed");
	close(fd);
}

struct blobs_to_go {
	const char *folder;
	const struct user_files_sink *sink;
};

static void drop_blob(void *ctx, const struct blob_name *name)
{
	const struct blobs_to_go *b = ctx;
	int fd = blob_unlink(b->folder, name);

	if (fd >= 0)
		b->sink->drop(b->sink->ctx, fd);
}

static void remove_blobs(const char *folder, const char *name,
			 const struct user_files_sink *sink)
{
	char *blobs = xasprintf("%s/%s", folder, name);
	struct blobs_to_go b = {blobs, sink};

	(void)!blob_list(blobs, drop_blob, &b);
	rmdir(blobs);
	free(blobs);
}

static void remove_folder(const char *folder,
			  const struct user_files_sink *sink)
{
	char *key = xasprintf("%s/key", folder);
	size_t i;

	overwrite(key);
	free(key);
	remove_in(folder, "key");
	remove_in(folder, "key.tmp");
	remove_in(folder, LAST_EVENT);
	for (i = 0; i < ARRAY_SIZE(databases); i++)
		remove_in(folder, databases[i]);
	remove_blobs(folder, "blobs", sink);
	remove_blobs(folder, ASIDE, sink);
	rmdir(folder);
}

void user_files_tidy(const char *dir, const char *name)
{
	const struct user_files_sink sink = {close_now, NULL};
	char *folder = xasprintf("%s/%s", dir, name);
	struct uid id;

	if (user_files_is_user(name, &id)) {
		remove_in(folder, "key.tmp");
		user_files_sweep(dir, id);
	} else if (has_prefix(name, DIR_NEW_PREFIX) ||
		   has_prefix(name, DIR_OLD_PREFIX)) {
		remove_folder(folder, &sink);
	}
	free(folder);
}

void user_files_abandon(const char *dir, struct uid id)
{
	const struct user_files_sink sink = {close_now, NULL};
	char *tmp = path_of(dir, DIR_NEW_PREFIX, id, NULL);

	remove_folder(tmp, &sink);
	free(tmp);
}

enum err user_files_doom(const char *dir, struct uid id)
{
	char *own = path_of(dir, DIR_PREFIX, id, NULL);
	char *old = path_of(dir, DIR_OLD_PREFIX, id, NULL);
	enum err e = put_in_place(own, old);

	free(own);
	free(old);
	return e;
}

void user_files_remove(const char *dir, struct uid id,
		       const struct user_files_sink *sink)
{
	char *old = path_of(dir, DIR_OLD_PREFIX, id, NULL);

	remove_folder(old, sink);
	free(old);
}

enum err user_files_read_key(const char *dir, struct uid id,
			     struct keyfile *out)
{
	char *path = path_of(dir, DIR_PREFIX, id, "key");
	struct keyfile kf;
	enum err e = keyfile_read(path, &kf);

	free(path);
	if (e == OK && !uid_is_equal(&kf.user_id, &id))
		e = ERR_CORRUPT;
	if (e == OK)
		*out = kf;
	return e;
}

enum err user_files_replace_key(const char *dir, struct keyfile *kf,
				const struct keyfile *next)
{
	char *path = path_of(dir, DIR_PREFIX, kf->user_id, "key");
	enum err e = keyfile_write(path, next);

	free(path);
	if (e == OK)
		*kf = *next;
	else /* or the one we know, if there is none to be read */
		(void)!user_files_read_key(dir, kf->user_id, kf);
	return e;
}
