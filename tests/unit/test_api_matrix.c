/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every operation of openapi.json against everything a caller may lack.
 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <sodium.h>

#include "api/document.h"
#include "api/scope.h"
#include "api_kit.h"
#include "api_token.h"
#include "check.h"
#include "store/upload.h"
#include "store/webhook.h"

enum { OPS_MAX = 128 };

struct operation {
	char method[8], path[160], scope[24];
	bool is_raw;
	bool has_body, has_user;
	bool is_narrow; /* open to a token for some conversations */
};

struct matrix {
	struct operation ops[OPS_MAX];
	size_t count;
};

static void upper(char *out, size_t cap, const char *in)
{
	size_t i = 0;

	for (; in[i] && i + 1 < cap; i++)
		out[i] = (char)(in[i] - 'a' + 'A');
	out[i] = '\0';
}

static const char *scope_of(const json_t *op)
{
	const json_t *security = json_object_get(op, "security");
	const json_t *scope = json_object_get(op, "x-scope");

	if (security && json_array_size(security) == 0)
		return "none";
	return scope ? json_string_value(scope) : "any";
}

static bool is_raw(const json_t *op)
{
	const json_t *body = json_object_get(op, "requestBody");

	return !json_object_get(json_object_get(body, "content"),
				"application/json");
}

static void load(struct matrix *m)
{
	struct bytes text = api_document();
	json_t *doc = json_loadb((const char *)text.p, text.n, 0, NULL), *item,
	       *op;
	const char *path, *method;

	assert_non_null(doc);
	memset(m, 0, sizeof(*m));
	json_object_foreach(json_object_get(doc, "paths"), path, item)
	{
		json_object_foreach(item, method, op)
		{
			struct operation *o = &m->ops[m->count++];

			upper(o->method, sizeof(o->method), method);
			snprintf(o->path, sizeof(o->path), "%s", path);
			snprintf(o->scope, sizeof(o->scope), "%s",
				 scope_of(op));
			o->has_body = json_object_get(op, "requestBody");
			o->is_raw = o->has_body && is_raw(op);
			o->has_user = strstr(path, "{user_id}");
			o->is_narrow = json_is_true(
			    json_object_get(op, "x-conversations"));
		}
	}
	json_decref(doc);
}

static const char *fill(struct world *w, const struct operation *o, int who)
{
	static const struct {
		const char *param, *prefix;
		char what;
	} params[] = {
	    {"{conversation_id}", "cnv", 'v'}, {"{message_id}", "msg", 'n'},
	    {"{contact_id}", "ctc", 'c'},      {"{invite_id}", "inv", 'i'},
	    {"{request_id}", "req", 'r'},      {"{file_id}", "fil", 'f'},
	    {"{token_id}", "tok", 't'},	       {"{webhook_id}", "whk", 'w'},
	    {"{job_id}", "job", 'j'}};
	static const char emoji[] = "{emoji}";
	const char *out = o->path;
	char *at = strstr(out, "{user_id}");

	if (at)
		out = fmt("%.*s%s%s", (int)(at - out), out,
			  text_id("usr", w->people[who].user.id),
			  at + strlen("{user_id}"));
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		at = strstr(out, params[i].param);
		if (at)
			out = fmt("%.*s%s%s", (int)(at - out), out,
				  text_id(params[i].prefix,
					  kit_uid(params[i].what, 1)),
				  at + strlen(params[i].param));
	}
	at = strstr(out, emoji);
	if (at)
		out = fmt("%.*s%%F0%%9F%%91%%8D", (int)(at - out), out);
	at = strstr(out, "{consumer}");
	return at ? fmt("%.*sbackup", (int)(at - out), out) : out;
}

/* One that is known by the id that fill() gives. */
static void make_webhook(struct world *w)
{
	const struct webhook_row row = {.id = kit_uid('w', 1),
					.url = "http://127.0.0.1:9000/",
					.secret = {.n = WEBHOOK_SECRET_MIN}};

	assert_ok(webhook_insert(w->people[ALICE].kit.store, &row));
	api_user_state_changed(w->api, w->people[ALICE].user.id);
}

