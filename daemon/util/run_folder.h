/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run_folder - names inside of RUN that more than one program knows.
 */
#ifndef UTIL_RUN_FOLDER_H
#define UTIL_RUN_FOLDER_H

/* umbel-core's sockets, to which onion services lead. */
#define RUN_CELLS "c"

#endif
