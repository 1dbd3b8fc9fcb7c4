"""Commands drawn at random, as a session on a stage with a second camera and a second network understands them."""

from __future__ import annotations

import random
from pathlib import Path

Command = tuple[str, list[str]]
"""A verb and its arguments."""


def valid(draw: random.Random, folder: Path) -> Command:
    colour = f"color:#0000{draw.randrange(256):02x}"
    return draw.choice(
        [
            ("background", [colour]),
            ("background", [draw.choice(["gradient:maroon,black", str(folder / "navy ü.png")])]),
            ("mirror", draw.choice([[], ["on"], ["off"]])),
            ("model", [draw.choice(["other", "auto"])]),
            ("set", ["source", draw.choice(["0", "1"])]),
            ("set", ["rotate", draw.choice(["0", "180"])]),
            ("set", ["light-wrap", f"{draw.random():.2f}"]),
            ("set", ["smooth", f"{draw.random():.2f}"]),
            ("set", ["edge", f"{draw.uniform(-5, 2):.1f}"]),
            ("set", ["every", draw.choice(["auto", "2", "3"])]),
            ("set", ["away", draw.choice(["card", "freeze", "color:teal"])]),
            ("zoom", [f"{draw.uniform(1, 1.2):.2f}"]),
            ("quality", [draw.choice(["fast", "balanced"])]),
            ("away", draw.choice([["on"], ["off"], ["off"]])),
            ("record", draw.choice([[str(folder / f"{draw.random()}.mp4")], ["stop"]])),
            ("snapshot", [str(folder / f"{draw.random()}.png")]),
            ("status", []),
        ]
    )


def invalid(draw: random.Random, folder: Path) -> Command:
    return draw.choice(
        [
            ("background", ["none.jpg"]),
            ("background", ["transparent"]),
            ("background", [draw.choice(["", "\n", "color:", "x" * 5000, "../" * 40, "~nobody/a.png", "\udcff"])]),
            ("model", ["absent"]),
            ("set", ["source", "7"]),
            ("set", [draw.choice(["size", "fps", "to", "self", "", "__class__", "background "]), "9"]),
            ("set", ["zoom", draw.choice(["nan", "inf", "1e999", "-1", "9" * 400, "", "zwei"])]),
            ("pause", []),
            ("record", [str(folder / "no" / "a.mp4")]),
            ("record", [str(folder)]),
            ("snapshot", [str(folder)]),
            ("profile", ["none"]),
            ("zoom", []),
            ("fly", ["away"]),
        ]
    )