/* Objects of alice's, by the ids that fill() gives. */
static void make_objects(struct world *w)
{
	struct effect message = kit_message_out(1, 1, "Hello");
	struct effect request = {.type = FX_SAVE_REQUEST};
	struct effect invite = {.type = FX_SAVE_INVITE,
				.invite = kit_invite(1)};
	const struct file_new file = {
	    .id = kit_uid('f', 1), .size = 1, .about = {.name = {"x"}}};
	struct blob_spec spec;

	make_webhook(w);
	assert_ok(
	    store_upload_create(w->people[ALICE].kit.store, &file, 1, &spec));
	message.message.id = kit_uid('n', 1);
	world_save(w, &message);
	request.request = kit_request(1);
	request.request.origin = REQUEST_AT_DOOR;
	request.request.state = REQUEST_PENDING;
	world_save(w, &request);
	invite.invite.flags = 0;
	world_save(w, &invite);
}

static bool is_scope(const struct operation *o, const char *scope)
{
	return strcmp(o->scope, scope) == 0;
}

static struct ask ask_of(struct world *w, const struct operation *o, int who)
{
	return (struct ask){
	    .method = o->method,
	    .target = fill(w, o, who),
	    .token = is_scope(o, "none") ? NULL : ADMIN,
	    .body = o->has_body ? "{\"no such field\":1}" : NULL,
	};
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of both, sorted. */
static char *sorted(char *text)
{
	char *lines[OPS_MAX], *save = NULL, *out;
	size_t count = 0, n = strlen(text) + 2, at = 0;

	for (char *l = strtok_r(text, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save))
		lines[count++] = l;
	qsort(lines, count, sizeof(lines[0]), by_text);
	out = calloc(1, n);
	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(out + at, n - at, "%s\n", lines[i]);
	return out;
}

static void test_routes(void **state)
{
	struct matrix m;
	char *have = NULL, *want = NULL, *a, *b;
	size_t n;
	FILE *out = open_memstream(&have, &n);

	(void)state;
	api_routes_print(out);
	fclose(out);
	load(&m);
	assert_int_equal(m.count, 106);
	out = open_memstream(&want, &n);
	for (size_t i = 0; i < m.count; i++)
		fprintf(out, "%s %s %s\n", m.ops[i].method, m.ops[i].path,
			m.ops[i].scope);
	fclose(out);
	a = sorted(have);
	b = sorted(want);
	assert_string_equal(a, b);
	free(a);
	free(b);
	free(have);
	free(want);
}

static void test_no_token(void **state)
{
	struct matrix m;
	struct world w;

	(void)state;
	load(&m);
	world_start(&w);
	for (size_t i = 0; i < m.count; i++) {
		struct ask ask = ask_of(&w, &m.ops[i], ALICE);

		if (is_scope(&m.ops[i], "none"))
			continue;
		ask.token = NULL;
		expect(&w, &ask, 401, "unauthorized");
		ask.token =
		    "umbel_ses_0123456789012345678901234567890123456789";
		expect(&w, &ask, 401, "unauthorized");
	}
	world_end(&w);
}

static void test_no_scope(void **state)
{
	struct matrix m;
	struct world w;
	const char *token;
	unsigned count = 0;

	(void)state;
	load(&m);
	world_start(&w);
	token = fmt("%s", login_all(&w));
	for (size_t i = 0; i < m.count; i++) {
		char copy[64];
		struct ask ask;

		if (!is_scope(&m.ops[i], "admin"))
			continue;
		snprintf(copy, sizeof(copy), "%s", token);
		ask = ask_of(&w, &m.ops[i], ALICE);
		ask.token = copy;
		expect(&w, &ask, 403, "forbidden_scope");
		count++;
	}
	assert_int_equal(count, 23);
	world_end(&w);
}

/* A method that the path has in no row; HEAD goes with GET. */
static void test_wrong_method(void **state)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH",
					      "DELETE"};
	struct matrix m;
	struct world w;
	struct call c;

	(void)state;
	load(&m);
	world_start(&w);
	for (size_t i = 0; i < m.count * ARRAY_SIZE(methods); i++) {
		const struct operation *o = &m.ops[i / ARRAY_SIZE(methods)];
		const char *method = methods[i % ARRAY_SIZE(methods)];
		struct ask ask = ask_of(&w, o, ALICE);
		bool is_there = false;

		for (size_t k = 0; k < m.count; k++)
			is_there |= strcmp(m.ops[k].path, o->path) == 0 &&
				    strcmp(m.ops[k].method, method) == 0;
		if (is_there)
			continue;
		ask.method = method;
		call_start(&c, &w, &ask);
		call_expect(&c, 405, "method_not_allowed");
		assert_non_null(strstr(c.headers, o->method));
		call_clear(&c);
	}
	world_end(&w);
}

