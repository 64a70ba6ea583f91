/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_change.h"

#include <stdio.h>
#include <string.h>

#include "conf_keys.h"
#include "util/log.h"

static size_t bytes_of_type(enum conf_type type)
{
	switch (type) {
	case CONF_GROUP:
	case CONF_PATH: return sizeof(char *);
	case CONF_LISTEN: return sizeof(struct conf_listen);
	case CONF_LEVEL: return sizeof(enum log_level);
	case CONF_YES_NO: return sizeof(bool);
	case CONF_NUMBER:
	case CONF_TRANSPORTS: return sizeof(unsigned);
	case CONF_HOSTS:
	case CONF_GUESTS: break;
	}
	return 0; /* lists are not live */
}

static void swap(void *a, void *b, size_t n)
{
	unsigned char *x = a, *y = b;

	while (n-- > 0) {
		unsigned char kept = *x;

		*x++ = *y;
		*y++ = kept;
	}
}

static bool is_text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_hook_equal(const struct conf_hook *a, const struct conf_hook *b)
{
	size_t i;

	if (strcmp(a->name, b->name) != 0 || strcmp(a->types, b->types) != 0 ||
	    a->timeout_s != b->timeout_s || a->word_count != b->word_count ||
	    !is_text_equal(a->user, b->user))
		return false;
	for (i = 0; i < a->word_count; i++)
		if (strcmp(a->words[i], b->words[i]) != 0)
			return false;
	return true;
}

static bool has_same_hooks(const struct conf *a, const struct conf *b)
{
	size_t i;

	if (a->hook_count != b->hook_count)
		return false;
	for (i = 0; i < a->hook_count; i++)
		if (!is_hook_equal(&a->hooks[i], &b->hooks[i]))
			return false;
	return true;
}

static bool has_same_users(const struct conf *a, const struct conf *b)
{
	size_t i;

	if (a->user_count != b->user_count)
		return false;
	for (i = 0; i < a->user_count; i++)
		if (strcmp(a->users[i].name, b->users[i].name) != 0 ||
		    strcmp(a->users[i].passphrase_file,
			   b->users[i].passphrase_file) != 0)
			return false;
	return true;
}

static bool take_key(struct conf *c, struct conf *fresh,
		     const struct conf_key *key)
{
	char before[CONF_VALUE_MAX], after[CONF_VALUE_MAX];
	size_t at = (size_t)(key - conf_keys);

	conf_get(c, key, before);
	conf_get(fresh, key, after);
	if (strcmp(before, after) == 0 && key->life == CONF_LIVE)
		c->source[at] = fresh->source[at];
	if (strcmp(before, after) == 0)
		return false;
	if (key->life == CONF_FIXED) {
		log_warn("%s: %s in [%s] changes only when umbeld is started "
			 "again; it stays as it was",
			 conf_where(fresh, key).text, key->name, key->section);
		return false;
	}
	swap((char *)c + key->at, (char *)fresh + key->at,
	     bytes_of_type(key->type));
	c->source[at] = fresh->source[at];
	log_info("%s in [%s] is changed", key->name, key->section);
	return true;
}

struct conf_change conf_change(struct conf *c, struct conf *fresh)
{
	struct conf_change change = {.hooks = !has_same_hooks(c, fresh)};
	size_t i;

	for (i = 0; i < conf_key_count; i++)
		change.count += take_key(c, fresh, &conf_keys[i]);
	swap(&c->file, &fresh->file, sizeof(c->file));
	if (change.hooks) {
		swap(c->hooks, fresh->hooks, sizeof(c->hooks));
		swap(&c->hook_count, &fresh->hook_count, sizeof(c->hook_count));
		log_info("hooks are changed: %zu now", c->hook_count);
	}
	if (!has_same_users(c, fresh))
		log_warn("[user \"NAME\"] sections change only when umbeld is "
			 "started again; they stay as they were");
	return change;
}
