"""One picture of a person becomes headshots: before backdrops, in the sizes that are asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from cyclorama.background.base import Background
from cyclorama.background.opening import OutputMode, open_background
from cyclorama.core.errors import CaptureError, SettingsError, SinkError, reason
from cyclorama.core.frames import U8, SizeWH
from cyclorama.files.targets import check_not_input, check_target
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.pictures.encode import OPAQUE, SUFFIXES
from cyclorama.pictures.photo import write_photo
from cyclorama.stills.cut_out.choice import best_model_for_people
from cyclorama.stills.headshot.moment import Progress, Score, Wait
from cyclorama.stills.headshot.person import Framed, Person, cut_out_person, framed
from cyclorama.stills.headshot.picture import before_backdrop
from cyclorama.stills.headshot.preset import Preset, find_presets, load_studio
from cyclorama.stills.headshot.sheet import sheet, small_size
from cyclorama.stills.headshot.source import find_picture, stem_of
from cyclorama.stills.headshot.studio import studio
from cyclorama.stills.portrait.face import FaceFinder

ADDED = "-headshot"
"""To the source's name where the headshot lies beside it."""
TRANSPARENT = "transparent"
SLIGHT = 1.05
"""A change of size by less is not worth a word."""
LEVEL_DEG = 0.5


@dataclass(frozen=True, slots=True)
class HeadshotOrder:
    """What is to be made.

    ``presets``, ``backgrounds``: names, at least one of each; backgrounds are the studio's, or as everywhere.
    ``output``: a file for one headshot, or a folder; None: beside the source. ``sheet``: a file for a sheet of all
    presets before all backdrops. ``light_wrap``: 0 to 1. ``model``: a name, or ``auto``. ``countdown_s``: of a camera.
    """

    presets: Sequence[str] = ("square",)
    backgrounds: Sequence[str] = ("studio-grey",)
    output: Path | None = None
    sheet: Path | None = None
    light_wrap: float = 0.3
    model: str = "auto"
    countdown_s: float = 3.0
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Shot:
    """One headshot that was written. ``notes``: what is to be known of it, for people."""

    target: Path
    preset: str
    background: str
    size_wh: SizeWH
    enlarged: float
    tighter: float
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HeadshotReport:
    """``time_s``, ``score``: of a clip's or camera's best moment. ``slope_deg``: of the eyes in the picture, clockwise;
    the headshots are turned back by it."""

    source: str
    model: ModelInfo
    slope_deg: float
    faces: int
    time_s: float | None
    score: Score | None
    sheet: Path | None
    shots: list[Shot]


def make_headshots(
    source: str,
    order: HeadshotOrder,
    *,
    stop: threading.Event,
    on_wait: Wait = lambda seconds: None,
    on_progress: Progress = lambda done, total: None,
) -> HeadshotReport | None:
    """Make all headshots of ``order``; None where ``stop`` was set before the last one was begun.

    ``source``: a photo, a clip, or a camera (see :func:`find_picture`). Raises SettingsError, CaptureError, ModelError,
    SinkError; then nothing was written, or the headshots before the one that could not be.
    """
    presets = find_presets(list(order.presets))
    with ExitStack() as opened:
        backdrops = _open_all(order.backgrounds, opened)
        jobs = _plan(source, order, presets, backdrops)
        targets = [target for target, _, _ in jobs]
        if order.sheet is not None:
            _check_sheet(order.sheet, targets)
            targets.append(order.sheet)
        for target in targets:
            check_not_input(target, source, *order.backgrounds)
            check_target(target, overwrite=order.overwrite)
        finder = opened.enter_context(FaceFinder())
        name = best_model_for_people() if order.model == "auto" else order.model
        network = opened.enter_context(open_model(name))
        found = find_picture(
            source, finder, stop, countdown_s=order.countdown_s, on_wait=on_wait, on_progress=on_progress
        )
        if found is None:
            return None
        wanted = presets if order.sheet is None else find_presets(["all"])
        person = cut_out_person(found.pixels, found.face, network, wanted, opaque=found.opaque)
        frames = {preset.name: framed(person, preset) for preset in presets}
        shots = []
        for target, preset, name in jobs:
            if stop.is_set():
                return None
            shots.append(_written(target, frames[preset.name], name, backdrops[name], order, person))
        if order.sheet is not None:
            write_photo(order.sheet, _sheet(person, wanted, backdrops, order), overwrite=order.overwrite)
        return HeadshotReport(
            source,
            network.info,
            round(found.face.roll_deg, 1),
            found.faces,
            found.time_s,
            found.score,
            order.sheet,
            shots,
        )