static void test_wrong_bodies(void **state)
{
	struct matrix m;
	struct world w;
	char *big = malloc(API_BODY_MAX + 2);

	(void)state;
	memset(big, ' ', API_BODY_MAX + 1);
	big[API_BODY_MAX + 1] = '\0';
	load(&m);
	world_start(&w);
	for (size_t i = 0; i < m.count; i++) {
		struct ask ask = ask_of(&w, &m.ops[i], ALICE);

		if (m.ops[i].is_raw)
			continue;
		ask.body = "text=1";
		ask.type = "application/x-www-form-urlencoded";
		expect(&w, &ask, 415, "media_type");
		ask.type = "text/plain";
		expect(&w, &ask, 415, "media_type");
		ask.type = NULL;
		ask.body = big;
		expect(&w, &ask, 413, "too_large");
		ask.body = "{\"a\":1,}";
		expect(&w, &ask, 400, "bad_json");
	}
	free(big);
	world_end(&w);
}

static void test_unknown_fields(void **state)
{
	struct matrix m;
	struct world w;

	(void)state;
	load(&m);
	world_start(&w);
	make_objects(&w);
	for (size_t i = 0; i < m.count; i++) {
		struct ask ask = ask_of(&w, &m.ops[i], ALICE);

		if (m.ops[i].is_raw)
			continue;
		ask.body = "{\"no such field\":1}";
		expect(&w, &ask, 422, "\"pointer\":\"/no such field\"");
		if (m.ops[i].has_body)
			continue;
		ask.body = NULL;
		ask.target = fmt("%s?nosuch=1", ask.target);
		expect(&w, &ask, 422, "\"parameter\":\"nosuch\"");
	}
	world_end(&w);
}

static void test_others(void **state)
{
	struct matrix m;
	struct world w;
	char token[64];

	(void)state;
	load(&m);
	world_start(&w);
	make_objects(&w);
	snprintf(token, sizeof(token), "%s", login(&w, CAROL));
	for (size_t i = 0; i < m.count; i++) {
		struct ask ask = ask_of(&w, &m.ops[i], ALICE);
		struct uid nobody = kit_uid('x', 1);
		struct uid real = w.people[ALICE].user.id;
		bool is_admins = is_scope(&m.ops[i], "admin");
		struct call a, b;

		if (!m.ops[i].has_user)
			continue;
		ask.token = token;
		call_start(&a, &w, &ask);
		/* What no session may do is told before whom it is about. */
		if (is_admins)
			call_expect(&a, 403, "forbidden_scope");
		else
			call_expect(&a, 404, "not_found");
		/* The same, byte by byte, as for one who is not there. */
		w.people[ALICE].user.id = nobody;
		ask.target = fill(&w, &m.ops[i], ALICE);
		w.people[ALICE].user.id = real;
		call_start(&b, &w, &ask);
		assert_string_equal(call_text(&a), call_text(&b));
		call_clear(&a);
		call_clear(&b);
		/* Nor are alice's things below carol's own path. */
		ask.target = fill(&w, &m.ops[i], CAROL);
		if (strstr(strchr(m.ops[i].path, '}'), "_id}"))
			expect(&w, &ask, is_admins ? 403 : 404, NULL);
	}
	world_end(&w);
}

