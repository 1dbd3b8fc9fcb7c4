"""A picture of Pillow in, a picture of Pillow out: a person pasted over another photo, with a caption.

python pil_round_trip.py me.jpg beach.jpg postcard.png
"""

import sys

from PIL import Image, ImageDraw, ImageOps

import cyclorama


def main(photo: str, background: str, target: str) -> None:
    """Cut out in memory, then compose with Pillow alone."""
    with Image.open(photo) as opened:
        person = cyclorama.cut_out(ImageOps.exif_transpose(opened))
    with Image.open(background) as opened:
        card = ImageOps.fit(opened.convert("RGBA"), person.size)
    card.alpha_composite(person)
    ImageDraw.Draw(card).text((10, 10), "wish you were here", "white")
    card.convert("RGB").save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
