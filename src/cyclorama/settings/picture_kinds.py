"""The value types of sizes, lengths and places in pictures; see ``kinds``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from cyclorama.settings.kinds import Kind, Number
from cyclorama.settings.reading import as_number, as_whole, plain

SIDE = (16, 8192)
"""Minimum and maximum of width and height, in pixels."""
SIDE_MM = (15, 200)
"""Minimum and maximum of width and height of a printed picture, in mm."""
SHAPE = (0.6, 1.5)
"""Minimum and maximum of its width over its height: a head with its hair has to fit."""
LEAST_KB, MOST_KB = 5, 100_000
"""The least and the greatest limit of a file, in kB: no JPEG of a portrait is smaller."""
NAMED_SIZES = {
    "480p": (854, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "4k": (3840, 2160),
}


@dataclass(frozen=True)
class Size(Kind):
    """Width and height, in pixels."""

    form: ClassVar[str] = "SIZE"

    def read(self, value: Any) -> tuple[int, int]:
        """``WIDTHxHEIGHT``, a name as ``720p``, or a list of two numbers."""
        if isinstance(value, list | tuple) and len(value) == 2:
            return as_whole(value[0]), as_whole(value[1])
        text = value.strip().lower() if isinstance(value, str) else ""
        if text in NAMED_SIZES:
            return NAMED_SIZES[text]
        match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text)
        if match is None:
            raise ValueError(
                f"{value!r} is no size: write WIDTHxHEIGHT, as in 1280x720, or one of {', '.join(NAMED_SIZES)}"
            )
        return int(match[1]), int(match[2])

    def problem(self, value: object) -> str:
        """Rejects sides outside the limits, and anything but two integers."""
        low, high = SIDE
        if (
            isinstance(value, tuple)
            and len(value) == 2
            and all(isinstance(side, int) and low <= side <= high for side in value)
        ):
            return ""
        return f"{plain(value)} is not a width and a height from {low} to {high} pixels"

    def text(self, value: Any) -> str:
        """``WIDTHxHEIGHT``."""
        return plain(value)


@dataclass(frozen=True)
class Pair(Kind):
    """Two numbers from ``low`` to ``high``."""

    low: float
    high: float
    form: ClassVar[str] = "X,Y"

    @property
    def range(self) -> tuple[float, float]:
        """``low`` and ``high``."""
        return self.low, self.high

    def read(self, value: Any) -> tuple[float, float]:
        """Parse ``X,Y`` or a list of two numbers."""
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or len(parts) != 2:
            raise ValueError(f"{value!r} is not two numbers: write X,Y, as in -0.5,0")
        return as_number(parts[0]), as_number(parts[1])

    def problem(self, value: object) -> str:
        """Rejects values outside the range, and anything but two numbers."""
        if (
            isinstance(value, tuple)
            and len(value) == 2
            and not any(Number(self.low, self.high).problem(part) for part in value)
        ):
            return ""
        return f"{value!r} is not two numbers from {self.low:g} to {self.high:g}"

    def text(self, value: Any) -> str:
        """``X,Y``."""
        return ",".join(f"{part:g}" for part in value)


@dataclass(frozen=True)
class Millimetres(Kind):
    """Width and height of a printed picture, in mm."""

    form: ClassVar[str] = "WxH"

    def read(self, value: Any) -> tuple[float, float]:
        """Parse ``WxH`` or a list of two numbers."""
        parts = re.split("[x×]", value.strip().lower().removesuffix("mm")) if isinstance(value, str) else value
        return _two_numbers(parts, f"{value!r} is no size: write WIDTHxHEIGHT in millimetres, as in 35x45")

    def problem(self, value: object) -> str:
        """Rejects sides and shapes outside the limits, and anything but two numbers."""
        low, high = SIDE_MM
        if not isinstance(value, tuple) or len(value) != 2 or any(Number(low, high).problem(side) for side in value):
            return f"{_joined(value, 'x')} is not a width and a height from {low} to {high} millimetres"
        narrow, wide = SHAPE
        if not narrow <= value[0] / value[1] <= wide:
            return (
                f"{self.text(value)} is no shape for a portrait: the width is {narrow:g} to {wide:g} times the height"
            )
        return ""

    def text(self, value: Any) -> str:
        """``WxH``."""
        return _joined(value, "x")


@dataclass(frozen=True)
class Kilobytes(Kind):
    """The least and the greatest size of a file, in kB of 1000 bytes."""

    form: ClassVar[str] = "MIN-MAX"

    def read(self, value: Any) -> tuple[float, float]:
        """Parse ``20-100``, ``100`` for at most so much, a number, or a list of two."""
        parts: Any = value
        if isinstance(value, str):
            parts = re.split("[-–]", value.strip().lower().removesuffix("kb"))
        elif not isinstance(value, list | tuple):
            parts = [value]
        if len(parts) == 1:
            parts = [0, *parts]
        return _two_numbers(parts, f"{value!r} is no size of a file: write MIN-MAX in kilobytes, as in 20-100")

    def problem(self, value: object) -> str:
        """Rejects limits outside the range or in the wrong order, and anything but two numbers."""
        if (
            isinstance(value, tuple)
            and len(value) == 2
            and not any(Number(0, MOST_KB).problem(limit) for limit in value)
            and value[1] >= LEAST_KB
            and value[0] <= value[1]
        ):
            return ""
        limits = f"the smaller one first, the larger one from {LEAST_KB} to {MOST_KB}"
        return f"{_joined(value, '-')} are no sizes of a file: write MIN-MAX in kilobytes, {limits}, as in 20-100"

    def text(self, value: Any) -> str:
        """``MIN-MAX``."""
        return _joined(value, "-")


@dataclass(frozen=True, slots=True)
class Length:
    """A length: ``value`` pixels, or, if ``relative``, a share of the subject's longer side."""

    value: float
    relative: bool = True

    def pixels(self, longer_side: int) -> int:
        """The length in pixels for a subject whose longer side has so many pixels."""
        return round(self.value * longer_side if self.relative else self.value)


