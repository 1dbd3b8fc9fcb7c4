"""Write composites to a video file that stays playable, whatever happens while it is written."""

from __future__ import annotations

import logging
from collections.abc import Set
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
from typing_extensions import override

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.core.frames import Composite, Layout
from cyclorama.core.sound import SoundSource
from cyclorama.files.part_file import PartFile
from cyclorama.files.targets import check_target
from cyclorama.settings.values import WHOLE, EncodingSettings, Trim
from cyclorama.sinks.base import FileOptions, FileSink, OutputFormat
from cyclorama.sinks.clip.copied_sound import SoundError
from cyclorama.sinks.clip.formats import (
    CONTAINERS,
    MAX_FPS,
    PLAIN,
    SILENT,
    encoding_for,
    layouts_of,
)
from cyclorama.sinks.clip.hardware import on_hardware
from cyclorama.sinks.clip.writer import Recorder, Writer
from cyclorama.sinks.pixels import check_composite
from cyclorama.sinks.timeline import Timeline

log = logging.getLogger(__name__)


class ClipSink(FileSink):
    """A clip; the container follows the extension: .mp4, .mov, .mkv (H.264), .webm (VP9), .gif or .webp (animated).

    A matte (GRAY) is lossless in .mkv and .gif, transparency (BGRA) goes into .mov (ProRes 4444), .mkv (lossless),
    .webm, .webp and, as on or off, .gif. 4:2:0 pictures have even sides: an odd one grows by one, its last row or
    column repeated. Matroska, WebM and WebP count time in milliseconds, GIF in hundredths of a second, MP4 and MOV keep
    the composites' own time base. A .webp is held in memory and written by ``close``; it and .gif have no sound.

    The clip grows as ``NAME.part.EXT`` and gets its name from ``close``. Cut short (the process killed, the disk full)
    it plays up to its last second; after a failed ``write``, ``close`` keeps what there is under the clip's name.

    A recording (``timeline``) keeps what was captured while the timeline ran, each picture at the time of its capture.
    """

    def __init__(
        self,
        path: Path,
        *,
        overwrite: bool = False,
        audio_from: Path | None = None,
        trim: Trim = WHOLE,
        encoding: EncodingSettings = PLAIN,
        timeline: Timeline | None = None,
        microphone: SoundSource | None = None,
    ) -> None:
        """Prepare to write ``path``, with all sound of the clip ``audio_from``, in step with the composites' own times.

        ``trim``: the part of that clip that the composites show, at times less what was cut off before it.
        ``encoding``: the codec, its quality, and whether a hardware encoder may do it where one works.
        ``timeline``: make it a recording, with the sound of ``microphone``.
        Raises SettingsError for an extension that is no clip's.
        """
        if path.suffix.lower() not in CONTAINERS:
            raise SettingsError(f"{path} is no clip: give it one of the extensions {', '.join(CONTAINERS)}")
        self._path = path
        self._overwrite = overwrite
        silent = CONTAINERS[path.suffix.lower()] in SILENT
        self._audio_from = None if silent else audio_from
        self._trim = trim
        self._settings = encoding
        self._encoder = ""
        self._on_trial = False
        self._timeline = timeline
        self._microphone = None if silent else microphone
        self._part: PartFile | None = None
        self._writer: Writer | None = None

    @classmethod
    @override
    def endings(cls) -> tuple[str, ...]:
        """The extensions of containers."""
        return tuple(CONTAINERS)

    @classmethod
    @override
    def takes(cls, path: Path) -> bool:
        """Whether ``path`` has an extension of a clip."""
        return path.suffix.lower() in CONTAINERS

    @classmethod
    @override
    def to(cls, path: Path, options: FileOptions) -> Self:
        """Raises SettingsError, and what ``options.listen`` raises."""
        heard = options.timeline is not None and CONTAINERS.get(path.suffix.lower()) not in SILENT
        return cls(
            path,
            overwrite=options.overwrite,
            audio_from=options.audio_from,
            trim=options.trim,
            encoding=options.encoding,
            timeline=options.timeline,
            microphone=options.listen() if heard else None,
        )

    @property
    @override
    def is_made(self) -> bool:
        """Whether a file of that name is there."""
        return self._path.exists()

    @property
    @override
    def name(self) -> str:
        """The file."""
        return str(self._path)

    @property
    @override
    def wants_each(self) -> bool:
        """Whether it is to be given each composite once, when it is made, and not one on every beat."""
        return self._timeline is not None

    @property
    @override
    def encoder(self) -> str:
        """What encodes, as ``libx264 (software)``, once it was opened."""
        return self._encoder

    @property
    @override
    def max_fps(self) -> Fraction | None:
        """The highest rate that players show as it is."""
        return MAX_FPS.get(self._path.suffix.lower())

    @property
    @override
    def layouts(self) -> Set[Layout]:
        """What the container can carry."""
        return layouts_of(self._path.suffix)

    @override
    def check(self) -> None:
        """Raise the SinkError that ``open`` would, for a file that cannot be created, without creating it."""
        check_target(self._path, overwrite=self._overwrite)

    @override
    def open(self, output: OutputFormat) -> None:
        """Create the file. Raises SinkError, and SettingsError for a layout that the container cannot carry."""
        self._start(output, hardware=self._settings.hardware)

    def _start(self, output: OutputFormat, *, hardware: bool) -> None:
        encoding = encoding_for(self._path, output.layout, self._settings)
        if hardware:
            encoding = on_hardware(encoding, output.size_wh) or encoding
        part = PartFile(self._path, overwrite=self._overwrite)
        container = CONTAINERS[self._path.suffix.lower()]
        try:
            if self._timeline is None:
                self._writer = Writer(part, container, encoding, output, self._audio_from, self._trim)
            else:
                self._writer = Recorder(part, container, encoding, output, self._timeline, self._microphone)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            part.discard()
            raise SinkError(f"cannot start the clip {self._path}: {error}; try another extension or size") from error
        except BaseException:
            part.discard()
            raise
        self._part = part
        self._encoder = f"{encoding.codec} ({'hardware' if encoding.hardware else 'software'})"
        self._on_trial = encoding.hardware

    @override
    def write(self, composite: Composite) -> None:
        """Encode one composite. Raises SinkError."""
        if self._part is None or self._writer is None:
            raise SinkError(f"{self._path} is not open: call open() before write()")
        check_composite(composite, self._writer.output, self.name)
        try:
            self._writer.write(composite)
        except (av.error.FFmpegError, OSError) as error:
            failure = self._failure(self._part, error)
            if not self._on_trial or self._part.error is not None or isinstance(error, SoundError):
                # The traceback would keep the encoder and its threads alive for as long as somebody holds the error.
                raise failure from error.with_traceback(None)
            # a chip may pass the trial and still refuse one more session, as NVENC does on some cards
            log.warning("%s does not work after all (%s): software encodes in its place", self._encoder, error)
            output = self._writer.output
            self.abort()
            self._start(output, hardware=False)
            self.write(composite)
        self._on_trial = False

    @override
    def conclude(self, now_ns: int) -> None:
        """End the recording, with its last picture shown up to ``now_ns``."""
        if self._timeline is not None:
            self._timeline.pause(now_ns)

    @override
    def close(self) -> None:
        """Finish the clip and give it its name. Raises SinkError; what was written is then in the file it names: a
        recording under its own name, which others get only when they are whole."""
        part, writer = self._part, self._writer
        self._part = self._writer = None
        if part is None or writer is None:
            return
        if part.error is not None:  # write() has said so
            writer.release()
            log.warning("%s ends early, where it could not be written any more", self._path)
            part.keep()
            return
        try:
            writer.finish()
        except (av.error.FFmpegError, OSError) as error:
            failure = self._failure(part, error)
            if self._timeline is not None:
                part.keep()
            elif (left := part.leave()) is not None:
                failure = SinkError(f"{failure}; what there is plays: {left}")
            raise failure from error.with_traceback(None)
        part.keep()

    @override
    def abort(self) -> None:
        """Give up: no file is left."""
        part = self._stopped()
        if part is not None:
            part.discard()

    @override
    def leave(self) -> Path | None:
        """Give up after a failed ``write``: what plays is left beside the target, whose name stays free.

        Returns the file; None where there is none.
        """
        part = self._stopped()
        return None if part is None else part.leave()

    def _stopped(self) -> PartFile | None:
        part, writer = self._part, self._writer
        self._part = self._writer = None
        if part is not None and writer is not None:
            part.seal(part.error or OSError("given up"))
            writer.release()
        return part

    def _failure(self, part: PartFile, error: Exception) -> SinkError:
        """The disk's own error where there is one; error numbers of encoders and muxers mean other things."""
        if part.error is not None:
            return part.failure(part.error)
        if isinstance(error, SoundError):
            return SinkError(f"cannot write {self._path}: {error}; try an .mkv, or a clip without its sound")
        advice = "give --no-hardware" if "hardware" in self._encoder else "try another extension"
        return SinkError(f"cannot encode {self._path} with {self._encoder}: {error}; {advice}")
