/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fdpass - one small message over a unix SOCK_SEQPACKET socket, with at most
 * one descriptor beside it.
 */
#ifndef UTIL_FDPASS_H
#define UTIL_FDPASS_H

#include <stddef.h>

#include "util/err.h"

/* Sends n > 0 bytes and fd (-1: none).  fd stays the caller's.
 * ERR_FULL if a non-blocking socket would block, ERR_CLOSED if nobody
 * listens any more. */
enum err fdpass_send(int sock, const void *data, size_t n, int fd) MUST_CHECK;
/* The same to a socket that somebody else may have set to block: it does not.
 */
enum err fdpass_send_now(int sock, const void *data, size_t n,
			 int fd) MUST_CHECK;

/* Receives one message of at most cap bytes.  *fd is -1 or a close-on-exec
 * descriptor that is now the caller's.  ERR_SHORT if nothing is there yet,
 * ERR_CLOSED at the end or for a message of no bytes, ERR_RANGE for one that
 * was cut, or came with more than one descriptor.  After an error nothing
 * stays open of what came. */
enum err fdpass_recv(int sock, void *data, size_t cap, size_t *n,
		     int *fd) MUST_CHECK;

#endif
