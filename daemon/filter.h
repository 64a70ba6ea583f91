/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filter - the part of the sandbox that is about system calls: a list of
 * what each profile may call, everything else answers EPERM (calls that the
 * C library tries first and can do without: ENOSYS).  Used by sandbox.c,
 * and by tor_jail.c for what is no program of ours.
 */
#ifndef DAEMON_FILTER_H
#define DAEMON_FILTER_H

#include <stdint.h>

#include "util/err.h"

/* Each holds for all threads of the process, at once and for good.  ERR_IO
 * (errno) if the kernel or libseccomp refuse. */
enum err filter_enter_core(void) MUST_CHECK;
enum err filter_enter_httpd(void) MUST_CHECK;
enum err filter_enter_webhooks(void) MUST_CHECK;
enum err filter_enter_broker(void) MUST_CHECK;
/* All but exec is left, and that only of a path that stands at this address of
 * the calling process, a power of two: what it becomes has nothing there, and
 * can put nothing there.  For this thread and what comes of it. */
enum err filter_exec_only(uint64_t address) MUST_CHECK;

#endif
