/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

#include "api_kit.h"
#include "check.h"

static const char *start_export(struct world *w)
{
	const char *target = alice(w, "/export");
	struct ask ask = {.method = "POST",
			  .target = target,
			  .token = ADMIN,
			  .body = "{\"passphrase\":\"long enough\"}"};
	const char *id;
	struct call c;

	call_start(&c, w, &ask);
	call_expect(&c, 202, "\"kind\":\"export\"");
	id = fmt("/v1/jobs/%s", call_string(&c, "id"));
	assert_string_equal(c.location, id);
	call_clear(&c);
	return id;
}

static const char *file_of(struct world *w, const char *job)
{
	return fmt("%s/%s", w->people[CAROL].kit.dir, strrchr(job, '/') + 1);
}

static void an_export(void **state)
{
	struct world w;
	const char *job, *content;
	struct ask part = {
	    .method = "GET", .token = ADMIN, .range = "bytes=4-"};

	(void)state;
	world_start(&w);
	w.is_manual = true;
	post(&w, alice(&w, "/export"), "{\"passphrase\":\"short\"}", 422,
	     "/passphrase");
	job = start_export(&w);
	assert_true(w.exported.with_files);
	content = fmt("%s/content", job);
	get(&w, job, 200, "\"state\":\"running\",\"percent\":42");
	get(&w, content, 409, "conflict");
	world_commit(&w);
	get(&w, job, 200, "\"state\":\"done\",\"percent\":100");
	get(&w, job, 200, fmt("\"size\":%zu", strlen(EXPORTED)));
	get(&w, content, 200, EXPORTED);
	part.target = content;
	expect(&w, &part, 206, &EXPORTED[4]);
	part.range = "bytes=4000-";
	expect(&w, &part, 416, "range");
	/* An hour after it was fetched it is gone. */
	w.mono_ms = api_deadline(w.api) - 1;
	api_tick(w.api);
	get(&w, job, 200, "done");
	w.mono_ms++;
	api_tick(w.api);
	get(&w, job, 404, "not_found");
	assert_int_equal(access(file_of(&w, job), F_OK), -1);
	world_end(&w);
}

static void without_files(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	post(&w, alice(&w, "/export"),
	     "{\"passphrase\":\"long enough\",\"with_files\":false}", 202,
	     "export");
	assert_false(w.exported.with_files);
	world_end(&w);
}

static void failing(void **state)
{
	static const struct {
		enum err e;
		const char *code;
	} ends[] = {{ERR_NO_SPACE, "no_space"},	    {ERR_IO, "store_busy"},
		    {ERR_CORRUPT, "damaged"},	    {ERR_SHORT, "damaged"},
		    {ERR_AUTH, "wrong_passphrase"}, {ERR_VERSION, "invalid"},
		    {ERR_SYNTAX, "invalid"},	    {ERR_EXISTS, "conflict"},
		    {ERR_FULL, "conflict"}};
	struct world w;

	(void)state;
	world_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *job;

		w.fails = ends[i].e;
		job = start_export(&w);
		get(&w, job, 200, "\"state\":\"failed\"");
		get(&w, job, 200, fmt("\"code\":\"%s\"", ends[i].code));
		get(&w, fmt("%s/content", job), 409, "conflict");
		/* An hour for the answer. */
		w.mono_ms += 60 * 60 * 1000;
		api_tick(w.api);
		get(&w, job, 404, "not_found");
	}
	world_end(&w);
}

static void cancelling(void **state)
{
	struct world w;
	const char *job;

	(void)state;
	world_start(&w);
	w.is_manual = true;
	job = start_export(&w);
	del(&w, job, 204, NULL);
	world_commit(&w);
	get(&w, job, 200, "\"state\":\"cancelled\"");
	/* What is at its end is forgotten. */
	del(&w, job, 204, NULL);
	get(&w, job, 404, "not_found");
	job = start_export(&w);
	world_commit(&w);
	assert_int_equal(access(file_of(&w, job), F_OK), 0);
	del(&w, job, 204, NULL);
	assert_int_equal(access(file_of(&w, job), F_OK), -1);
	world_end(&w);
}

/* A locked user's key is nowhere, so what works with it ends. */
static void locking_ends_it(void **state)
{
	struct world w;
	const char *job;

	(void)state;
	world_start(&w);
	w.is_manual = true;
	job = start_export(&w);
	world_lock(&w, ALICE);
	world_commit(&w);
	get(&w, job, 200, "\"state\":\"cancelled\"");
	world_end(&w);
}

