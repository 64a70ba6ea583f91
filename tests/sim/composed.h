/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * composed - a message that a node composed and committed.
 */
#ifndef TESTS_SIM_COMPOSED_H
#define TESTS_SIM_COMPOSED_H

#include "core/types.h"

struct composed {
	struct uid id;
	struct mid mid;
	int host;
};

#endif
