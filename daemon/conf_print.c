/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_print.h"

#include <string.h>

#include "conf_keys.h"
#include "util/log.h"

static void print_key(const struct conf *c, const struct conf_key *key,
		      FILE *out)
{
	char value[CONF_VALUE_MAX];

	conf_get(c, key, value);
	if (value[0])
		fprintf(out, "# %s\n%s = %s\n", conf_where(c, key).text,
			key->name, value);
	else
		fprintf(out, "# not set\n# %s =\n", key->name);
}

static void print_hook(const struct conf *c, const struct conf_hook *h,
		       FILE *out)
{
	size_t i;

	fprintf(out, "\n# %s:%u\n[hook \"%s\"]\non = %s\ncommand =", c->file,
		h->line, h->name, h->types);
	for (i = 0; i < h->word_count; i++)
		fprintf(out,
			strpbrk(h->words[i], " ") || !h->words[i][0] ? " \"%s\""
								     : " %s",
			h->words[i]);
	fprintf(out, "\ntimeout = %u\n", h->timeout_s);
	if (h->user)
		fprintf(out, "user = %s\n", h->user);
}

void conf_print(const struct conf *c, FILE *out)
{
	const char *section = "";
	size_t i;

	fprintf(out, c->file ? "# read: %s\n" : "# no file was read%s\n",
		c->file ? c->file : "");
	for (i = 0; i < conf_key_count; i++) {
		if (strcmp(section, conf_keys[i].section) != 0)
			fprintf(out, "\n[%s]\n", conf_keys[i].section);
		section = conf_keys[i].section;
		print_key(c, &conf_keys[i], out);
	}
	for (i = 0; i < c->user_count; i++)
		fprintf(out, "\n# %s:%u\n[user \"%s\"]\npassphrase_file = %s\n",
			c->file, c->users[i].line, c->users[i].name,
			c->users[i].passphrase_file);
	for (i = 0; i < c->hook_count; i++)
		print_hook(c, &c->hooks[i], out);
}

int conf_print_end(void)
{
	if (fflush(stdout) == 0)
		return 0;
	log_last_words("umbeld", "what was asked for cannot be written");
	return 1;
}
