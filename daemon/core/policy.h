/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * policy - what a contact may know of our being there, by all that our user
 * has chosen: for him, and for everyone.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "core/state.h"

/* His cell is to be published. */
bool policy_hosts(const struct node *n, const struct contact *c);
/* He is to be dialled.  Who is not dialled is not hosted either. */
bool policy_dials(const struct node *n, const struct contact *c);

#endif
