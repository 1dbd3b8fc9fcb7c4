"""What of a file's own notes goes along into what is made of it: when, and which track is what. Never where."""

from __future__ import annotations

from collections.abc import Mapping

RECORDED = ("creation_time", "date")
"""Of the file: when it was recorded."""
TITLES = ("title", "name")
"""Of a track: MP4 and MOV are read with the second."""
QUICKTIME = dict(
    pair.split(":")
    for pair in (
        *("deu:ger", "nld:dut", "fre:fra", "swe:sve", "zho:chi", "cze:ces", "nob:nor", "ell:gre", "isl:ice", "rum:ron"),
        *("slo:slk", "sqi:alb", "hye:arm", "kat:geo", "mkd:mac", "bod:tib", "mya:bur", "msa:may", "cym:wel", "eus:baq"),
        "fas:per",
    )
)
"""Languages (ISO 639-2) whose code in FFmpeg's table for MOV is another one; it drops those that it does not know."""


def recorded_of(metadata: Mapping[str, str]) -> dict[str, str]:
    """When a file was recorded, by its ``metadata``; nothing where it does not say."""
    return {key: metadata[key] for key in RECORDED if metadata.get(key)}


def track_of(metadata: Mapping[str, str], container: str) -> dict[str, str]:
    """What a track in ``container`` (FFmpeg's name of the muxer) is called, by the ``metadata`` of its source."""
    language = metadata.get("language", "")
    kept = {
        "language": QUICKTIME.get(language, language) if container == "mov" else language,
        "title": next((metadata[key] for key in TITLES if metadata.get(key)), ""),
        "handler_name": metadata.get("handler_name", ""),
    }
    return {key: value for key, value in kept.items() if value}
