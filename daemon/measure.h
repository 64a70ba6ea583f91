/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * measure - the figures of this process, for the API.
 */
#ifndef DAEMON_MEASURE_H
#define DAEMON_MEASURE_H

struct api_measures;
struct users;

/* data: the folder whose disk it is about. */
void measure(struct users *us, const char *data, struct api_measures *out);

#endif
