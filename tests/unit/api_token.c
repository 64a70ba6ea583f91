/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api_token.h"

#include "check.h"

const char *token_make(struct world *w, const char *maker, const char *scopes,
		       const char *more)
{
	struct ask ask = {
	    .method = "POST",
	    .target = "/v1/tokens",
	    .token = maker,
	    .body =
		fmt("{\"name\":\"bot\",\"scopes\":[\"%s\"]%s}", scopes, more)};
	const char *secret;
	struct call c;

	call_start(&c, w, &ask);
	call_expect(&c, 201, "\"secret\":\"umbel_tok_");
	secret = fmt("%s", call_string(&c, "secret"));
	call_clear(&c);
	return secret;
}

const char *token_narrow(struct world *w, const char *scopes)
{
	return token_make(w, ADMIN, scopes,
			  fmt(",\"conversation_ids\":[\"%s\"]",
			      text_id("cnv", kit_uid('v', 1))));
}

const struct ask *as(const char *token, const char *method, const char *target,
		     const char *body)
{
	static struct ask ask;

	ask = (struct ask){
	    .method = method, .target = target, .token = token, .body = body};
	return &ask;
}

const char *token_upload(struct world *w, const char *token, const char *body)
{
	struct ask ask = {.method = "PUT",
			  .target = alice(w, "/files?name=a.txt"),
			  .token = token,
			  .type = "application/octet-stream",
			  .body = body};
	const char *id;
	struct call c;

	call_start(&c, w, &ask);
	call_expect(&c, 201, "\"state\":\"ready\"");
	id = fmt("%s", call_string(&c, "id"));
	call_clear(&c);
	return id;
}

void token_upload_start(struct call *c, struct world *w, const char *token)
{
	static const char text[] = "half";
	const char *target = alice(w, "/files?name=b.txt");
	const char *bearer = fmt("Bearer %s", token);
	struct gate_request head = {
	    .method = GATE_PUT,
	    .listener = GATE_TCP,
	    .content_length = 2 * (int64_t)strlen(text),
	    .target = bytes_of(target, strlen(target)),
	    .authorization = bytes_of(bearer, strlen(bearer)),
	};

	call_start_head(c, w, &head, bytes_of(text, strlen(text)), 1);
}
