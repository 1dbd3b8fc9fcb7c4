"""Exif: the tags that an output keeps of a photo (date, camera, exposure, author), and how they are read and written.

An allow-list, since makers store anything there. Dropped are the location (unless it is asked for), the thumbnail,
which shows the old background, serial numbers and maker notes. XMP, IPTC and comments are dropped as a whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
"""Tags that hold further tags."""
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
INCH, CENTIMETRE = 2, 3
"""Values of RESOLUTION_UNIT."""
DESCRIPTION, MAKE, MODEL, DATE_TIME, ARTIST, COPYRIGHT = 0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x8298
KEPT = (DESCRIPTION, MAKE, MODEL, DATE_TIME, ARTIST, COPYRIGHT)
KEPT_OF_EXIF = (
    *(0x829A, 0x829D, 0x8822, 0x8827, 0x8830),  # exposure time, aperture, program, sensitivity and its type
    *range(0x9003, 0x9005),  # when it was taken and digitized
    *range(0x9010, 0x9013),  # the time zone
    *range(0x9201, 0x920B),  # shutter, aperture, brightness, bias, distance, metering, light, flash, focal length
    *range(0x9290, 0x9293),  # fractions of the second
    *range(0xA402, 0xA407),  # exposure mode, white balance, zoom, focal length in 35 mm, scene
    *range(0xA432, 0xA435),  # the lens, without its number
)
MOST = 60_000
"""Largest block in bytes; a JPEG can hold little more."""


def kept_exif(image: Image.Image, *, keep_gps: bool) -> bytes:
    """The Exif block for what is made of ``image``, without orientation; empty where nothing is left, or it is broken.

    ``keep_gps``: the place where it was taken too.
    """
    try:
        source, kept = image.getexif(), Image.Exif()
        kept.update({tag: as_stored(source[tag]) for tag in KEPT if tag in source})
        details = source.get_ifd(EXIF_IFD)
        kept.get_ifd(EXIF_IFD).update({tag: details[tag] for tag in KEPT_OF_EXIF if tag in details})
        if keep_gps:
            kept.get_ifd(GPS_IFD).update(source.get_ifd(GPS_IFD))
        block = kept.tobytes()
        Image.Exif().load(block)
        if len(block) > MOST:
            return b""
    except Exception:  # damaged Exif can fail anywhere, and is no loss beside the picture
        return b""
    return block if len(kept) or kept.get_ifd(EXIF_IFD) or kept.get_ifd(GPS_IFD) else b""


def rewritable(block: bytes) -> Image.Exif:
    """An Exif block, to be changed and written again without loss."""
    exif = Image.Exif()
    exif.load(block)
    exif.update({tag: as_stored(value) for tag, value in exif.items()})
    return exif


def as_stored(value: Any) -> Any:
    """An Exif value as Pillow should write it: it reads text as Latin-1, whatever it is, and writes it as ASCII."""
    return value.encode("latin-1", "replace") if isinstance(value, str) and not value.isascii() else value


def set_resolution(exif: Image.Exif, dpi: tuple[float, float]) -> None:
    """Set the resolution, pixels an inch across and down: some programs look for it here alone."""
    exif[X_RESOLUTION], exif[Y_RESOLUTION] = dpi
    exif[RESOLUTION_UNIT] = INCH


def exif_dpi(image: Image.Image) -> tuple[float, float]:
    """The resolution in the Exif, pixels an inch across and down. Raises KeyError or ValueError where there is none."""
    exif = image.getexif()
    scale = 2.54 if exif.get(RESOLUTION_UNIT) == CENTIMETRE else 1.0
    return float(exif[X_RESOLUTION]) * scale, float(exif[Y_RESOLUTION]) * scale


def read_detail(path: Path, tag: int) -> Any:
    """The value of one tag in the Exif IFD of a file, of which only the head is read; None where it cannot be read."""
    try:
        with Image.open(path) as image:
            exif = Image.Exif()
            if image.format == "TIFF":
                exif = image.getexif()
            else:  # getexif() would decode a PNG without Exif as a whole
                exif.load(image.info.get("exif", b""))
            return exif.get_ifd(EXIF_IFD).get(tag)
    except Exception:  # somebody else's file, of any kind
        return None
