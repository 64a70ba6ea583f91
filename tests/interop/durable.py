# SPDX-License-Identifier: GPL-3.0-or-later
"""State as JSON, in a file that is whole at any time: bytes, maps with any
key, and those dataclasses that were named to it."""

import dataclasses
import json
import os
import pathlib
from typing import Any

_classes: dict[str, type] = {}


def kept(cls: type) -> type:
    """Class decorator: a dataclass that may stand in a file."""
    _classes[cls.__name__] = cls
    return cls


def _pack(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {"map": [[_pack(k), _pack(v)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_pack(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {"class": type(value).__name__,
                "is": {f.name: _pack(getattr(value, f.name))
                       for f in dataclasses.fields(value)}}
    return value


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return bytes.fromhex(value["bytes"])
    if "map" in value:
        return {_unpack(k): _unpack(v) for k, v in value["map"]}
    return _classes[value["class"]](
        **{name: _unpack(one) for name, one in value["is"].items()})


def dumps(value: Any) -> str:
    return json.dumps(_pack(value))


def loads(data: str) -> Any:
    return _unpack(json.loads(data))


def save(path: pathlib.Path, value: Any) -> None:
    """On disk when it returns, also after a loss of power."""
    new = path.with_suffix(".new")
    with open(new, "w", encoding="utf-8") as file:
        file.write(dumps(value))
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load(path: pathlib.Path, default: Any) -> Any:
    try:
        return loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
