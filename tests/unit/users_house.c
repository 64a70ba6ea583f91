/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "users_house.h"

#include <dirent.h>
#include <sys/stat.h>

#include "tests/unit/way_kit.h"
#include "tor/control.h"
#include "util/file.h"
#include "util/kdf_cost.h"
#include "util/text.h"

static void on_done(void *ctx, uint64_t ticket, enum err e)
{
	struct house *h = ctx;

	assert_true(ticket < TICKETS);
	assert_false(h->is_done[ticket]);
	h->is_done[ticket] = true;
	h->result[ticket] = e;
}

static void on_change(void *ctx, struct user *u)
{
	(void)u;
	((struct house *)ctx)->changes++;
}

static void on_journal(void *ctx, struct user *u)
{
	(void)ctx;
	(void)u;
}

static void on_presence(void *ctx, struct user *u, struct uid contact_id,
			bool online)
{
	(void)ctx;
	(void)u;
	(void)contact_id;
	(void)online;
}

static void on_tor(void *arg, const struct tor_status *st)
{
	(void)arg;
	(void)st;
}

static void on_service(void *arg, uint64_t id, enum service_event ev,
		       const char *reason)
{
	(void)arg;
	(void)id;
	(void)ev;
	(void)reason;
}

static void come_up(struct house *h)
{
	const struct users_config config = {
	    .base = h->loop.base,
	    .worker = h->worker,
	    .disk = h->disk,
	    .drops = h->disk,
	    .net = &h->net,
	    .dir = h->users,
	    .kdf = {KDF_PASSES_MIN, KDF_MIB_MIN}};
	const struct users_ports ports = {.ctx = h,
					  .done = on_done,
					  .state_changed = on_change,
					  .journal_advanced = on_journal,
					  .presence = on_presence};

	assert_ok(users_new(&config, &ports, &h->all));
}

int house_start(void **state)
{
	struct house *h = xcalloc(1, sizeof(*h));
	const struct control_config cc = {.way = way_to_path("/nowhere"),
					  .cookie_path = "/nowhere"};
	const struct control_handler ch = {
	    .arg = h, .status = on_tor, .service = on_service};
	const char *what;

	loop_init(&h->loop);
	event_base_priority_init(h->loop.base, 3);
	snprintf(h->users, sizeof(h->users), "%s/users", h->loop.dir);
	assert_ok(file_make_dir(h->users));
	assert_ok(store_library_start(&what));
	assert_ok(worker_new(h->loop.base, &h->worker));
	assert_ok(worker_new(h->loop.base, &h->disk));
	h->control = control_new(h->loop.base, &cc, &ch);
	h->net = (struct links_net){.base = h->loop.base,
				    .control = h->control,
				    .way = way_to_path("/nowhere"),
				    .cell_dir = h->loop.dir,
				    .socket_mode = 0600};
	come_up(h);
	*state = h;
	return 0;
}

static void remove_all(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d) {
		unlink(path);
		return;
	}
	while ((e = readdir(d))) {
		char *inner = xasprintf("%s/%s", path, e->d_name);

		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_all(inner);
		free(inner);
	}
	closedir(d);
	rmdir(path);
}

int house_end(void **state)
{
	struct house *h = *state;

	worker_free(h->worker);
	worker_free(h->disk);
	users_free(h->all);
	control_free(h->control);
	remove_all(h->users);
	loop_clear(&h->loop);
	free(h);
	return 0;
}

static bool is_done(void *arg)
{
	const struct house *h = arg;

	return h->is_done[h->wanted];
}

enum err wait_for(struct house *h, uint64_t ticket)
{
	h->wanted = ticket;
	loop_until(&h->loop, is_done, h);
	return h->result[ticket];
}

struct bytes words(const char *text)
{
	return bytes_of(text, strlen(text));
}

void create(struct house *h, uint64_t ticket, uint32_t n, const char *name)
{
	struct label label = {""};

	strcpy(label.s, name);
	users_create(h->all, ticket, kit_uid('u', n), &label,
		     words("a good one"));
}

struct user *create_alice(struct house *h)
{
	struct user *u;

	create(h, 1, 1, "alice");
	assert_ok(wait_for(h, 1));
	u = users_find(h->all, kit_uid('u', 1));
	assert_non_null(u);
	return u;
}

/* Everything goes and comes again, as when the core starts anew. */
struct user *start_again(struct house *h)
{
	users_free(h->all);
	come_up(h);
	memset(h->is_done, 0, sizeof(h->is_done));
	return users_find(h->all, kit_uid('u', 1));
}

char *file_of(struct house *h, const char *prefix, uint32_t n, const char *name)
{
	struct uid id = kit_uid('u', n);
	char text[UID_TEXT + 1];

	uid_encode(id.b, text);
	return xasprintf("%s/%s%s%s%s", h->users, prefix, text, name ? "/" : "",
			 name ? name : "");
}

enum err change(struct house *h, struct user *u, uint64_t ticket,
		const char *old, const char *fresh)
{
	users_change_passphrase(u, ticket, words(old), words(fresh));
	return wait_for(h, ticket);
}

enum err unlock(struct house *h, struct user *u, uint64_t ticket,
		const char *passphrase)
{
	users_unlock(u, ticket, words(passphrase));
	return wait_for(h, ticket);
}
