/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/problem.h"

const struct problem_info *problem_info(enum problem p)
{
	static const struct problem_info infos[] = {
	    [PROBLEM_BAD_JSON] = {400, "bad_json", "Body is not valid JSON"},
	    [PROBLEM_UNAUTHORIZED] = {401, "unauthorized",
				      "Missing or wrong credentials"},
	    [PROBLEM_WRONG_PASSPHRASE] = {401, "wrong_passphrase",
					  "Wrong passphrase"},
	    [PROBLEM_FORBIDDEN_SCOPE] = {403, "forbidden_scope",
					 "These credentials may not do this"},
	    [PROBLEM_NOT_FOUND] = {404, "not_found", "No such resource"},
	    [PROBLEM_METHOD_NOT_ALLOWED] = {405, "method_not_allowed",
					    "Method is not possible here"},
	    [PROBLEM_CONFLICT] = {409, "conflict",
				  "Not possible in the present state"},
	    [PROBLEM_CLIENT_ID_REUSED] = {409, "client_id_reused",
					  "This client_id had other content"},
	    [PROBLEM_ALREADY_UNLOCKED] = {409, "already_unlocked",
					  "User is unlocked already"},
	    [PROBLEM_CURSOR_EXPIRED] = {410, "cursor_expired",
					"Cursor is not known any more"},
	    [PROBLEM_LENGTH_REQUIRED] = {411, "length_required",
					 "Content-Length is needed"},
	    [PROBLEM_TOO_LARGE] = {413, "too_large", "Body is too large"},
	    [PROBLEM_MEDIA_TYPE] = {415, "media_type",
				    "Content-Type must be application/json"},
	    [PROBLEM_RANGE] = {416, "range",
			       "Nothing of the file is in this range"},
	    [PROBLEM_INVALID] = {422, "invalid", "Request is not valid"},
	    [PROBLEM_UNKNOWN_FIELD] = {422, "unknown_field",
				       "Request has an unknown field"},
	    [PROBLEM_USER_LOCKED] = {423, "user_locked", "User is locked"},
	    [PROBLEM_RATE_LIMITED] = {429, "rate_limited", "Too many requests"},
	    [PROBLEM_INTERNAL] = {500, "internal", "Something broke"},
	    [PROBLEM_DAMAGED] = {500, "damaged", "What is stored is damaged"},
	    [PROBLEM_STORE_BUSY] = {503, "store_busy",
				    "Nothing can be stored at present"},
	    [PROBLEM_NO_SPACE] = {503, "no_space", "The disk is full"},
	    [PROBLEM_SHUTTING_DOWN] = {503, "shutting_down",
				       "The daemon is stopping"},
	};

	return &infos[p];
}
