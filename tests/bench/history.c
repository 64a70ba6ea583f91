/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * history - a long life in a minute: contacts and messages for a user whose
 * daemon is not running.
 *
 *     history FOLDER PASSPHRASE MESSAGES [--one] [--index]
 *
 * FOLDER is the user's (DATA/users/usr_...), and new.  There are 300 contacts,
 * of whom the n-th writes as often as 1/n; words as well, of 50,000, are the
 * rarer the greater their number.  The same numbers give the same texts.
 * --one: there is one contact, and a text begins with its number.
 * --index: makes the index of a search too, and says how long that takes.
 * The last line: the database's size, the index's, in bytes.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "store/keyfile.h"
#include "store/store.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	CONTACTS = 300,
	WORDS = 50000,
	TEXT_BYTES = 200, /* on average */
	LOT = 1000,
	ONE_IN_FIVE = 5, /* is ours */
};

#define FIRST_MS UINT64_C(1700000000000)
#define STEP_MS	 UINT64_C(30000)

struct life {
	struct store *store;
	uint64_t seed;
	size_t contacts;
	uint64_t in[CONTACTS], out[CONTACTS]; /* how many */
};

static void must(enum err e, const char *what)
{
	if (e == OK)
		return;
	fprintf(stderr, "history: %s: %s\n", what, err_str(e));
	exit(1);
}

