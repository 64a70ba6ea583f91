# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside, PROTOCOL 1.3."""

import re

from tlv import Malformed

_CONTROLS = "\0-\x1f\x7f-\x9f"
_LINES = "\u2028\u2029"
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"


def utf8(data: bytes) -> str:
    """RFC 3629, without NUL."""
    try:
        found = data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    if "\0" in found:
        raise Malformed("NUL")
    return found


def label(data: bytes) -> str:
    found = utf8(data)
    if re.search(f"[{_CONTROLS}{_LINES}{_DIRECTIONS}]", found):
        raise Malformed("not a label")
    return found
