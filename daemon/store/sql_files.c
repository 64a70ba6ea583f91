/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sql.h"

/* In the order of rowio.c. */
#define FILE_VALUES                                                            \
	"fid, contact, message, mid, dir, state, problem, kind, size, key, "   \
	"chunk_log2, root, name, media, have_count, have, created_ms, "        \
	"expires_ms, updated_ms, kept"
/* Contact and message by their uids. */
#define FILE_PARAMETERS                                                        \
	"?2, (SELECT id FROM contacts WHERE uid = ?3), "                       \
	"(SELECT id FROM messages WHERE uid = ?4), ?5, ?6, ?7, ?8, ?9, ?10, "  \
	"?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21"
/* Of a file alone; what goes with it. */
#define FILE_ROW                                                               \
	"SELECT f.uid, f.fid, c.uid, m.uid, f.mid, f.dir, f.state, "           \
	"f.problem, f.kind, f.size, f.key, f.chunk_log2, f.root, f.name, "     \
	"f.media, f.have_count, f.have, f.created_ms, f.expires_ms"
#define FILE_JOINS                                                             \
	" LEFT JOIN contacts c ON c.id = f.contact"                            \
	" LEFT JOIN messages m ON m.id = f.message"
#define FILE_SEEN                                                              \
	FILE_ROW ", f.client_uid, v.uid, f.blob, length(f.preview), f.width, " \
		 "f.height, f.duration_ms, f.sha256, f.updated_ms, f.strip, "  \
		 "f.promised FROM files f" FILE_JOINS                          \
		 " LEFT JOIN conversations v ON v.contact = f.contact"

