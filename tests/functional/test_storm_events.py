# SPDX-License-Identifier: GPL-3.0-or-later
"""A short storm over programs that read events; `make soak` runs the long
one."""

import random

from storm_events import storm


def test_storm():
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    print(storm(3000, 20, seed))
