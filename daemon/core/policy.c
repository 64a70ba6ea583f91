/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/policy.h"

static bool is_wanted(const struct node *n, const struct contact *c)
{
	return n->self.mode == PRESENCE_ONLINE && !c->row.blocked &&
	       c->row.state != CONTACT_DETACHED;
}

/* PROTOCOL 7.4: A user may choose to publish no cell for a contact, or neither
 * to publish nor to dial; nothing is said about it. */
bool policy_hosts(const struct node *n, const struct contact *c)
{
	return is_wanted(n, c) && c->row.policy == POLICY_VISIBLE;
}

bool policy_dials(const struct node *n, const struct contact *c)
{
	return is_wanted(n, c) && c->row.policy != POLICY_MAIL_ONLY;
}
