/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HOSTILE S-02: the power fails at any moment, writes that were not
 * synced are lost, torn or reordered, and no acknowledged row is missing.
 * SEEDS=n images instead of a few hundred; SEED=n to begin elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "shim.h"
#include "store_raw.h"
#include "store_seen.h"

enum { COMMITS = 260 };

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 10) : otherwise;
}

static void record(struct kit *k)
{
	uint64_t n;

	kit_save_contact(k, 1);
	kit_close(k);
	shim_start(k->path, k->wal);
	kit_open(k);
	for (n = 1; n <= COMMITS; n++) {
		struct effect e[3] = {
		    kit_message_out(1, n, "stays or was never there"),
		    {.type = FX_SAVE_COUNTERS,
		     .counters = {kit_uid('c', 1), {.send_next = n + 1}}},
		    {.type = FX_SAVE_ERASE,
		     .erase = {.contact_id = kit_uid('c', 1),
			       .how = ERASE_HIDE}}};

		/* Every fifth one is erased with the fifth after it. */
		if (n % 5 == 0)
			e[2].erase.message_id =
			    kit_message_out(1, n - 5, "").message.id;
		assert_ok(kit_try(k, e, 3));
		shim_ack(n);
	}
	/* Closed too: the log is copied and removed, but not in the notes,
	 * since a removal may be lost. */
	kit_close(k);
	shim_stop();
}

/* How many messages an image holds; *whole: they are 1, 2, 3 ... */
static uint64_t read_image(struct kit *image, bool *whole)
{
	struct contact_row c;
	struct message_list l;
	uint64_t i;

	*whole = true;

	kit_open(image);
	assert_ok(query_contact(image->store, kit_uid('c', 1), &c));
	assert_ok(store_fetch(image->store, kit_uid('c', 1), 0, 100000,
			      SIZE_MAX, &l));
	for (i = 0; i < l.count; i++)
		*whole =
		    *whole && l.rows[i].seq == i + 1 &&
		    l.rows[i].hidden == ((i + 1) % 5 == 0 && i + 6 <= l.count);
	message_list_clear(&l);
	if (i > 0)
		*whole = *whole && c.n.send_next == i + 1;
	kit_close(image);
	return i;
}

static bool is_damaged(struct kit *image)
{
	enum err e =
	    store_open(image->path, &image->mk, image->user_id, &image->store);

	if (e == OK)
		kit_close(image);
	else
		assert_err(e, ERR_CORRUPT);
	return e != OK;
}

struct outcome {
	uint64_t images, lost;
};

static struct outcome cut_many(struct kit *image, uint64_t images, bool blind)
{
	const char *const paths[SHIM_FILES] = {image->path, image->wal};
	uint64_t first = from_env("SEED", 1), i, seed, cut, acked;
	struct outcome o = {images, 0};
	bool whole;

	for (i = 0; i < images; i++) {
		seed = (first + i) * 0x9e3779b97f4a7c15ULL;
		cut = 1 + seed % shim_count();
		acked = shim_image(paths, cut, &seed, blind);
		/* Without syncs the file itself may be damaged, and pages of
		 * different times may stand side by side. */
		if ((blind && is_damaged(image)) ||
		    read_image(image, &whole) < acked || !whole) {
			o.lost++;
			if (!blind)
				print_message("SEED=%llu SEEDS=1\n",
					      (unsigned long long)(first + i));
		}
		if (i % 16 == 0 && !blind)
			assert_true(raw_is_whole(image));
		unlink(image->wal);
	}
	return o;
}

static int start(void **state)
{
	struct kit *both = xcalloc(2, sizeof(*both));

	kit_start(&both[0]);
	kit_start(&both[1]);
	kit_close(&both[1]);
	record(&both[0]);
	*state = both;
	return 0;
}

static int end(void **state)
{
	struct kit *both = *state;

	shim_free();
	kit_end(&both[0]);
	kit_end(&both[1]);
	free(both);
	return 0;
}

static void acknowledged_rows_survive(void **state)
{
	struct kit *both = *state;
	struct outcome o = cut_many(&both[1], from_env("SEEDS", 200), false);

	print_message("%u images, %u things noted\n", (unsigned)o.images,
		      (unsigned)shim_count());
	assert_int_equal(o.lost, 0);
}

/* The same without syncs of the log: if nothing were lost then, the test
 * would prove nothing. */
static void missing_syncs_would_show(void **state)
{
	struct kit *both = *state;
	struct outcome o = cut_many(&both[1], 40, true);

	print_message("%u of %u images lost something\n", (unsigned)o.lost,
		      (unsigned)o.images);
	assert_true(o.lost > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(acknowledged_rows_survive),
	    cmocka_unit_test(missing_syncs_would_show),
	};

	return cmocka_run_group_tests_name("power", tests, start, end);
}
