/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * decoy - what is done when somebody gives a user's duress passphrase.
 *
 * The real key goes first, for good, and then all that it opened; an empty
 * user of the same id, name and age takes the place.  It says nothing about
 * it, neither in the log nor by another error than any unlocking has.
 */
#ifndef DAEMON_DECOY_H
#define DAEMON_DECOY_H

#include "user.h"

/* For a user that has been stopped; he is not unlocked afterwards.  next is
 * the key file as it is to be in the end, with the decoy's key as the real
 * one.  If it breaks off at any place, by an error or a crash, then either
 * nothing has happened, or the real key is gone and the same passphrase,
 * given again, does the rest. */
enum err decoy_take_place(struct user *u, const struct opened_key *opened,
			  const struct keyfile *next) MUST_CHECK;

#endif