/* splitmix64 */
static uint64_t draw(struct life *l)
{
	uint64_t z = l->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. n - 1; the k-th as often as 1/k. */
static size_t draw_rank(struct life *l, size_t n)
{
	double u = (double)(draw(l) >> 11) / 9007199254740992.0;
	size_t rank = (size_t)pow((double)n, u) - 1;

	return rank < n ? rank : n - 1;
}

/* Two syllables or more; million.py has the same. */
static size_t put_word(char *out, size_t n)
{
	static const char first[] = "bcdfghjklmnprstvwxyz", second[] = "aeiou";
	size_t at = 0, i;

	for (i = 0; i < 2 || n > 0; i++, n /= 100) {
		out[at++] = first[n % 20];
		out[at++] = second[n / 20 % 5];
	}
	return at;
}

static size_t put_text(struct life *l, uint64_t n, char out[static TEXT_MAX])
{
	size_t want = 20 + draw(l) % (2 * TEXT_BYTES - 40), at = 0;

	if (l->contacts == 1)
		at = (size_t)snprintf(out, TEXT_MAX, "%" PRIu64, n);
	while (at < want) {
		if (at > 0)
			out[at++] = ' ';
		at += put_word(out + at, draw_rank(l, WORDS));
	}
	return at;
}

static struct uid make_uid(char what, uint64_t n)
{
	struct uid id = {{0}};

	id.b[0] = (uint8_t)what;
	for (int i = 0; i < 8; i++)
		id.b[8 + i] = (uint8_t)(n >> (56 - 8 * i));
	return id;
}

static void put(struct life *l, const struct effect *e)
{
	must(store_apply(l->store, e, FIRST_MS), "apply");
}

static void put_contact(struct life *l, size_t n)
{
	struct effect e = {.type = FX_SAVE_CONTACT,
			   .contact = {.id = make_uid('c', n + 1),
				       .conversation_id = make_uid('v', n + 1),
				       .state = CONTACT_ACTIVE,
				       .created_ms = FIRST_MS,
				       .n = {.send_next = l->out[n] + 1,
					     .send_high = l->out[n],
					     .peer_acked = l->out[n],
					     .recv_next = l->in[n] + 1}}};
	struct contact_row *c = &e.contact;

	snprintf(c->name.s, sizeof(c->name.s), "Contact %zu", n + 1);
	randombytes_buf(&c->my_static, sizeof(c->my_static));
	randombytes_buf(&c->peer_static, sizeof(c->peer_static));
	randombytes_buf(&c->psk, sizeof(c->psk));
	randombytes_buf(&c->my_cell, sizeof(c->my_cell));
	randombytes_buf(&c->peer_cell, sizeof(c->peer_cell));
	randombytes_buf(&c->my_auth, sizeof(c->my_auth));
	put(l, &e);
}

static void put_message(struct life *l, uint64_t n)
{
	size_t who = draw_rank(l, l->contacts);
	bool in = draw(l) % ONE_IN_FIVE != 0;
	char text[TEXT_MAX];
	struct effect e = {
	    .type = FX_SAVE_MESSAGE,
	    .message = {.id = make_uid('m', n),
			.contact_id = make_uid('c', who + 1),
			.dir = in ? MESSAGE_IN : MESSAGE_OUT,
			.state = in ? MESSAGE_RECEIVED : MESSAGE_READ,
			.seq = in ? ++l->in[who] : ++l->out[who],
			.kind = MESSAGE_TEXT,
			.sent_ms = FIRST_MS + n * STEP_MS,
			.received_ms = in ? FIRST_MS + n * STEP_MS : 0}};

	e.message.body = bytes_of(text, put_text(l, n, text));
	memcpy(e.message.mid.b, e.message.id.b, sizeof(e.message.mid.b));
	if (!in)
		e.message.client_id = make_uid('k', n);
	put(l, &e);
}

static void live(struct life *l, uint64_t count)
{
	uint64_t n;

	must(store_begin(l->store), "begin");
	for (n = 0; n < l->contacts; n++)
		put_contact(l, n);
	for (n = 1; n <= count; n++) {
		put_message(l, n);
		if (n % LOT != 0)
			continue;
		must(store_commit(l->store), "commit");
		must(store_begin(l->store), "begin");
	}
	for (n = 0; n < l->contacts; n++)
		put_contact(l, n);
	must(store_commit(l->store), "commit");
}

static void make_index(struct store *s)
{
	uint64_t start = clock_mono_ms(), step, most = 0;
	size_t steps;

	for (steps = 0; store_index_is_due(s); steps++) {
		step = clock_mono_ms();
		must(store_index_step(s), "index");
		step = clock_mono_ms() - step;
		most = step > most ? step : most;
	}
	printf("index: %u ms in %zu steps, %u ms at most\n",
	       (unsigned)(clock_mono_ms() - start), steps, (unsigned)most);
}

static struct store *open_user(const char *folder, const char *passphrase)
{
	char *key = xasprintf("%s/key", folder);
	char *path = xasprintf("%s/user.db", folder);
	struct opened_key opened;
	struct wrap_key wk;
	struct keyfile kf;
	struct store *s;

	must(keyfile_read(key, &kf), key);
	must(keyfile_derive(&kf, passphrase, strlen(passphrase), &wk), "key");
	must(keyfile_unwrap(&kf, &wk, &opened), "passphrase");
	must(store_open(path, &opened.key, kf.user_id, &s), path);
	free(key);
	free(path);
	return s;
}

static long long size_of(const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);
	struct stat st;
	long long n = stat(path, &st) == 0 ? (long long)st.st_size : 0;

	free(path);
	return n;
}

static bool has_word(char **argv, const char *word)
{
	while (*argv && strcmp(*argv, word) != 0)
		argv++;
	return *argv;
}

int main(int argc, char **argv)
{
	struct life l = {.seed = 1, .contacts = CONTACTS};
	const char *what;

	if (argc < 4) {
		fprintf(stderr, "history FOLDER PASSPHRASE MESSAGES [--one] "
				"[--index]\n");
		return 2;
	}
	if (has_word(argv + 4, "--one"))
		l.contacts = 1;
	must(store_library_start(&what), "library");
	l.store = open_user(argv[1], argv[2]);
	live(&l, strtoull(argv[3], NULL, 10));
	if (has_word(argv + 4, "--index"))
		make_index(l.store);
	store_close(l.store);
	printf("%lld %lld\n", size_of(argv[1], "user.db"),
	       size_of(argv[1], "words.db"));
	return 0;
}
