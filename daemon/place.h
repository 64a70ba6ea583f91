/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * place - where a daemon lives: its two folders, its locks, its listeners,
 * and the file by which its owner's programs are let in.
 */
#ifndef DAEMON_PLACE_H
#define DAEMON_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf.h"
#include "guests.h"
#include "util/err.h"

/* "umbel_adm_" and 32 random bytes in base64url. */
#define PLACE_SECRET_TEXT 53

struct place {
	const struct conf *conf; /* borrowed */
	int lock;		 /* DATA/lock, held */
	int run_lock;		 /* RUN itself, held */
	int tcp;		 /* listens on conf->listen */
	gid_t admins;		 /* conf->admins; (gid_t)-1: none */
	int api;		 /* listens on RUN/api.sock */
	struct guests guests;	 /* listens on RUN/shared/api.sock */
	uint16_t port;		 /* of tcp */
	char secret[PLACE_SECRET_TEXT + 1];
};

/* Makes the folders if they are missing, takes both locks (waiting a second
 * for one who is just leaving), opens the listeners and writes
 * RUN/admin.header.  tcp: a listener that is there already, at conf->listen,
 * and is p's from here on; or -1.  An error is logged as a sentence that says
 * what to do; ERR_EXISTS if someone else has the folder or the port, ERR_STATE
 * if a folder is not safe, else ERR_IO.  After any error place_close() is still
 * to be called. */
enum err place_open(struct place *p, const struct conf *conf,
		    int tcp) MUST_CHECK;

/* Whether place_open() would refuse the folders, with nothing made; logged as
 * there. */
enum err place_check(const struct conf *conf) MUST_CHECK;
/* Is the path in the folder, or the folder itself?  Of what is not there yet:
 * would it be? */
bool place_is_inside(const char *folder, const char *path);

/* Withdraws admin.header and api.sock, the first step of stopping. */
/* Whether RUN is still the folder that was opened, with what is in it. */
bool place_is_whole(const struct place *p);
void place_withdraw(struct place *p);
/* Removes what sockets are left in RUN, lets go of all, wipes the secret.
 * The children are gone by now. */
void place_close(struct place *p);

#endif
