/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file - what the operations on files have in common.
 */
#ifndef API_FILE_H
#define API_FILE_H

#include "api/request.h"
#include "store/query.h"

/* The file of the path: NULL, or the reason not.  Wipe it: a key is in it. */
struct reply *file_find(struct request *r, struct file_info *out);
/* Of a command about it: shows what has become of it. */
struct reply *file_shown(struct request *r, struct uid file, unsigned status);
void file_locate(struct request *r, struct uid file);

/* What a name says of the type of its file, "" if it is none that a browser
 * may show: declared, and so begins the content. */
enum { FILE_START_BYTES = 16 };
const char *file_type(const char *declared, struct bytes start);

#endif
