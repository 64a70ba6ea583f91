/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tokens by themselves: their text, what ends them, how often, their file.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api/token.h"
#include "api/token_file.h"
#include "check.h"

#define NOW UINT64_C(1800000000000)

static struct uid id_of(uint8_t n)
{
	struct uid id = {{1, 2, 3}};

	id.b[15] = n;
	return id;
}

/* The n-th token, and its text. */
static struct token *add(struct tokens *t, uint8_t n, char text[TOKEN_TEXT + 1])
{
	struct token *one = xcalloc(1, sizeof(*one));
	uint8_t random[32] = {n};

	one->id = id_of(n);
	one->name.s[0] = 'n';
	one->scopes = SCOPE_MESSAGES_SEND;
	one->users = xcalloc(1, sizeof(struct uid));
	one->conversations = xcalloc(1, sizeof(struct uid));
	one->created_ms = NOW;
	token_name_secret(one, random, text);
	assert_true(tokens_put(t, one));
	return one;
}

static bool is_found(const struct tokens *t, const char *text)
{
	return tokens_find(t, bytes_of(text, strlen(text)), NOW) != NULL;
}

/* HOSTILE L-02 */
static void test_texts(void **state)
{
	char text[TOKEN_TEXT + 1], other[TOKEN_TEXT + 1], bad[TOKEN_TEXT + 8];
	struct tokens t = {NULL, 0};
	struct token *one;

	(void)state;
	add(&t, 2, other);
	one = add(&t, 1, text);
	assert_int_equal(strlen(text), 80);
	assert_memory_equal(text, "umbel_tok_", 10);
	assert_true(is_found(&t, text) && is_found(&t, other));
	/* Any other character in any place. */
	for (size_t i = 0; i < TOKEN_TEXT; i++) {
		memcpy(bad, text, sizeof(text));
		bad[i] = text[i] == 'b' ? 'c' : 'b';
		assert_false(is_found(&t, bad));
	}
	for (size_t n = 0; n < TOKEN_TEXT; n++)
		assert_null(tokens_find(&t, bytes_of(text, n), NOW));
	snprintf(bad, sizeof(bad), "%sA", text);
	assert_false(is_found(&t, bad));
	snprintf(bad, sizeof(bad), "umbel_ses_%s", text + 10);
	assert_false(is_found(&t, bad));
	/* The secret of one with the id of another. */
	memcpy(bad, text, sizeof(text));
	memcpy(bad + 10, other + 10, 26);
	assert_false(is_found(&t, bad));
	one->is_revoked = true;
	assert_false(is_found(&t, text));
	tokens_clear(&t);
	assert_false(is_found(&t, other));
}

static void test_end(void **state)
{
	char text[TOKEN_TEXT + 1];
	struct tokens t = {NULL, 0};
	struct token *one = add(&t, 1, text);

	(void)state;
	assert_true(tokens_next_end(&t, NOW) == UINT64_MAX);
	one->expires_ms = NOW + 1;
	assert_true(tokens_next_end(&t, NOW) == NOW + 1);
	assert_true(is_found(&t, text));
	one->expires_ms = NOW;
	assert_false(is_found(&t, text));
	assert_true(tokens_next_end(&t, NOW) == UINT64_MAX);
	tokens_clear(&t);
}

static void test_revoking(void **state)
{
	char text[TOKEN_TEXT + 1];
	struct tokens t = {NULL, 0};
	struct uid first = id_of(5), other = id_of(6);

	(void)state;
	/* 5 made 2, 2 made 9, 9 made 1; 6 made 3. */
	add(&t, 5, text);
	add(&t, 6, text);
	add(&t, 2, text)->maker = first;
	add(&t, 9, text)->maker = id_of(2);
	add(&t, 1, text)->maker = id_of(9);
	add(&t, 3, text)->maker = other;
	for (size_t i = 1; i < t.count; i++)
		assert_true(memcmp(&t.list[i - 1]->id, &t.list[i]->id,
				   sizeof(struct uid)) < 0);
	tokens_revoke(&t, &first);
	assert_int_equal(t.count, 6);
	assert_false(token_is_live(tokens_get(&t, &first), NOW));
	tokens_sweep(&t);
	assert_int_equal(t.count, 2);
	assert_true(token_is_live(tokens_get(&t, &other), NOW));
	tokens_drop(&t, &other);
	tokens_drop(&t, &other);
	assert_int_equal(t.count, 1);
	tokens_clear(&t);
}

