"""Make headshots of one photo, clip or camera: every preset before every backdrop, and a sheet to choose from."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from cyclorama.background.base import Background
from cyclorama.background.opening import OutputMode, open_background
from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.files.targets import check_not_input, check_target, make_folder
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.pictures.encode import OPAQUE, SUFFIXES, check_suffix
from cyclorama.pictures.photo import write_photo
from cyclorama.stills.cut_out.choice import best_model_for_people, chosen_model
from cyclorama.stills.headshot.best_frame import Progress, Score, Wait
from cyclorama.stills.headshot.person import Framed, Person, cut_out_person, framed
from cyclorama.stills.headshot.picture import before_backdrop, finished
from cyclorama.stills.headshot.preset import Preset, find_presets, load_studio
from cyclorama.stills.headshot.sheet import sheet, small_size
from cyclorama.stills.headshot.source import ChosenPicture, choose_picture, opened_source, output_stem
from cyclorama.stills.headshot.studio import studio
from cyclorama.stills.portrait.face import FaceFinder

ADDED = "-headshot"
"""Appended to the name of the source for the name of the headshot."""
TRANSPARENT = "transparent"
SLIGHT = 1.05
"""Notes mention an enlargement or a tighter frame from this factor on."""
LEVEL_DEG = 0.5
"""Notes mention eyes that slope by more than this."""
_Job = tuple[Path, Preset, str]
"""The file, the preset and the name of the background of one headshot."""


@dataclass(frozen=True, slots=True)
class HeadshotOrder:
    """What to make.

    ``presets``, ``backgrounds``: names, at least one of each; a background is a backdrop of the studio, or anything
    that ``--background`` takes elsewhere. ``output``: a file for one headshot, or a folder; None writes beside the
    source. ``sheet``: the file for a contact sheet of all presets before all backdrops. ``light_wrap``: strength, 0 to
    1. ``model``: a name, or ``auto``. ``countdown_s``: seconds before a camera's burst.
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
    """One headshot that was written. ``enlarged``: pixels of the headshot per pixel of the photo. ``tighter``: see
    :class:`FrameBox`. ``notes``: sentences for the user about its quality."""

    target: Path
    preset: str
    background: str
    size_wh: SizeWH
    enlarged: float
    tighter: float
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HeadshotReport:
    """What was made. ``time_s``, ``score``: of the chosen frame of a clip or camera, None for a photo. ``slope_deg``:
    the clockwise roll of the eyes in the picture, which the headshots level."""

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
    """Make all headshots of ``order``; None where ``stop`` was set before the last one was started.

    ``source``: a photo, a clip, or a camera (see :func:`opened_source`). Raises SettingsError, CaptureError,
    ModelError, SinkError. A SinkError while writing leaves the headshots that were written before.
    """
    presets = find_presets(order.presets)
    with ExitStack() as opened:
        backdrops = {name: open_backdrop(name, opened) for name in order.backgrounds}
        jobs = _plan(source, order, presets, backdrops)
        _check_targets(source, order, [target for target, _, _ in jobs])
        looked_at = opened.enter_context(opened_source(source))  # a wrong name is told before a network is loaded
        finder = opened.enter_context(FaceFinder())
        network = opened.enter_context(open_model(chosen_model(order.model, best_model_for_people)))
        found = choose_picture(
            looked_at, source, finder, stop, countdown_s=order.countdown_s, on_wait=on_wait, on_progress=on_progress
        )
        if found is None:
            return None
        on_sheet = [] if order.sheet is None else find_presets(["all"])
        person = cut_out_person(found.pixels, found.face, network, on_sheet or presets, opaque=found.opaque)
        shots = _write_shots(jobs, person, backdrops, order, stop)
        if shots is None:
            return None
        if order.sheet is not None:
            make_folder(order.sheet.parent)
            write_photo(order.sheet, _sheet(person, on_sheet, backdrops, order), overwrite=order.overwrite)
        return _report(source, network.info, found, order, shots)


def _report(
    source: str, model: ModelInfo, found: ChosenPicture, order: HeadshotOrder, shots: list[Shot]
) -> HeadshotReport:
    slope_deg = round(found.face.roll_deg, 1)
    return HeadshotReport(source, model, slope_deg, found.faces, found.time_s, found.score, order.sheet, shots)


def open_backdrop(name: str, opened: ExitStack) -> Background | None:
    """Open a backdrop of the studio, or any background that ``--background`` takes; None for ``transparent``.

    ``opened`` closes it. Raises SettingsError.
    """
    backdrop: Background | None = studio(name)
    if backdrop is not None:
        return backdrop
    if name.startswith("studio"):
        raise SettingsError(f"background {name!r}: the studio has {', '.join(load_studio())}")
    choice = open_background(name)
    if choice.background is not None:
        opened.callback(choice.background.close)
    if choice.mode not in (OutputMode.REPLACE, OutputMode.TRANSPARENT):
        raise SettingsError(f"background {name!r} is none for a headshot: give a backdrop, or transparent")
    return choice.background


