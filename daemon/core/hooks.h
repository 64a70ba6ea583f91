/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hooks - what a link tells goes to whoever it belongs to.
 */
#ifndef CORE_HOOKS_H
#define CORE_HOOKS_H

#include "core/state.h"

extern const struct link_hooks link_hooks_all;

#endif
