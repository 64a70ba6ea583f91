/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backup_kit.h"

#include <stdio.h>

#include "check.h"
#include "util/kdf_cost.h"

const struct kdf_params cheap = {.passes = KDF_PASSES_MIN,
				 .memory_mib = KDF_MIB_MIN};
const struct bytes words = {(const uint8_t *)"correct horse", 13};
const struct backup_user alice = {.name = {"alice"}, .created_ms = KIT_WALL};

const char *path_of(struct kit *k)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s/archive", k->dir);
	return path;
}

enum err import_to(struct kit *to, const char *path)
{
	static const struct file_limits generous = {UINT64_MAX / 4,
						    UINT64_MAX / 4, 0};
	struct backup_watch watch = {0};
	struct archive_reader *r;
	struct backup_user who;
	enum err e;

	kit_start(to);
	store_set_file_limits(to->store, &generous);
	assert_ok(archive_open(path, words, &r));
	e = import_user(r, &who);
	if (e == OK) {
		assert_string_equal(who.name.s, "alice");
		e = import_all(to->store, r, &who, KIT_WALL + 99, &watch);
	}
	archive_reader_free(r);
	return e;
}