def _plan(
    source: str, order: HeadshotOrder, presets: list[Preset], backdrops: dict[str, Background | None]
) -> list[_Job]:
    """Name the file of every headshot: each preset before each backdrop. Raises SettingsError, SinkError."""
    pairs = [(preset, name) for preset in presets for name in backdrops]
    output = order.output
    if output is not None and output.suffix.lower() in SUFFIXES and not output.is_dir():
        return [_single_job(output, pairs, backdrops)]
    if output is not None and output.suffix and not output.is_dir():
        raise SettingsError(f"--output {output}: write a folder, or a file ending in {', '.join(SUFFIXES)}")
    stem = output_stem(source)
    jobs = []
    for preset, name in pairs:
        parts = [stem.name + ADDED, *([preset.name] if len(presets) > 1 else [])]
        parts += [_name_part(name)] if len(backdrops) > 1 else []
        suffix = preset.suffix(transparent=backdrops[name] is None)
        jobs.append(((output or stem.parent) / ("-".join(parts) + suffix), preset, name))
    if len({target for target, _, _ in jobs}) < len(jobs):
        raise SettingsError("two backgrounds would have one name: make their headshots one after the other")
    return jobs


def _single_job(output: Path, pairs: list[tuple[Preset, str]], backdrops: dict[str, Background | None]) -> _Job:
    """The one headshot that fits into the file ``output``. Raises SettingsError."""
    if len(pairs) > 1:
        raise SettingsError(f"--output {output} is one file for {len(pairs)} headshots: give a folder")
    ((preset, name),) = pairs
    if backdrops[name] is None and output.suffix.lower() in OPAQUE:
        raise SettingsError(f"--output {output}: JPEG has no transparency; write .png or .webp")
    return output, preset, name


def _check_targets(source: str, order: HeadshotOrder, shots: Sequence[Path]) -> None:
    """Check every file that will be written, before anything is computed. Raises SettingsError, SinkError."""
    targets = list(shots)
    if order.sheet is not None:
        _check_sheet(order.sheet, shots)
        targets.append(order.sheet)
    for target in targets:
        check_not_input(target, source, *order.backgrounds)
        check_target(target, overwrite=order.overwrite, folders=True)


def _check_sheet(sheet: Path, targets: Sequence[Path]) -> None:
    """Raise SettingsError where the sheet has no extension of a picture, or the name of a headshot."""
    check_suffix("--sheet", sheet)
    if sheet.resolve() in {target.resolve() for target in targets}:
        raise SettingsError(f"--sheet {sheet} is a headshot's name too: give the sheet another one")


def _write_shots(
    jobs: Sequence[_Job],
    person: Person,
    backdrops: dict[str, Background | None],
    order: HeadshotOrder,
    stop: threading.Event,
) -> list[Shot] | None:
    """Write every headshot; None where ``stop`` was set before the last one. Raises CaptureError, SinkError."""
    frames = {preset.name: framed(person, preset) for _, preset, _ in jobs}
    shots = []
    for target, preset, name in jobs:
        if stop.is_set():
            return None
        shots.append(_write_shot(target, frames[preset.name], name, backdrops[name], order, person))
    return shots


def _write_shot(
    target: Path, picture: Framed, name: str, backdrop: Background | None, order: HeadshotOrder, person: Person
) -> Shot:
    preset = picture.preset
    make_folder(target.parent)
    write_photo(target, finished(picture, backdrop, order.light_wrap), dpi=preset.dpi, overwrite=order.overwrite)
    return Shot(
        target,
        preset.name,
        name,
        preset.size,
        round(picture.enlarged, 2),
        round(picture.box.tighter, 2),
        list(notes_on(picture, person)),
    )


def notes_on(picture: Framed, person: Person) -> Iterator[str]:
    """Sentences for the user about what limits the quality of a headshot."""
    if picture.enlarged > SLIGHT:
        yield f"enlarged {picture.enlarged:.1f} times, as the head is small in the photo: it is no sharper than there"
    if picture.box.tighter > SLIGHT:
        yield f"framed {picture.box.tighter:.1f} times tighter than usual, as the photo ends there"
    if abs(left := person.face.roll_deg - picture.box.roll_deg) > LEVEL_DEG:
        yield f"the eyes' line still slopes by {abs(left):.0f} degrees: turned further, the photo would end too soon"
    if person.head.cut_off:
        yield "the photo cuts the top of the head off"


def _sheet(person: Person, presets: list[Preset], chosen: dict[str, Background | None], order: HeadshotOrder) -> U8:
    """Draw the contact sheet: a row for each preset; the backdrops of the studio and those that were chosen."""
    backdrops: dict[str, Background | None] = {name: studio(name) for name in load_studio()}
    backdrops |= {name: backdrop for name, backdrop in chosen.items() if backdrop is not None}
    variants = []
    for preset in presets:
        try:
            picture = framed(person, replace(preset, size=small_size(preset.size)))
        except CaptureError:  # the photo is too tight for a preset that the user did not ask for
            continue
        for name, backdrop in backdrops.items():
            assert backdrop is not None
            variants.append((f"{preset.name}, {name}", before_backdrop(picture, backdrop, order.light_wrap)))
    return sheet(variants, columns=len(backdrops))


def _name_part(name: str) -> str:
    """The name of a background as a part of a file name: the stem of a path, with all but letters and digits as
    dashes."""
    stem = Path(name).stem if "/" in name or "\\" in name or "." in name else name
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in stem)
