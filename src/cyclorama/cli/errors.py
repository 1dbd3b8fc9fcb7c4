"""Print errors as one line on stderr and map them to exit codes."""

from __future__ import annotations

import contextlib
import errno
import re
import sys
import traceback

from cyclorama.cli.report import shown
from cyclorama.core.errors import CycloramaError, SinkError, reason
from cyclorama.doctor.libraries import how_to_install

INTERRUPTED = 130
USAGE = 2
CHECK_FAILED = 6
"""The file was made, but it breaks a rule that it was checked against."""
BROKEN_PIPE = 1
"""The reader of our output closed the pipe: print nothing."""

_MISSING = re.compile(r"(lib[\w.+-]+?\.so(?:\.\d+)*): cannot open shared object file")


_NAME = r"'([^']+)'(?: / '[^']+')*"
_WRONG = rf"Invalid value for {_NAME}:"
PARSED = (
    (r"No such option: (\S+?)\.? \(Possible options: (.+)\)", r"there is no option \1: did you mean \2?"),
    (r"No such option: (\S+?)\.? Did you mean (.+)\?", r"there is no option \1: did you mean \2?"),
    (r"No such option: (\S+?)\.?", r"there is no option \1"),
    (rf"Missing (?:argument|option) {_NAME}", r"\1 is missing"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", r"'\1' is more than this command takes"),
    (rf"Option {_NAME} requires an argument", r"\1 needs a value after it"),
    (rf"Option {_NAME} does not take a value", r"\1 takes no value"),
    (rf"{_WRONG} Input should be a valid integer.*", r"\1 takes a whole number"),
    (rf"{_WRONG} Input should be a valid number.*", r"\1 takes a number"),
    (rf"{_WRONG} Input should be greater than or equal to (\S+)", r"\1 takes no less than \2"),
    (rf"{_WRONG} Input should be less than or equal to (\S+)", r"\1 takes no more than \2"),
    (rf"{_WRONG} (.+)", r"\1: \2"),
)
"""What the parser says, and how we say it."""


def usage_text(message: str) -> str:
    """The parser's ``message`` in our words."""
    for theirs, ours in PARSED:
        if match := re.fullmatch(theirs, message):
            return match.expand(ours)
    return message


def complain(text: str, kind: str = "error") -> None:
    """Print ``cyclorama: error: ...`` on stderr, with all whitespace and line breaks of ``text`` collapsed to one
    line."""
    print(f"cyclorama: {kind}: {shown(' '.join(text.split()))}", file=sys.stderr)


def stopped(text: str) -> int:
    """Say what became of a command that was asked to stop, and return its exit code."""
    with contextlib.suppress(OSError):  # a terminal or a reader that is gone
        complain(text, "stopped")
    return INTERRUPTED


def report(error: Exception, *, debug: bool) -> int:
    """Print ``error`` and return its exit code; ``debug`` adds the traceback."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, CycloramaError):
        complain(str(error))
        return error.exit_code
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        complain(f"{error.filename}: the name is too long for a file: give a shorter one")
        return USAGE
    advice = missing_library(error)
    if advice is None:
        again = "" if debug else "; run again with --debug for the traceback"
        advice = f"unexpected {type(error).__name__}: {error}{again}"
    complain(advice)
    return 1


def report_output(error: OSError) -> int:
    """Print why standard output takes no more, and return the exit code; nothing where its reader has left."""
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    complain(f"cannot write to standard output: {reason(error)}")
    return SinkError.exit_code


def missing_library(error: BaseException) -> str | None:
    """The package to install where ``error`` is about a missing system library or Python package; None otherwise."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ImportError | OSError):
            match = _MISSING.search(str(link))
            name = match[1] if match else "libportaudio.so.2" if "PortAudio library not found" in str(link) else None
            if name is not None:
                return f"the system library {name} is missing: {how_to_install(name)}"
        if isinstance(link, ModuleNotFoundError):
            return f"the Python package {link.name} is missing: install cyclorama again (pip install .)"
        link = link.__cause__ or link.__context__
    return None
