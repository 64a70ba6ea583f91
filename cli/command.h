/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * command - what every subcommand gets, and the codes it may exit with.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>

struct command;
struct http;

enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1, /* the daemon said no */
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3, /* it does not run, or is not ready */
	EXIT_LOCKED = 4,    /* the user is locked */
	EXIT_DENIED = 5,    /* wrong passphrase or credential */
	EXIT_NOT_FOUND = 6, /* no such user, contact, ... */
	EXIT_TIMEOUT = 7,   /* --wait ran out */
};

struct command_args {
	struct http *http;
	const struct command *command; /* its row */
	int argc; /* what stands behind the command; the number is right */
	char **argv;
	/* The options, see option.c; what is not given is NULL. */
	bool json, help, version;
	bool follow, wait, print, admin, qr, ids, for_all, none, force;
	const char *run_dir, *user;
	const char *passphrase_file, *new_passphrase_file;
	const char *label, *alias, *greeting;
	const char *name, *status;     /* of the profile */
	const char *receipts, *typing; /* "on", "off", perhaps "default" */
	const char *reply, *within;    /* of a message: id, duration */
	const char *text, *type;       /* of a file: caption, media type */
	const char *kind, *metadata;   /* "image" ...; "keep" or "strip" */
	const char *state;	       /* which files */
	const char *accept, *up_to;    /* unasked: kinds, bytes */
	const char *count, *days;      /* numbers, see value_number() */
	const char *before, *after, *around; /* ids */
	const char *types, *consumer;	     /* of events */
	bool daemon, all, thumbnail, no_files;
	const char *newer, *older, *with;   /* what is searched */
	const char *users, *expires, *rate; /* of a token */
	const char *secret_file, *level, *confirm, *for_contact;
};

int command_help(const struct command_args *a);
int command_complete(const struct command_args *a);

/* For any list: see listed.c. */
int command_list(const struct command_args *a);
int command_show(const struct command_args *a);
int command_take_away(const struct command_args *a);

int command_status(const struct command_args *a);
int command_stop(const struct command_args *a);
int command_ready(const struct command_args *a);
int command_tor(const struct command_args *a);
int command_call(const struct command_args *a);
int command_events(const struct command_args *a);
int command_open(const struct command_args *a);

int command_user_add(const struct command_args *a);
int command_user_show(const struct command_args *a);
int command_user_list(const struct command_args *a);
int command_user_unlock(const struct command_args *a);
int command_user_passphrase(const struct command_args *a);
int command_user_lock(const struct command_args *a);

int command_user_rename(const struct command_args *a);
int command_user_auto_lock(const struct command_args *a);
int command_user_duress(const struct command_args *a);
int command_user_destroy(const struct command_args *a);
int command_export_user(const struct command_args *a);
int command_import_user(const struct command_args *a);

int command_settings(const struct command_args *a);
int command_settings_log_level(const struct command_args *a);
int command_settings_auto_lock(const struct command_args *a);
int command_log(const struct command_args *a);
int command_metrics(const struct command_args *a);
int command_bridges(const struct command_args *a);
int command_new_circuits(const struct command_args *a);
int command_token_add(const struct command_args *a);
int command_webhook_add(const struct command_args *a);
int command_webhook_test(const struct command_args *a);
int command_consumer_ack(const struct command_args *a);
int command_search(const struct command_args *a);

int command_profile(const struct command_args *a);
int command_presence(const struct command_args *a);
int command_privacy(const struct command_args *a);
int command_preferences(const struct command_args *a);
int command_address(const struct command_args *a);
int command_address_on(const struct command_args *a);
int command_address_off(const struct command_args *a);
int command_self_test(const struct command_args *a);
int command_address_rotate(const struct command_args *a);
int command_address_difficulty(const struct command_args *a);

int command_invite(const struct command_args *a);
int command_invite_list(const struct command_args *a);
int command_connect(const struct command_args *a);
int command_requests(const struct command_args *a);
int command_request_accept(const struct command_args *a);
int command_request_reject(const struct command_args *a);

int command_contacts(const struct command_args *a);
int command_contact_show(const struct command_args *a);
int command_contact_alias(const struct command_args *a);
int command_contact_note(const struct command_args *a);
int command_contact_block(const struct command_args *a);
int command_contact_unblock(const struct command_args *a);
int command_contact_policy(const struct command_args *a);
int command_contact_privacy(const struct command_args *a);
int command_contact_cover(const struct command_args *a);
int command_contact_verify(const struct command_args *a);
int command_contact_unverify(const struct command_args *a);
int command_contact_alarm_seen(const struct command_args *a);
int command_contact_introduce(const struct command_args *a);
int command_contact_remove(const struct command_args *a);
int command_safety(const struct command_args *a);

int command_conversations(const struct command_args *a);
int command_draft(const struct command_args *a);
int command_message(const struct command_args *a);
int command_send(const struct command_args *a);
int command_edit(const struct command_args *a);
int command_delete(const struct command_args *a);
int command_cancel(const struct command_args *a);
int command_retry(const struct command_args *a);
int command_react(const struct command_args *a);

int command_send_file(const struct command_args *a);
int command_files(const struct command_args *a);
int command_export(const struct command_args *a);
int command_get(const struct command_args *a);
int command_file_run(const struct command_args *a);
int command_file_pause(const struct command_args *a);
int command_file_cancel(const struct command_args *a);
int command_file_link(const struct command_args *a);

int command_tail(const struct command_args *a);
int command_read(const struct command_args *a);
int command_typing(const struct command_args *a);
int command_timer(const struct command_args *a);
int command_mute(const struct command_args *a);
int command_unmute(const struct command_args *a);
int command_pin(const struct command_args *a);
int command_unpin(const struct command_args *a);
int command_archive(const struct command_args *a);
int command_unarchive(const struct command_args *a);
int command_clear(const struct command_args *a);

#endif
