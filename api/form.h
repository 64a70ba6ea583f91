/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * form - reads the fields of a JSON body, or of a query, strictly.
 *
 * Sticky: ask for every field that may be there, then form_done() once; it
 * reports all faults together, unknown fields among them.
 */
#ifndef API_FORM_H
#define API_FORM_H

#include "api/reply.h"
#include "api/request.h"

enum { FORM_FIELDS_MAX = 16, FORM_FAULTS_MAX = 8 };

struct form {
	struct request *r;
	bool is_query;
	bool is_patch; /* null is a fault, where form_cleared() does not ask */
	const char *names[FORM_FIELDS_MAX];
	size_t name_count;
	struct fault faults[FORM_FAULTS_MAX];
	size_t fault_count;
};

enum form_need { FORM_OPTIONAL, FORM_REQUIRED };

/* Parses r->body into r->json: an object of at most 16 levels, without
 * duplicate keys.  NULL, or what is wrong. */
struct reply *form_parse_body(struct request *r);
/* Cuts the query off r->target; the same. */
struct reply *form_parse_query(struct request *r);
/* Makes the JSON library wipe what it frees and seeds its tables. */
void form_start_library(uint32_t seed);
void form_free_json(struct request *r);

void form_of_body(struct form *f, struct request *r);
void form_of_query(struct form *f, struct request *r);
/* A merge patch (RFC 7396): ask for everything as FORM_OPTIONAL. */
void form_of_patch(struct form *f, struct request *r);
/* Of a merge patch: is it there, as null?  Then do not ask for its value. */
bool form_cleared(struct form *f, const char *name);

/* UTF-8 of min to max bytes.  An optional one that is not there, or null,
 * comes back with p == NULL. */
struct bytes form_text(struct form *f, const char *name, size_t min, size_t max,
		       enum form_need need);
/* At most max bytes, without control characters, in one line; one that is
 * required is not empty. */
struct bytes form_line(struct form *f, const char *name, size_t max,
		       enum form_need need);
/* The same, of NAME_MAX_BYTES. */
struct bytes form_label(struct form *f, const char *name, enum form_need need);
int64_t form_int(struct form *f, const char *name, int64_t min, int64_t max,
		 int64_t otherwise);
/* The rest: false if it was not there, or is wrong. */
bool form_bool(struct form *f, const char *name, enum form_need need,
	       bool *out);
/* One of words, which ends with NULL: its number. */
bool form_word(struct form *f, const char *name, enum form_need need,
	       const char *const *words, unsigned *out);
/* An array of any of them, in any order: bits by their numbers. */
bool form_words(struct form *f, const char *name, const char *const *words,
		uint32_t *out);
/* RFC 3339, as wall clock. */
bool form_time(struct form *f, const char *name, enum form_need need,
	       uint64_t *out);
bool form_id(struct form *f, const char *name, enum id_kind kind,
	     enum form_need need, struct uid *out);
bool form_uuid(struct form *f, const char *name, enum form_need need,
	       struct uid *out);
/* An array of 1 to max ids; *count is 0 if it is not there, or wrong. */
void form_ids(struct form *f, const char *name, enum id_kind kind, size_t max,
	      struct uid *out, size_t *count);
/* The same, of 0 to max. */
void form_ids_or_none(struct form *f, const char *name, enum id_kind kind,
		      size_t max, struct uid *out, size_t *count);
bool form_cursor(struct form *f, enum id_kind kind, struct uid *out);
/* A reaction in a path, percent-encoded. */
bool form_read_emoji(struct bytes segment, struct emoji *out);
/* For a new kind of value: a field of a body as it is, NULL if it is not
 * there; a field from either source as text, false if it is not there. */
const struct json_t *form_value(struct form *f, const char *name);
bool form_get_text(struct form *f, const char *name, enum form_need need,
		   struct bytes *out);
void form_fault(struct form *f, const char *name, const char *code,
		const char *detail);
/* NULL, or the answer that lists the faults. */
struct reply *form_done(struct form *f);

#endif