static void test_locked(void **state)
{
	struct matrix m;
	struct world w;

	(void)state;
	load(&m);
	world_start(&w);
	for (size_t i = 0; i < m.count; i++) {
		struct ask ask = ask_of(&w, &m.ops[i], BOB);

		if (strstr(m.ops[i].path, "{user_id}/") &&
		    !strstr(m.ops[i].path, "unlock") &&
		    !strstr(m.ops[i].path, "destroy") &&
		    !strstr(m.ops[i].path, "passphrase") &&
		    !strstr(m.ops[i].path, "duress"))
			expect(&w, &ask, 423, "user_locked");
	}
	world_end(&w);
}

/* Refused for what is asked, whoever asks it. */
static struct ask harmless(struct world *w, const struct operation *o, int who)
{
	struct ask ask = ask_of(w, o, who);

	if (!o->has_body)
		ask.target = fmt("%s?nosuch=1", ask.target);
	if (o->is_raw)
		ask.body = NULL;
	return ask;
}

/* All scopes but one, and the admin's, which holds them all. */
static const char *all_but(const char *scope)
{
	const char *out = "";

	for (size_t i = 1; scope_words[i]; i++)
		if (strcmp(scope_words[i], scope) != 0)
			out = fmt("%s%s%s", out, *out ? "\",\"" : "",
				  scope_words[i]);
	return out;
}

/* HOSTILE W-09: each operation with a token that may do all else, and with one
 * that may do nothing else. */
static void test_scopes(void **state)
{
	struct matrix m;
	struct world w;
	unsigned seen = 0;

	(void)state;
	load(&m);
	world_start(&w);
	for (size_t k = 0; scope_words[k]; k++) {
		char without[96], with[96];

		w.wall_ms++;
		snprintf(without, sizeof(without), "%s",
			 token_make(&w, ADMIN, all_but(scope_words[k]), ""));
		w.wall_ms++;
		snprintf(with, sizeof(with), "%s",
			 token_make(&w, ADMIN, scope_words[k], ""));
		for (size_t i = 0; i < m.count; i++) {
			struct ask ask = harmless(&w, &m.ops[i], ALICE);
			struct call c;

			if (!is_scope(&m.ops[i], scope_words[k]))
				continue;
			seen++;
			ask.token = without;
			expect(&w, &ask, 403, scope_words[k]);
			ask.token = with;
			call_start(&c, &w, &ask);
			assert_true(c.status >= 400 && c.status != 401 &&
				    c.status != 403);
			call_clear(&c);
		}
	}
	/* The others take no scope. */
	for (size_t i = 0; i < m.count; i++)
		seen +=
		    is_scope(&m.ops[i], "none") || is_scope(&m.ops[i], "any");
	assert_int_equal(seen, m.count);
	assert_int_equal(w.last.type, 0);
	world_end(&w);
}

static const char *narrow_token(struct world *w, uint32_t n)
{
	return token_make(w, ADMIN, fmt("%s\",\"admin", all_but("")),
			  fmt(",\"conversation_ids\":[\"%s\"]",
			      text_id("cnv", kit_uid('v', n))));
}

/* HOSTILE W-15: what is of another conversation is not there. */
static void test_other_conversations(void **state)
{
	struct matrix m;
	struct world w;
	char token[96];

	(void)state;
	load(&m);
	world_start(&w);
	make_objects(&w);
	snprintf(token, sizeof(token), "%s", narrow_token(&w, 2));
	for (size_t i = 0; i < m.count; i++) {
		const struct operation *o = &m.ops[i];
		struct ask ask = ask_of(&w, o, ALICE);
		bool is_object =
		    o->has_user && strchr(strchr(o->path, '}') + 1, '{');

		if (is_scope(o, "none") || (o->is_narrow && !is_object))
			continue;
		ask.token = token;
		if (o->is_narrow)
			expect(&w, &ask, 404, "not_found");
		else
			expect(&w, &ask, 403, "some conversations only");
	}
	assert_int_equal(w.last.type, 0);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_no_token),
	    cmocka_unit_test(test_no_scope),
	    cmocka_unit_test(test_wrong_method),
	    cmocka_unit_test(test_wrong_bodies),
	    cmocka_unit_test(test_unknown_fields),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_locked),
	    cmocka_unit_test(test_scopes),
	    cmocka_unit_test(test_other_conversations),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