NO_LENGTH = Length(0)


@dataclass(frozen=True)
class Margin(Kind):
    """A length: a percentage of the subject's longer side, or pixels."""

    form: ClassVar[str] = "N%|PIXELS"

    def read(self, value: Any) -> Length:
        """Parse ``10%``, ``40``, ``40px`` or a number of pixels."""
        if isinstance(value, Length):
            return value
        share = _share(value)
        if share is not None:
            return Length(share)
        try:
            return Length(as_number(value.strip().removesuffix("px") if isinstance(value, str) else value), False)
        except ValueError:
            raise ValueError(_no_margin(value)) from None

    def problem(self, value: object) -> str:
        """Rejects negative, infinite and very large lengths."""
        if isinstance(value, Length) and 0 <= value.value <= (10 if value.relative else 100_000):
            return ""
        return _no_margin(self.text(value) if isinstance(value, Length) else value)

    def text(self, value: Any) -> str:
        """``10%``, or the pixels."""
        return f"{100 * value.value:g}%" if value.relative else f"{value.value:g}"


@dataclass(frozen=True)
class Share(Kind):
    """A share of the picture, from 0.01 to 1, written as a percentage."""

    form: ClassVar[str] = "N%"

    @property
    def range(self) -> tuple[float, float]:
        """0.01 and 1."""
        return 0.01, 1.0

    def read(self, value: Any) -> float:
        """Parse ``80%``, or a share as a number."""
        share = _share(value)
        if share is None and not isinstance(value, str):
            return as_number(value)
        if share is None:
            raise ValueError(_no_share(value))
        return share

    def problem(self, value: object) -> str:
        """Rejects shares below 1 % and above 100 %."""
        return _no_share(value) if Number(*self.range).problem(value) else ""

    def text(self, value: Any) -> str:
        """The percentage."""
        return f"{100 * value:g}%"


Position = tuple[float, float] | Literal["original"]
"""The shares of the free space to the left of the subject and above it; ``original`` keeps its centre in place."""
CENTER = (0.5, 0.5)


@dataclass(frozen=True)
class Place(Kind):
    """The position of the subject in the picture."""

    form: ClassVar[str] = "X%,Y%"

    def read(self, value: Any) -> Position:
        """Parse ``center``, ``original``, ``X%,Y%``, or a list of two shares."""
        if value in ("original", "center"):
            return "original" if value == "original" else CENTER
        parts = [_share(part) for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or len(parts) != 2 or None in parts:
            raise ValueError(_no_place(value))
        return as_number(parts[0]), as_number(parts[1])

    def problem(self, value: object) -> str:
        """Rejects places beyond the picture."""
        if value == "original":
            return ""
        shares = value if isinstance(value, tuple) and len(value) == 2 else (None,)
        return _no_place(value) if any(map(Number(0, 1).problem, shares)) else ""

    def text(self, value: Any) -> str:
        """``original``, or ``X%,Y%``."""
        return "original" if value == "original" else ",".join(f"{100 * share:g}%" for share in value)


def _joined(value: object, sign: str) -> str:
    """Format a tuple as its numbers with ``sign`` between them, for options and messages."""
    return sign.join(map(plain, value)) if isinstance(value, tuple) else repr(value)


def _two_numbers(parts: object, otherwise: str) -> tuple[float, float]:
    """Parse a list of two numbers. Raises ValueError with the text ``otherwise``."""
    if not isinstance(parts, list | tuple) or len(parts) != 2:
        raise ValueError(otherwise)
    try:
        return as_number(parts[0]), as_number(parts[1])
    except ValueError:
        raise ValueError(otherwise) from None


def _share(value: Any) -> float | None:
    """The share that a percentage stands for, as 0.8 for ``80%``; None for what is no percentage."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        return float(text.removesuffix("%")) / 100 if text.endswith("%") else None
    except ValueError:
        return None


def _no_margin(value: object) -> str:
    return f"{value!r} is no margin: write a share of the subject, as 10%, or pixels, as 40"


def _no_share(value: object) -> str:
    return f"{plain(value)} is no share of the picture: write 1% to 100%"


def _no_place(value: object) -> str:
    return f"{value!r} is no position: write center, original, or X%,Y% as 50%,100%"
