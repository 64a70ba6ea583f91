/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/preferences.h"

#include <string.h>

#include "store/inside.h"
#include "store/store.h"

#define SETTING_PREFERENCES "preferences"

enum err preferences_get(struct store *s, struct preferences *out)
{
	struct stmt *q = db_stmt(s->db, SQL_SETTING_GET);
	struct bytes text = {0};
	bool row = false;

	memset(out, 0, sizeof(*out));
	stmt_put_text(q, SETTING_PREFERENCES);
	if (stmt_step(q, &row) == OK && row)
		text = stmt_take_bytes(q, PREFERENCES_MAX);
	if (text.n > 0)
		memcpy(out->s, text.p, text.n);
	return stmt_end(q);
}

enum err preferences_save(struct store *s, const struct preferences *p)
{
	struct stmt *q = db_stmt(s->db, SQL_SETTING_REPLACE);

	stmt_put_text(q, SETTING_PREFERENCES);
	stmt_put_blob(q, p->s, strlen(p->s));
	return stmt_run(q);
}

enum err preferences_put(struct store *s, const struct preferences *p)
{
	enum err e = store_begin(s);

	if (e != OK)
		return e;
	e = preferences_save(s, p);
	if (e == OK)
		return store_commit(s);
	store_rollback(s);
	return e;
}