/* A chain, and a bunch: each of those above has them all below it. */
static void test_below(void **state)
{
	char text[TOKEN_TEXT + 1];
	struct tokens t = {NULL, 0};
	const struct uid one = id_of(1), two = id_of(2), three = id_of(3);
	struct token *last = NULL;

	(void)state;
	add(&t, 1, text);
	add(&t, 2, text)->maker = one;
	add(&t, 3, text);
	for (unsigned n = 0; n < TOKENS_BELOW_MAX - 1; n++) {
		assert_true(tokens_may_make(&t, tokens_get(&t, &two), NOW));
		last = add(&t, (uint8_t)(10 + n), text);
		last->maker = n % 2 ? two : id_of((uint8_t)(n ? 9 + n : 2));
	}
	assert_ptr_equal(tokens_first(&t, last), tokens_get(&t, &one));
	/* 1 has 64 of them, 2 has 63. */
	assert_false(tokens_may_make(&t, tokens_get(&t, &one), NOW));
	assert_false(tokens_may_make(&t, tokens_get(&t, &two), NOW));
	assert_false(tokens_may_make(&t, last, NOW));
	assert_true(tokens_may_make(&t, tokens_get(&t, &three), NOW));
	assert_true(tokens_may_make(&t, NULL, NOW));
	last->expires_ms = NOW;
	assert_true(tokens_may_make(&t, tokens_get(&t, &two), NOW));
	last->expires_ms = 0;
	tokens_revoke(&t, &last->id);
	assert_true(tokens_may_make(&t, tokens_get(&t, &two), NOW));
	/* A file that says that two made each other ends nowhere. */
	tokens_get(&t, &one)->maker = two;
	(void)tokens_may_make(&t, tokens_get(&t, &two), NOW);
	assert_non_null(tokens_first(&t, tokens_get(&t, &two)));
	tokens_clear(&t);
}

static void test_room(void **state)
{
	char text[TOKEN_TEXT + 1];
	struct tokens t = {NULL, 0};
	struct token *more = xcalloc(1, sizeof(*more));
	struct uid five = id_of(5);

	(void)state;
	for (unsigned n = 0; n < TOKENS_MAX; n++) {
		assert_true(tokens_make_room(&t, NOW));
		add(&t, (uint8_t)n, text);
	}
	assert_false(tokens_make_room(&t, NOW));
	more->id.b[0] = 9;
	assert_false(tokens_put(&t, more));
	tokens_get(&t, &five)->expires_ms = NOW;
	assert_true(tokens_make_room(&t, NOW));
	assert_null(tokens_get(&t, &five));
	assert_int_equal(t.count, TOKENS_MAX - 1);
	more->id = id_of(6);
	assert_false(tokens_put(&t, more));
	token_free(more);
	tokens_clear(&t);
}

/* How many calls it gets at one time. */
static unsigned count(struct tokens *t, struct token *one, enum token_rate rate,
		      unsigned limit)
{
	uint64_t wait_ms = 0;
	unsigned n = 0;

	while (n < 100 && token_take(t, one, rate, limit, 1000000, &wait_ms))
		n++;
	assert_true(n == 100 || wait_ms > 0);
	return n;
}

static void test_rates(void **state)
{
	char text[TOKEN_TEXT + 1];
	struct tokens t = {NULL, 0};
	struct token *one, *two, *three;

	(void)state;
	one = add(&t, 1, text);
	assert_int_equal(count(&t, one, TOKEN_CALLS, 0), 100);
	assert_int_equal(count(&t, one, TOKEN_CALLS, 30), 30);
	two = add(&t, 2, text);
	two->per_minute = 20;
	assert_int_equal(count(&t, two, TOKEN_CALLS, 30), 20);
	assert_int_equal(count(&t, two, TOKEN_SENDS, 10), 10);
	/* What it makes does not multiply what it has. */
	two = add(&t, 3, text);
	two->per_minute = 20;
	three = add(&t, 4, text);
	three->maker = two->id;
	three->per_minute = 15;
	assert_int_equal(count(&t, three, TOKEN_CALLS, 0), 15);
	three = add(&t, 5, text);
	three->maker = two->id;
	three->per_minute = 15;
	assert_int_equal(count(&t, three, TOKEN_CALLS, 0), 5);
	assert_int_equal(count(&t, two, TOKEN_CALLS, 0), 0);
	/* Nor what anybody has. */
	two = add(&t, 7, text);
	three = add(&t, 8, text);
	three->maker = two->id;
	assert_int_equal(count(&t, three, TOKEN_CALLS, 30), 30);
	three = add(&t, 9, text);
	three->maker = two->id;
	assert_int_equal(count(&t, three, TOKEN_CALLS, 30), 0);
	/* A file may say that two made each other. */
	one->maker = id_of(6);
	add(&t, 6, text)->maker = one->id;
	assert_int_equal(count(&t, tokens_get(&t, &one->maker), TOKEN_SENDS, 7),
			 7);
	tokens_clear(&t);
}