/* Whoever is emptied, under duress or for good, leaves no export behind. */
static void emptying_drops_them(void **state)
{
	struct world w;
	char done[64], running[64];

	(void)state;
	world_start(&w);
	w.is_manual = true;
	snprintf(done, sizeof(done), "%s", start_export(&w));
	world_commit(&w);
	snprintf(running, sizeof(running), "%s", start_export(&w));
	assert_int_equal(access(file_of(&w, done), F_OK), 0);
	api_user_emptied(w.api, w.people[ALICE].user.id);
	get(&w, done, 404, "not_found");
	assert_int_equal(access(file_of(&w, done), F_OK), -1);
	world_commit(&w);
	get(&w, running, 200, "\"state\":\"cancelled\"");
	assert_int_equal(access(file_of(&w, running), F_OK), -1);
	world_end(&w);
}

static void too_many(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	w.is_manual = true;
	for (int i = 0; i < 16; i++)
		start_export(&w);
	post(&w, alice(&w, "/export"), "{\"passphrase\":\"long enough\"}", 503,
	     "store_busy");
	world_commit(&w);
	/* Now the oldest makes room. */
	start_export(&w);
	world_end(&w);
}

static const char *bring(struct world *w, const char *body)
{
	struct ask ask = {.method = "POST",
			  .target = "/v1/users/import",
			  .token = ADMIN,
			  .type = "application/octet-stream",
			  .body = body};
	const char *id;
	struct call c;

	call_start(&c, w, &ask);
	call_expect(&c, 202, "\"state\":\"waiting\"");
	id = fmt("/v1/jobs/%s", call_string(&c, "id"));
	call_clear(&c);
	return id;
}

static void an_import(void **state)
{
	struct world w;
	const char *job;

	(void)state;
	world_start(&w);
	job = bring(&w, EXPORTED);
	patch(&w, job, "{\"name\":\"alice2\"}", 422, "/passphrase");
	patch(&w, job, "{\"passphrase\":\"long enough\",\"name\":\"alice2\"}",
	      202, "\"kind\":\"import\"");
	assert_string_equal(w.imported.name.s, "alice2");
	get(&w, job, 200, "\"state\":\"done\"");
	get(&w, job, 200, text_id("usr", w.imported.id));
	assert_int_equal(access(file_of(&w, job), F_OK), -1);
	patch(&w, job, "{\"passphrase\":\"long enough\"}", 409, "conflict");
	get(&w, fmt("%s/content", job), 409, "conflict");
	/* Nothing stays of one that is not wanted any more. */
	job = bring(&w, EXPORTED);
	assert_int_equal(access(file_of(&w, job), F_OK), 0);
	del(&w, job, 204, NULL);
	assert_int_equal(access(file_of(&w, job), F_OK), -1);
	/* Nor of one that never gets its passphrase. */
	job = bring(&w, EXPORTED);
	w.mono_ms += 24 * 60 * 60 * 1000;
	api_tick(w.api);
	get(&w, job, 404, "not_found");
	assert_int_equal(access(file_of(&w, job), F_OK), -1);
	world_end(&w);
}

/* What can be mended is tried again with the bytes that are there. */
static void an_import_again(void **state)
{
	static const struct {
		enum err e;
		bool can_again;
	} ends[] = {{ERR_AUTH, true},	  {ERR_EXISTS, true},
		    {ERR_FULL, true},	  {ERR_NO_SPACE, true},
		    {ERR_IO, true},	  {ERR_SHORT, false},
		    {ERR_SYNTAX, false},  {ERR_RANGE, false},
		    {ERR_CORRUPT, false}, {ERR_VERSION, false}};
	static const char body[] = "{\"passphrase\":\"long enough\"}";
	struct world w;

	(void)state;
	world_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *job = bring(&w, EXPORTED);
		bool can = ends[i].can_again;

		w.fails = ends[i].e;
		patch(&w, job, body, 202, "import");
		get(&w, job, 200, "\"state\":\"failed\"");
		assert_int_equal(access(file_of(&w, job), F_OK), can ? 0 : -1);
		get(&w, fmt("%s/content", job), 409, "conflict");
		w.fails = OK;
		patch(&w, job, body, can ? 202 : 409,
		      can ? "\"problem\":null" : "conflict");
		get(&w, job, 200, can ? "\"state\":\"done\"" : "failed");
		assert_int_equal(access(file_of(&w, job), F_OK), -1);
	}
	world_end(&w);
}

/* It does not stay for ever: a day, or until somebody says so, or needs the
 * place. */
