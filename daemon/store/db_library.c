/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/db_library.h"

#include <stdio.h>

#include <sodium.h>
#include <sqlcipher/sqlite3.h>

#include "store/db_memory.h"

#define LIBRARY_MIN 3015002 /* what SQLCipher 3.4.1 is made of */

bool db_is_version_good(const char *text)
{
	unsigned major, minor, patch;

	if (sscanf(text, "%3u.%3u.%3u", &major, &minor, &patch) != 3)
		return false;
	/* Loses rows in ROLLBACK TO; STORAGE 1.4. */
	if (major == 4 && minor == 5 && patch == 0)
		return false;
	return major > 3 || (major == 3 && minor > 4) ||
	       (major == 3 && minor == 4 && patch >= 1);
}

static bool read_cipher_version(sqlite3 *h, char *out, size_t size)
{
	sqlite3_stmt *s = NULL;
	bool found = false;

	if (sqlite3_prepare_v2(h, "PRAGMA cipher_version", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0)) {
		snprintf(out, size, "%s",
			 (const char *)sqlite3_column_text(s, 0));
		found = true;
	}
	sqlite3_finalize(s);
	return found;
}

enum err db_library_start(const char **what)
{
	static char version[64];
	sqlite3 *h = NULL;
	bool found;

	*what = "too old a database library";
	if (sodium_init() < 0 || sqlite3_libversion_number() < LIBRARY_MIN)
		return ERR_VERSION;
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_MALLOC, db_memory());
	*what = "the database library does not start";
	if (sqlite3_initialize() != SQLITE_OK ||
	    sqlite3_open(":memory:", &h) != SQLITE_OK) {
		sqlite3_close(h);
		return ERR_VERSION;
	}
	found = read_cipher_version(h, version, sizeof(version));
	/* For the whole process: what is not said per connection (a copy made
	 * by the library) must get the same format. */
	sqlite3_exec(h,
		     "PRAGMA cipher_log_level = NONE;"
		     "PRAGMA cipher_default_compatibility = 3;"
		     "PRAGMA cipher_default_page_size = 4096",
		     NULL, NULL, NULL);
	sqlite3_close(h);
	*what = found ? version : "a database library without encryption";
	return found && db_is_version_good(version) ? OK : ERR_VERSION;
}