static void test_use(void **state)
{
	char text[TOKEN_TEXT + 1];
	struct tokens t = {NULL, 0};
	struct token *one = add(&t, 1, text);
	uint64_t hour = NOW - NOW % TOKEN_USE_MS;

	(void)state;
	assert_true(token_use(one, hour + 5));
	assert_true(one->used_ms == hour);
	assert_false(token_use(one, hour + TOKEN_USE_MS - 1));
	assert_true(token_use(one, hour + TOKEN_USE_MS));
	tokens_clear(&t);
}

static void fill(struct tokens *t)
{
	char text[TOKEN_TEXT + 1];
	struct token *one = add(t, 1, text);

	snprintf(one->name.s, sizeof(one->name.s), "a \"b\" \xc3\xa9");
	one->scopes = SCOPE_ADMIN | SCOPE_TOKENS_CREATE | SCOPE_EVENTS_READ;
	one->users[0] = id_of(20);
	one->user_count = 1;
	one->expires_ms = NOW + 5;
	one->used_ms = NOW - 7;
	one->per_minute = 60;
	one = add(t, 2, text);
	one->maker = id_of(1);
	one->conversations[0] = id_of(21);
	one->conversation_count = 1;
	add(t, 3, text)->is_revoked = true;
}

static void assert_same(const struct token *a, const struct token *b)
{
	assert_memory_equal(&a->id, &b->id, sizeof(a->id));
	assert_memory_equal(&a->maker, &b->maker, sizeof(a->maker));
	assert_memory_equal(&a->hash, &b->hash, sizeof(a->hash));
	assert_string_equal(a->name.s, b->name.s);
	assert_int_equal(a->scopes, b->scopes);
	assert_int_equal(a->user_count, b->user_count);
	assert_memory_equal(a->users, b->users,
			    a->user_count * sizeof(struct uid));
	assert_int_equal(a->conversation_count, b->conversation_count);
	assert_memory_equal(a->conversations, b->conversations,
			    a->conversation_count * sizeof(struct uid));
	assert_true(a->created_ms == b->created_ms);
	assert_true(a->expires_ms == b->expires_ms);
	assert_true(a->used_ms == b->used_ms);
	assert_int_equal(a->per_minute, b->per_minute);
}

static void test_file(void **state)
{
	struct tokens t = {NULL, 0}, back = {NULL, 0};
	struct buf text;

	(void)state;
	buf_init(&text, TOKEN_FILE_MAX);
	token_file_write(&t, &text);
	assert_ok(token_file_read(buf_view(&text), &back));
	assert_int_equal(back.count, 0);
	fill(&t);
	token_file_write(&t, &text);
	assert_ok(token_file_read(buf_view(&text), &back));
	assert_int_equal(back.count, 2);
	assert_same(t.list[0], back.list[0]);
	assert_same(t.list[1], back.list[1]);
	buf_clear(&text);
	tokens_clear(&t);
	tokens_clear(&back);
}

