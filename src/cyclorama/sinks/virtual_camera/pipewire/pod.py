"""Plain old data of SPA: the binary form of the parameters that PipeWire negotiates.

Each value is a header of two uint32 (size of the body in bytes, type) and a body padded to eight bytes, in the byte
order of the machine; see "SPA POD" in PipeWire's documentation.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from fractions import Fraction

from cyclorama.core.frames import SizeWH

Body = tuple[int, bytes]
"""A value before its header: type, body."""


class Type(IntEnum):
    """``enum spa_type``, of which few are needed."""

    ID = 3
    INT = 4
    RECTANGLE = 10
    FRACTION = 11
    OBJECT = 15
    CHOICE = 19


class Choice(IntEnum):
    """``enum spa_choice_type``."""

    RANGE = 1
    ENUM = 3
    FLAGS = 4


def id_(value: int) -> Body:
    """A member of an enumeration."""
    return Type.ID, struct.pack("=I", value)


def int_(value: int) -> Body:
    """A number."""
    return Type.INT, struct.pack("=i", value)


def rectangle(size_wh: SizeWH) -> Body:
    """A width and a height."""
    return Type.RECTANGLE, struct.pack("=II", *size_wh)


def fraction(value: Fraction) -> Body:
    """A fraction."""
    return Type.FRACTION, struct.pack("=II", value.numerator, value.denominator)


def choice(kind: Choice, *values: Body) -> Body:
    """Several values of one type: the default first, then what ``kind`` asks for."""
    type_, first = values[0]
    head = struct.pack("=IIII", kind, 0, len(first), type_)
    return Type.CHOICE, head + b"".join(body for _, body in values)


def object_(kind: int, id_: int, properties: dict[int, Body]) -> bytes:
    """A whole parameter: an object of type ``kind`` for the parameter ``id_``, with properties by their keys."""
    parts = [struct.pack("=II", kind, id_)]
    parts += [struct.pack("=II", key, 0) + pod(value) for key, value in properties.items()]
    return pod((Type.OBJECT, b"".join(parts)))


def pod(value: Body) -> bytes:
    """A value with its header, padded."""
    type_, body = value
    return struct.pack("=II", len(body), type_) + body + bytes(-len(body) % 8)
