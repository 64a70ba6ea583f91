/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * document - api/openapi.json, compiled in.
 */
#ifndef API_DOCUMENT_H
#define API_DOCUMENT_H

#include "util/buf.h"

struct bytes api_document(void);
/* Its ETag. */
void api_document_etag(char out[static 48]);

#endif
