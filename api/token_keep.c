/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/token_keep.h"

#include "api/state.h"
#include "api/token_file.h"
#include "util/log.h"

void token_keep_start(struct api *a)
{
	struct buf text;
	enum err e;

	buf_init(&text, TOKEN_FILE_MAX);
	e = a->ports.tokens_load(a->ports.ctx, &text);
	if (e == OK)
		e = token_file_read(buf_view(&text), &a->tokens);
	buf_clear(&text);
	if (e == OK || e == ERR_NOT_FOUND)
		return;
	a->tokens_err = e;
	log_error("the file of tokens cannot be used (%s): none of them is "
		  "valid until it is mended, or moved away",
		  err_str(e));
}

enum err token_keep_save(struct api *a)
{
	struct buf text;
	enum err e;

	if (a->tokens_err)
		return a->tokens_err;
	buf_init(&text, TOKEN_FILE_MAX);
	token_file_write(&a->tokens, &text);
	e = a->ports.tokens_save(a->ports.ctx, buf_view(&text));
	buf_clear(&text);
	if (e)
		return e;
	a->tokens_due_ms = 0;
	tokens_sweep(&a->tokens);
	return OK;
}

void token_keep_end(struct api *a)
{
	/* It is no loss that somebody would have to be told of. */
	if (a->tokens_due_ms && token_keep_save(a) != OK)
		a->tokens_due_ms = 0;
}

uint64_t token_keep_deadline(const struct api *a)
{
	uint64_t wall_ms = a->ports.wall_ms(a->ports.ctx);
	uint64_t end_ms = tokens_next_end(&a->tokens, wall_ms);

	if (end_ms != UINT64_MAX)
		end_ms = a->ports.mono_ms(a->ports.ctx) + (end_ms - wall_ms);
	if (a->tokens_due_ms && a->tokens_due_ms < end_ms)
		return a->tokens_due_ms;
	return end_ms;
}

void token_keep_tick(struct api *a)
{
	uint64_t now_ms = api_mono_ms(a);

	if (!a->tokens_due_ms || now_ms < a->tokens_due_ms)
		return;
	if (token_keep_save(a) != OK)
		a->tokens_due_ms = now_ms + TOKENS_REST_MS;
}
