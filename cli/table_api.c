/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/check.h"
#include "cli/command.h"
#include "cli/raw.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "events",
	.takes = {OPT_FOLLOW_EVENTS, OPT_TYPES, OPT_AFTER_EVENT, OPT_CONSUMER,
		  OPT_ALL, OPT_DAEMON},
	.run = command_events,
	.is_right = check_events,
	.help = "what has happened, and what does",
	.text = "Print the events of a user as far as the journal has "
		"them, one a line, the oldest first; with `--follow` go "
		"on as they come, across restarts of the daemon. With "
		"`--json` each has all that it is about, so that a script "
		"need not ask further. What others do is in it: messages, "
		"requests, files; and what you do by any other program.",
    },
    {
	.name = "consumer list",
	.run = command_list,
	.list = "consumers",
	.columns = "name acked_id behind updated_at",
	.help = "who reads the events, and how far",
	.text = "Show the consumers of the user's events: how far each "
		"is, and how many events are before it. What a consumer "
		"has not read yet is kept for 30 days.",
    },
    {
	.name = "consumer ack",
	.usage = "CONSUMER [NUMBER]",
	.run = command_consumer_ack,
	.list = "consumers",
	.help = "it is done with them",
	.text = "Say that a consumer is done with all events up to that "
		"number, or with all that there are. There is one of that "
		"name from then on.",
    },
    {
	.name = "consumer delete",
	.usage = "CONSUMER",
	.run = command_take_away,
	.list = "consumers",
	.help = "there is none of that name",
	.text = "Forget a consumer. Nothing is kept for it any more.",
    },
    {
	.name = "webhook add",
	.usage = "URL",
	.takes = {OPT_TYPES, OPT_SECRET_FILE},
	.run = command_webhook_add,
	.help = "post events to a program",
	.text = "Let the daemon post each event, as JSON, to a program on "
		"this machine, in order, and again until it is taken. The "
		"secret with which it is signed is printed, once.",
    },
    {
	.name = "webhook list",
	.run = command_list,
	.list = "webhooks",
	.columns = "id state behind last_status types url",
	.help = "where events are posted to",
	.text = "Show where events are posted to, and whether they "
		"arrive.",
    },
    {
	.name = "webhook show",
	.usage = "ID",
	.run = command_show,
	.list = "webhooks",
	.help = "one of them",
	.text = "Show all that is known of a webhook.",
    },
    {
	.name = "webhook test",
	.usage = "ID",
	.run = command_webhook_test,
	.list = "webhooks",
	.help = "post something to it now",
	.text = "Post an event that means nothing, once, and now; "
		"`webhook show` tells how it went.",
    },
    {
	.name = "webhook delete",
	.usage = "ID",
	.run = command_take_away,
	.list = "webhooks",
	.help = "post nothing there any more",
	.text = "Post nothing there any more.",
    },
    {
	.name = "hooks",
	.run = command_list,
	.list = "/v1/hooks",
	.columns = "name user runs failures dropped last_exit types",
	.help = "commands that events run",
	.text = "Show the commands of umbel.conf(5) that events run, and "
		"how often they did and failed. They are changed there "
		"only.",
    },
    {
	.name = "token add",
	.usage = "NAME SCOPES",
	.takes = {OPT_USERS, OPT_WITH_TOKEN, OPT_EXPIRES, OPT_RATE},
	.run = command_token_add,
	.help = "a credential for a program",
	.text = "Make a token, a credential for a program that can do "
		"only what SCOPES allow, and print it. It is shown this "
		"once, and kept where nobody reads it.",
    },
    {
	.name = "token list",
	.run = command_list,
	.list = "/v1/tokens",
	.columns = "id name scopes last_used_at expires_at",
	.help = "all of them, without their secrets",
	.text = "Show all tokens, what they may do, and until when.",
    },
    {
	.name = "token show",
	.usage = "ID",
	.run = command_show,
	.list = "/v1/tokens",
	.help = "one of them",
	.text = "Show all that is known of a token.",
    },
    {
	.name = "token revoke",
	.usage = "ID",
	.run = command_take_away,
	.list = "/v1/tokens",
	.help = "it ends at once",
	.text = "End a token at once, and what is open by it.",
    },
    {
	.name = "job show",
	.usage = "ID",
	.run = command_show,
	.list = "/v1/jobs",
	.help = "how far long work is",
	.text = "Show how far an export, import or destruction is. Until "
		"it is over the command that began it waits for it; this "
		"is for one that another program began. `events --daemon` "
		"tells their ids.",
    },
    {
	.name = "job cancel",
	.usage = "ID",
	.run = command_take_away,
	.list = "/v1/jobs",
	.help = "end it, or forget what it made",
	.text = "End long work, or forget what it has made.",
    },
    {
	.name = "call",
	.usage = "METHOD TARGET [JSON]",
	.run = command_call,
	.is_right = raw_is_right,
	.help = "any call of the API",
	.text = "Make any call of the API and print what it answers: "
		"`call GET /v1/daemon`. JSON is the body, or `-` to read "
		"it from standard input. The document that lists all "
		"calls is `/v1/openapi.json`.",
    },
};

const struct command_group table_api = {
    .heading = "For programs",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
