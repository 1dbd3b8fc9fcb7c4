"""Colour management by ICC profiles: to sRGB, and back to the profile of a photo."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

from cyclorama.core.frames import U8
from cyclorama.pictures.arrays import bgr_of

PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError)
"""What Pillow raises for a profile that is broken, or of another colour space."""


def is_sound_rgb(profile: bytes) -> bool:
    """Whether a colour-managed program can show RGB pixels by ``profile``."""
    try:
        ImageCms.buildTransform(_opened(profile), ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except PROFILE_ERRORS:
        return False
    return True


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """``image`` as RGB in sRGB. Without a usable profile, its levels are taken for sRGB's; ``image`` may be changed."""
    if profile:
        try:
            in_place = image.mode == "RGB"  # a photo of 60 megapixels has 240 MB
            managed = ImageCms.profileToProfile(
                image, _opened(profile), ImageCms.createProfile("sRGB"), outputMode="RGB", inPlace=in_place
            )
            return image if managed is None else managed
        except PROFILE_ERRORS:
            pass
    return image if image.mode == "RGB" else image.convert("RGB")


def from_srgb(pixels: U8, profile: bytes) -> U8:
    """BGR uint8 (H, W, 3) sRGB ``pixels`` in the colours of ``profile``, which :func:`is_sound_rgb`."""
    image = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))
    ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), _opened(profile), inPlace=True)
    return bgr_of(image)


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))
