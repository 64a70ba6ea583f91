# SPDX-License-Identifier: GPL-3.0-or-later
"""A short storm of files; `make soak` runs the long one."""

import random

from storm_files import storm


def test_storm_files():
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    assert storm(None, 16, 12, seed, pause=1.0)
