/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "user_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/blob.h"
#include "store/store.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/text.h"

#define DIR_PREFIX     "usr_"
#define DIR_NEW_PREFIX ".new-"
#define ASIDE	       "blobs.old" /* what is to be removed */

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

enum err user_files_create(const char *dir, const struct keyfile *kf,
			   const struct master_key *mk)
{
	char *tmp = path_of(dir, DIR_NEW_PREFIX, kf->user_id, NULL);
	char *key = path_of(dir, DIR_NEW_PREFIX, kf->user_id, "key");
	char *db = path_of(dir, DIR_NEW_PREFIX, kf->user_id, "user.db");
	char *own = path_of(dir, DIR_PREFIX, kf->user_id, NULL);
	enum err e;

	e = file_make_dir(tmp);
	if (e == OK)
		e = keyfile_write(key, kf);
	if (e == OK)
		e = store_create(db, mk, kf->user_id);
	if (e == OK)
		e = put_in_place(tmp, own);
	if (e != OK) {
		unlink(key);
		unlink(db);
		rmdir(tmp);
	}
	free(tmp);
	free(key);
	free(db);
	free(own);
	return e;
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
	static const char *const files[] = {"user.db-wal", "user.db-journal",
					    "user.db"};
	char *db = user_files_database(dir, id);
	char *folder = path_of(dir, DIR_PREFIX, id, NULL);
	enum err e = put_blobs_aside(dir, id);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files) && e == OK; i++)
		remove_in(folder, files[i]);
	if (e == OK)
		e = store_create(db, mk, id);
	free(db);
	free(folder);
	return e;
}

bool user_files_is_user(const char *name, struct uid *id)
{
	const size_t skip = sizeof(DIR_PREFIX) - 1;

	return strncmp(name, DIR_PREFIX, skip) == 0 &&
	       uid_decode(name + skip, strlen(name + skip), id->b) == OK;
}

void user_files_tidy(const char *dir, const char *name)
{
	static const char *const files[] = {"key", "key.tmp", "user.db",
					    "user.db-wal", "user.db-journal"};
	char *folder = xasprintf("%s/%s", dir, name);
	struct uid id;
	size_t i;

	if (user_files_is_user(name, &id)) {
		remove_in(folder, "key.tmp");
		user_files_sweep(dir, id);
	} else if (strncmp(name, DIR_NEW_PREFIX, strlen(DIR_NEW_PREFIX)) == 0) {
		for (i = 0; i < ARRAY_SIZE(files); i++)
			remove_in(folder, files[i]);
		rmdir(folder);
	}
	free(folder);
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