static void what_failed_goes(void **state)
{
	static const char body[] = "{\"passphrase\":\"not it\"}";
	struct world w;
	const char *job;

	(void)state;
	world_start(&w);
	w.fails = ERR_AUTH;
	job = bring(&w, EXPORTED);
	patch(&w, job, body, 202, "import");
	w.mono_ms += 23 * 60 * 60 * 1000;
	api_tick(w.api);
	patch(&w, job, body, 202, "import");
	w.mono_ms += 24 * 60 * 60 * 1000 - 1;
	api_tick(w.api);
	get(&w, job, 200, "wrong_passphrase");
	assert_int_equal(access(file_of(&w, job), F_OK), 0);
	w.mono_ms++;
	api_tick(w.api);
	get(&w, job, 404, "not_found");
	assert_int_equal(access(file_of(&w, job), F_OK), -1);
	job = bring(&w, EXPORTED);
	patch(&w, job, body, 202, "import");
	del(&w, job, 204, NULL);
	assert_int_equal(access(file_of(&w, job), F_OK), -1);
	job = bring(&w, EXPORTED);
	patch(&w, job, body, 202, "import");
	w.is_manual = true;
	for (int i = 0; i < 16; i++)
		start_export(&w);
	get(&w, job, 404, "not_found");
	assert_int_equal(access(file_of(&w, job), F_OK), -1);
	world_end(&w);
}

/* Its client goes away in the middle. */
static void a_cut_import(void **state)
{
	const struct gate_request head = {
	    .method = GATE_POST,
	    .listener = GATE_TCP,
	    .content_length = 100,
	    .target = bytes_of("/v1/users/import", 16),
	    .authorization = bytes_of("Bearer " ADMIN, strlen("Bearer " ADMIN)),
	};
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	call_start_head(&c, &w, &head, bytes_of("half", 4), 2);
	assert_false(c.is_headed);
	call_clear(&c);
	/* world_end() finds the folder empty. */
	world_end(&w);
}

static void who_may_see_it(void **state)
{
	struct world w;
	const char *job, *import, *hers, *all;
	struct ask ask = {.method = "GET"};

	(void)state;
	world_start(&w);
	job = start_export(&w);
	import = bring(&w, EXPORTED);
	hers = login(&w, ALICE);
	ask.token = hers;
	ask.target = job;
	expect(&w, &ask, 200, "done");
	ask.target = import;
	expect(&w, &ask, 404, "not_found");
	ask.token = login(&w, CAROL);
	ask.target = job;
	expect(&w, &ask, 404, "not_found");
	all = login_all(&w);
	ask.token = all;
	expect(&w, &ask, 200, "done");
	ask.target = import;
	expect(&w, &ask, 200, "waiting");
	/* Its bytes are the admin's. */
	ask.target = fmt("%s/content", job);
	expect(&w, &ask, 403, "forbidden_scope");
	world_end(&w);
}

static void the_end_of_a_user(void **state)
{
	struct world w;
	const char *target, *token, *job;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;

	(void)state;
	world_start(&w);
	token = login(&w, ALICE);
	target = alice(&w, "/destroy");
	post(&w, target, "{\"passphrase\":\"" PASSPHRASE "\"}", 422,
	     "/confirm_name");
	post(&w, target,
	     "{\"passphrase\":\"" PASSPHRASE "\",\"confirm_name\":\"carol\"}",
	     422, "mismatch");
	post(&w, target,
	     "{\"passphrase\":\"wrong\",\"confirm_name\":\"alice\"}", 401,
	     "wrong_passphrase");
	ask.target = target;
	ask.body =
	    "{\"passphrase\":\"" PASSPHRASE "\",\"confirm_name\":\"alice\"}";
	call_start(&c, &w, &ask);
	call_expect(&c, 202, "\"kind\":\"destroy\",\"state\":\"done\"");
	job = fmt("/v1/jobs/%s", call_string(&c, "id"));
	call_clear(&c);
	get(&w, job, 200, text_id("usr", w.people[ALICE].user.id));
	get(&w, alice(&w, "%s", ""), 404, "not_found");
	/* Who was in is out. */
	ask = (struct ask){
	    .method = "GET", .target = "/v1/session", .token = token};
	expect(&w, &ask, 401, "unauthorized");
	post(&w, target,
	     "{\"passphrase\":\"" PASSPHRASE "\",\"confirm_name\":\"alice\"}",
	     404, "not_found");
	world_end(&w);
}

/* Guessing has the price that it has for unlocking. */
static void guessing(void **state)
{
	struct world w;
	const char *body =
	    "{\"passphrase\":\"wrong\",\"confirm_name\":\"alice\"}";

	(void)state;
	world_start(&w);
	for (int i = 0; i < 5; i++)
		post(&w, alice(&w, "/destroy"), body, 401, "wrong_passphrase");
	post(&w, alice(&w, "/destroy"), body, 429, "rate_limited");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_export),
	    cmocka_unit_test(without_files),
	    cmocka_unit_test(failing),
	    cmocka_unit_test(cancelling),
	    cmocka_unit_test(locking_ends_it),
	    cmocka_unit_test(emptying_drops_them),
	    cmocka_unit_test(too_many),
	    cmocka_unit_test(an_import),
	    cmocka_unit_test(an_import_again),
	    cmocka_unit_test(what_failed_goes),
	    cmocka_unit_test(a_cut_import),
	    cmocka_unit_test(who_may_see_it),
	    cmocka_unit_test(the_end_of_a_user),
	    cmocka_unit_test(guessing),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