const char *const sql_of_files[SQL_COUNT] = {
    [SQL_FILE_UPDATE] = "UPDATE OR FAIL files SET (" FILE_VALUES
			") = (" FILE_PARAMETERS ") WHERE uid = ?1",
    /* and blob, preview, width, height, duration */
    [SQL_FILE_INSERT] =
	"INSERT INTO files(uid, " FILE_VALUES
	", blob, preview, width, height, duration_ms)"
	" VALUES(?1, " FILE_PARAMETERS ", ?22, ?23, ?24, ?25, ?26)",
    /* contact's uid, fid of one that he offers */
    [SQL_FILE_KNOWN] =
	"SELECT 1 FROM files WHERE contact = (SELECT id FROM contacts"
	" WHERE uid = ?1) AND dir = 0 AND fid = ?2",
    /* message's uid, contact's uid: what a message that is shown says of the
     * file that it offers */
    [SQL_FILE_OFFER] =
	"SELECT body FROM messages WHERE uid = ?1 AND +contact = (SELECT id"
	" FROM contacts WHERE uid = ?2) AND dir = 0 AND kind = 6"
	" AND hidden = 0 AND deleted = 0",
    /* id, blob */
    [SQL_FILE_OF_UID] = "SELECT id, blob FROM files WHERE uid = ?1",
    [SQL_FILE_OF_MESSAGE] =
	"SELECT id, blob FROM files WHERE message = ?1 LIMIT 1",
    [SQL_FILE_OF_CONTACT] = "SELECT id, blob FROM files"
			    " INDEXED BY files_contact WHERE contact = ?1"
			    " LIMIT 1",
    [SQL_FILE_DELETE] = "DELETE FROM files WHERE id = ?1",
    /* uid, client_uid, size, fid, key, chunk_log2, blob, time, name, kind,
     * media, preview, width, height, duration, strip, promised */
    [SQL_UPLOAD_INSERT] =
	"INSERT INTO files(uid, client_uid, size, fid, key, chunk_log2, blob,"
	" created_ms, updated_ms, name, kind, media, preview, width, height,"
	" duration_ms, strip, promised, dir, state, problem, have_count, have,"
	" expires_ms, kept) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9,"
	" ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, 1, 0, 0, 0, x'', 0, 1)",
    /* uid, size, fid, key, chunk_log2, blob, time */
    [SQL_UPLOAD_RENEW] =
	"UPDATE OR FAIL files SET (size, fid, key, chunk_log2, blob,"
	" updated_ms, have_count) = (?2, ?3, ?4, ?5, ?6, ?7, 0)"
	" WHERE uid = ?1 AND state = 0",
    /* uid, chunks, time */
    [SQL_UPLOAD_NOTE] =
	"UPDATE OR FAIL files SET (have_count, updated_ms) = (?2, ?3)"
	" WHERE uid = ?1 AND state = 0",
    /* uid, root, sha256, time, chunks */
    [SQL_UPLOAD_FINISH] =
	"UPDATE OR FAIL files SET (state, root, sha256, updated_ms, have_count)"
	" = (1, ?2, ?3, ?4, ?5) WHERE uid = ?1 AND state = 0",
    /* uid, time, name, kind, media, preview, width, height, duration */
    [SQL_UPLOAD_DESCRIBE] =
	"UPDATE OR FAIL files SET (updated_ms, name, kind, media, preview,"
	" width, height, duration_ms) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	" WHERE uid = ?1 AND state < 2",
    [SQL_UPLOAD_STATE] = "SELECT state, size, blob, chunk_log2 FROM files"
			 " WHERE uid = ?1",
    /* time */
    [SQL_UPLOAD_STALE] = "SELECT uid FROM files INDEXED BY files_state"
			 " WHERE state = 0 AND updated_ms < ?1 LIMIT 1",

    [SQL_LOAD_FILES] =
	FILE_ROW " FROM files f" FILE_JOINS " WHERE f.state IN (2, 3, 4)",
    /* state: id, blob of those that come in (?2 = 0), or are brought (1) */
    [SQL_TIDY_FILES] = "SELECT id, blob FROM files INDEXED BY files_state"
		       " WHERE state = ?1 AND dir = ?2 AND id > ?3"
		       " ORDER BY id LIMIT 1",
    [SQL_TIDY_BLOB] = "SELECT 1 FROM files WHERE blob = ?1 AND kept <> 0",
    /* What was there is not. */
    [SQL_TIDY_HAVE] = "UPDATE OR FAIL files SET (have_count, have)"
		      " = (0, zeroblob(length(have))) WHERE id = ?1"
		      " AND have_count > 0",

    [SQL_FILE] = FILE_SEEN " WHERE f.uid = ?1",
    [SQL_FILE_BY_CLIENT] = FILE_SEEN " WHERE f.client_uid = ?1",
    [SQL_FILE_PLACE] = "SELECT id FROM files WHERE uid = ?1",
    /* before which, limit */
    [SQL_FILES] = FILE_SEEN " WHERE f.id < ?1 ORDER BY f.id DESC LIMIT ?2",
    /* and in which state */
    [SQL_FILES_STATE] = FILE_SEEN
    " WHERE f.state = ?3 AND f.id < ?1 ORDER BY f.id DESC LIMIT ?2",
    /* and of which conversation; -1: any state */
    [SQL_FILES_CONVERSATION] = FILE_SEEN
    " WHERE f.contact = (SELECT contact FROM conversations WHERE uid = ?4)"
    " AND f.id < ?1 AND (?3 < 0 OR +f.state = ?3)"
    " ORDER BY f.id DESC LIMIT ?2",
    [SQL_FILES_MESSAGE] =
	FILE_SEEN " WHERE f.message = (SELECT id FROM messages WHERE uid = ?1"
		  " AND hidden = 0)",
    /* contact's uid, size, kept */
    [SQL_FILE_ROOM] = "SELECT c.uid, f.size, f.kept FROM files f"
		      " LEFT JOIN contacts c ON c.id = f.contact"
		      " WHERE f.uid = ?1",
    [SQL_FILE_PREVIEW] = "SELECT preview FROM files WHERE uid = ?1",
    [SQL_FILE_SUM] = "SELECT sum(size) FROM files WHERE kept = 1",
    /* contact's uid */
    [SQL_FILE_SUM_CONTACT] =
	"SELECT sum(size) FROM files WHERE kept = 1 AND contact ="
	" (SELECT id FROM contacts WHERE uid = ?1) AND dir = 0",

    /* uid, client_uid, sha256 */
    [SQL_IMPORT_FILE] = "UPDATE OR FAIL files SET (client_uid, sha256)"
			" = (?2, ?3) WHERE uid = ?1",
};
