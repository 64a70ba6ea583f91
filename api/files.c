/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * files - the list of them, one, its end, and its way to the other side.
 */
#include <sodium.h>

#include "api/command.h"
#include "api/file.h"
#include "api/handlers.h"
#include "api/narrow.h"
#include "api/page.h"
#include "api/state.h"
#include "api/upload.h"
#include "api/views.h"
#include "store/upload.h"

struct file_list {
	struct page page;
	struct request *r;
	struct sight sight;
};

static bool put_item(void *ctx, const struct file_info *f)
{
	struct file_list *l = ctx;

	if (!sight_has_file(&l->sight, f))
		return true;
	if (!page_take(&l->page, &f->row.id))
		return false;
	view_file(l->page.j, NULL, l->r->api, request_user(l->r), f);
	return true;
}

/* What he may not see, a conversation or a place in the list, is not there. */
static enum err look_up(struct request *r, struct file_list *l,
			const struct file_page *wish)
{
	const struct uid *c = wish->conversation_id;

	if ((c && !sight_has_conversation(&l->sight, c)) ||
	    (wish->after && !sight_has(&l->sight, ID_FILE, *wish->after)))
		return ERR_NOT_FOUND;
	return query_files(r->store, wish, put_item, l);
}

struct reply *api_files_list(struct request *r)
{
	struct file_list l = {.r = r, .sight = sight_of(r)};
	struct file_page wish = {0};
	struct uid conversation;
	struct reply *bad;
	struct form f;
	unsigned state;
	enum err e;

	form_of_query(&f, r);
	page_read(&l.page, &f, ID_FILE);
	if (form_word(&f, "state", FORM_OPTIONAL, words_file_state, &state)) {
		wish.has_state = true;
		wish.state = (enum file_state)state;
	}
	if (form_id(&f, "conversation_id", ID_CONVERSATION, FORM_OPTIONAL,
		    &conversation))
		wish.conversation_id = &conversation;
	bad = page_begin(&l.page, r, &f);
	if (bad)
		return bad;
	wish.after = page_after(&l.page);
	wish.limit = narrow_limit(&l.sight, l.page.limit + 1);
	e = look_up(r, &l, &wish);
	if (e == ERR_NOT_FOUND && !wish.after)
		return reply_err(r, e);
	return page_close_err(&l.page, r, e);
}

struct reply *api_file_get(struct request *r)
{
	return file_shown(r, r->path[ID_FILE], 200);
}

struct reply *api_file_delete(struct request *r)
{
	struct event ev = {.type = EV_CMD_FILE_DELETE};
	struct file_info f;
	struct reply *bad = file_find(r, &f);
	bool is_ours;
	enum err e;

	if (bad)
		return bad;
	is_ours = f.row.state == FILE_UPLOADING || f.row.state == FILE_READY;
	ev.target = f.row.id;
	sodium_memzero(&f, sizeof(f));
	if (!is_ours)
		return op_submit(r, op_new(r, OP_COMMAND, command_deleted),
				 &ev);
	uploads_forget(r->api, request_user(r), ev.target);
	e = store_upload_delete(r->store, ev.target, api_wall_ms(r->api));
	if (e)
		return reply_err(r, e);
	api_journal_advanced(r->api, request_user(r));
	return reply_empty(r, 204);
}

static struct reply *transfer_set(struct request *r, const struct op *op,
				  enum err e)
{
	struct file_info info;

	/* The node knows those only that are on their way. */
	if (e == ERR_NOT_FOUND && !file_find(r, &info)) {
		sodium_memzero(&info, sizeof(info));
		return reply_error(r, PROBLEM_CONFLICT, "it is over");
	}
	return e ? command_error(r, op, e)
		 : file_shown(r, r->path[ID_FILE], 200);
}

/* What has come, perhaps just now, need not be asked for again. */
static struct reply *transfer_run(struct request *r, const struct op *op,
				  enum err e)
{
	struct file_info info;
	bool is_here;

	if (e != ERR_NOT_FOUND || file_find(r, &info))
		return transfer_set(r, op, e);
	is_here = info.row.dir == MESSAGE_IN && file_is_here(&info.row);
	sodium_memzero(&info, sizeof(info));
	return transfer_set(r, op, is_here ? OK : e);
}

struct reply *api_file_transfer_patch(struct request *r)
{
	static const char *const words[] = {
	    [FILE_RUN] = "running",
	    [FILE_PAUSE] = "paused",
	    [FILE_CANCEL] = "cancelled",
	    NULL,
	};
	struct event ev = {.type = EV_CMD_FILE_SET};
	unsigned wish = FILE_RUN;
	op_then_fn *then;
	struct file_info info;
	struct reply *bad;
	struct form f;

	if ((bad = file_find(r, &info)))
		return bad;
	form_of_patch(&f, r);
	if (!form_word(&f, "state", FORM_OPTIONAL, words, &wish))
		form_fault(&f, "state", "required", "it is all there is");
	bad = form_done(&f);
	ev.file_set.file_id = info.row.id;
	ev.file_set.wish = (enum file_wish)wish;
	if (!bad &&
	    (info.row.state == FILE_UPLOADING || info.row.state == FILE_READY))
		bad = reply_error(r, PROBLEM_CONFLICT,
				  "it is not offered to anybody");
	sodium_memzero(&info, sizeof(info));
	if (bad)
		return bad;
	then = wish == FILE_RUN ? transfer_run : transfer_set;
	return op_submit(r, op_new(r, OP_COMMAND, then), &ev);
}
