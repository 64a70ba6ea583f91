/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * consumers - the names that clients may give to readers of events.
 */
#ifndef API_CONSUMERS_H
#define API_CONSUMERS_H

#include "store/consumer.h"

/* What is wrong with one that consumers_read_name() refuses. */
#define CONSUMERS_NAME_RULE "expected 1 to 64 of a-z, 0-9, '.', '_' and '-'"

bool consumers_read_name(struct bytes text, struct consumer_name *out);

#endif