static void test_damage(void **state)
{
	struct tokens t = {NULL, 0}, back = {NULL, 0};
	struct buf text;

	(void)state;
	buf_init(&text, TOKEN_FILE_MAX);
	fill(&t);
	token_file_write(&t, &text);
	tokens_clear(&t);
	for (size_t n = 0; n < text.len; n++)
		assert_err(token_file_read(bytes_of(text.data, n), &back),
			   ERR_CORRUPT);
	for (size_t i = 0; i < text.len; i++) {
		enum err e;

		text.data[i] ^= 1;
		e = token_file_read(buf_view(&text), &back);
		assert_true(e == ERR_CORRUPT || e == ERR_VERSION);
		assert_int_equal(back.count, 0);
		text.data[i] ^= 1;
	}
	assert_ok(buf_put(&text, " ", 1));
	assert_err(token_file_read(buf_view(&text), &back), ERR_CORRUPT);
	memcpy(text.data, "umbel tokens 2 ", 15);
	assert_err(token_file_read(buf_view(&text), &back), ERR_VERSION);
	buf_clear(&text);
}

/* With a checksum that fits. */
static enum err read_text(const char *json)
{
	struct tokens t = {NULL, 0};
	uint8_t hash[16];
	char hex[33], *text;
	enum err e;

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)json,
			   strlen(json), NULL, 0);
	hex_encode(hash, sizeof(hash), hex);
	text = xasprintf("umbel tokens 1 %s\n%s", hex, json);
	e = token_file_read(bytes_of(text, strlen(text)), &t);
	free(text);
	tokens_clear(&t);
	return e;
}

static void test_nonsense(void **state)
{
	static const char id[] = "tok_00000000000000000000000001";
	static const char form[] =
	    "{\"id\":\"%s\",\"maker\":null,\"name\":\"%s\",\"hash\":\"%s\","
	    "\"scopes\":[%s],\"users\":%s,\"conversations\":[],"
	    "\"created_ms\":1,\"expires_ms\":%s,\"used_ms\":0,"
	    "\"per_minute\":%s}";
	char hash[65], *good;
	static const struct {
		const char *name, *scopes, *users, *end, *rate;
	} bad[] = {
	    {"", "\"admin\"", "[]", "0", "0"},
	    {"\\n", "\"admin\"", "[]", "0", "0"},
	    {"n", "", "[]", "0", "0"},
	    {"n", "\"calls\"", "[]", "0", "0"},
	    {"n", "1", "[]", "0", "0"},
	    {"n", "\"admin\"", "{}", "0", "0"},
	    {"n", "\"admin\"", "[\"usr_1\"]", "0", "0"},
	    {"n", "\"admin\"", "[]", "-1", "0"},
	    {"n", "\"admin\"", "[]", "\"0\"", "0"},
	    {"n", "\"admin\"", "[]", "0", "60001"},
	};

	(void)state;
	memset(hash, 'a', 64);
	hash[64] = '\0';
	good = xasprintf(form, id, "n", hash, "\"admin\"", "[]", "0", "0");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *one =
		    xasprintf(form, id, bad[i].name, hash, bad[i].scopes,
			      bad[i].users, bad[i].end, bad[i].rate);
		char *list = xasprintf("[%s]", one);

		assert_err(read_text(list), ERR_CORRUPT);
		free(list);
		free(one);
	}
	assert_err(read_text(good), ERR_CORRUPT);
	assert_ok(read_text("[]"));
	for (unsigned twice = 0; twice < 2; twice++) {
		char *list = xasprintf("[%s%s%s]", good, twice ? "," : "",
				       twice ? good : "");

		assert_err(read_text(list), twice ? ERR_CORRUPT : OK);
		free(list);
	}
	assert_err(read_text("[1]"), ERR_CORRUPT);
	assert_err(read_text(""), ERR_CORRUPT);
	free(good);
}

static void test_scope_names(void **state)
{
	(void)state;
	assert_string_equal(scope_name(SCOPE_NONE), "none");
	assert_string_equal(scope_name(SCOPE_ANY), "any");
	assert_string_equal(scope_name(SCOPE_ADMIN), "admin");
	assert_string_equal(scope_name(SCOPE_USERS_READ), "users:read");
	assert_string_equal(scope_name(SCOPE_FILES_WRITE), "files:write");
	assert_string_equal(scope_name(SCOPE_LAST), "tokens:create");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts),    cmocka_unit_test(test_end),
	    cmocka_unit_test(test_revoking), cmocka_unit_test(test_room),
	    cmocka_unit_test(test_rates),    cmocka_unit_test(test_use),
	    cmocka_unit_test(test_file),     cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_nonsense), cmocka_unit_test(test_scope_names),
	    cmocka_unit_test(test_below),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
