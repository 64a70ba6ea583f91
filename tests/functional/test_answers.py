# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests of the API have seen, which ran before: see module.am."""

import os
import pathlib

import openapi_check

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def test_each_is_as_the_document_says():
    """And every operation was answered well at least once."""
    answers = sorted(pathlib.Path(os.environ["SUITE_API_ANSWERS"]).glob(
        "*.answers"))
    assert answers
    assert openapi_check.main(ROOT / "api" / "openapi.json", answers) == 0
