# SPDX-License-Identifier: GPL-3.0-or-later
"""A short storm; `make soak` runs the long one."""

import random

from storm import storm


def test_storm():
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    assert storm(None, 400, 16, seed, pause=0.5)