def _open_all(names: Sequence[str], opened: ExitStack) -> dict[str, Background | None]:
    """The backdrops by name; None stands for no backdrop at all."""
    backdrops: dict[str, Background | None] = {}
    for name in names:
        backdrop: Background | None = studio(name)
        if backdrop is None:
            if name.startswith("studio"):
                raise SettingsError(f"background {name!r}: the studio has {', '.join(load_studio())}")
            choice = open_background(name)
            if choice.mode not in (OutputMode.REPLACE, OutputMode.TRANSPARENT):
                raise SettingsError(f"background {name!r} is none for a headshot: give a backdrop, or transparent")
            backdrop = choice.background
            if backdrop is not None:
                opened.callback(backdrop.close)
        backdrops[name] = backdrop
    return backdrops


def _plan(
    source: str, order: HeadshotOrder, presets: list[Preset], backdrops: dict[str, Background | None]
) -> list[tuple[Path, Preset, str]]:
    """The file, preset and background of every headshot. Raises SettingsError."""
    pairs = [(preset, name) for preset in presets for name in backdrops]
    output, stem = order.output, stem_of(source)
    if output is not None and output.suffix.lower() in SUFFIXES and not output.is_dir():
        if len(pairs) > 1:
            raise SettingsError(f"--output {output} is one file for {len(pairs)} headshots: give a folder")
        ((preset, name),) = pairs
        if backdrops[name] is None and output.suffix.lower() in OPAQUE:
            raise SettingsError(f"--output {output}: JPEG has no transparency; write .png or .webp")
        return [(output, preset, name)]
    if output is not None and output.suffix and not output.is_dir():
        raise SettingsError(f"--output {output}: write a folder, or a file ending in {', '.join(SUFFIXES)}")
    if output is not None:
        _make_folder(output)
    jobs = []
    for preset, name in pairs:
        parts = [stem.name + ADDED, *([preset.name] if len(presets) > 1 else [])]
        parts += [_word(name)] if len(backdrops) > 1 else []
        suffix = ".png" if backdrops[name] is None and preset.format in OPAQUE else preset.format
        jobs.append(((output or stem.parent) / ("-".join(parts) + suffix), preset, name))
    if len({target for target, _, _ in jobs}) < len(jobs):
        raise SettingsError("two backgrounds would have one name: make their headshots one after the other")
    return jobs


def _check_sheet(sheet: Path, targets: Sequence[Path]) -> None:
    """Raise SettingsError where the sheet is no picture's name, or one of the headshots'."""
    if sheet.suffix.lower() not in SUFFIXES:
        raise SettingsError(f"--sheet {sheet}: write a name ending in {', '.join(SUFFIXES)}")
    if sheet.resolve() in {target.resolve() for target in targets}:
        raise SettingsError(f"--sheet {sheet} is a headshot's name too: give the sheet another one")


def _written(
    target: Path, picture: Framed, name: str, backdrop: Background | None, order: HeadshotOrder, person: Person
) -> Shot:
    preset = picture.preset
    pixels = picture.cutout if backdrop is None else before_backdrop(picture, backdrop, order.light_wrap)
    write_photo(target, pixels, dpi=preset.dpi, overwrite=order.overwrite)
    return Shot(
        target,
        preset.name,
        name,
        preset.size,
        round(picture.enlarged, 2),
        round(picture.box.tighter, 2),
        list(_notes(picture, person)),
    )


def _notes(picture: Framed, person: Person) -> Iterator[str]:
    if picture.enlarged > SLIGHT:
        yield f"enlarged {picture.enlarged:.1f} times: the head is small in the photo, and no sharper than there"
    if picture.box.tighter > SLIGHT:
        yield f"framed {picture.box.tighter:.1f} times tighter: the photo ends there"
    if abs(left := person.face.roll_deg - picture.box.roll_deg) > LEVEL_DEG:
        yield f"the eyes' line still slopes by {abs(left):.0f} degrees: turned further, the photo would end too soon"
    if person.head.cut_off:
        yield "the photo cuts the top of the head off"


def _sheet(person: Person, presets: list[Preset], chosen: dict[str, Background | None], order: HeadshotOrder) -> U8:
    """All presets, a row each, before the studio's backdrops and those that were chosen."""
    backdrops: dict[str, Background | None] = {name: studio(name) for name in load_studio()}
    backdrops |= {name: backdrop for name, backdrop in chosen.items() if backdrop is not None}
    variants = []
    for preset in presets:
        try:
            picture = framed(person, replace(preset, size=small_size(preset.size)))
        except CaptureError:  # the photo is too tight for this one; it was not asked for
            continue
        for name, backdrop in backdrops.items():
            assert backdrop is not None
            variants.append((f"{preset.name}, {name}", before_backdrop(picture, backdrop, order.light_wrap)))
    return sheet(variants, columns=len(backdrops))


def _word(name: str) -> str:
    """A background's name as a part of a file's: a path's last part, without what file systems refuse."""
    stem = Path(name).stem if "/" in name or "\\" in name or "." in name else name
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in stem)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {folder}: {reason(error)}; choose another --output") from error
