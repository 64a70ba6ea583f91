/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/hidden.h"

#include <sodium.h>

#include "core/outbox.h"
#include "core/reach.h"
#include "core/step.h"

void hidden_put(struct step *st, struct contact *c, uint16_t kind,
		const struct message_fields *fields, struct bytes body)
{
	struct message_row row = {.kind = kind, .hidden = true, .body = body};

	step_uid(st, &row.id);
	row.extra_bytes = message_fields_write(fields, row.extra);
	outbox_put(st, c, &row, JOURNAL_NONE);
	reach_hurry(st, c);
	sodium_memzero(&row, sizeof(row));
}
