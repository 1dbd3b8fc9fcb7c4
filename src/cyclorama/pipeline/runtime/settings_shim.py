"""For as long as the table of settings is not here."""

from __future__ import annotations

from dataclasses import replace

from cyclorama.core.errors import SettingsError
from cyclorama.settings.values import Settings

SECTIONS = {
    "capture": {
        "mirror": "mirror",
        "rotate": "rotate",
        "fit": "fit",
        "frame": "frame",
        "zoom": "zoom",
        "pan": "pan_xy",
    },
    "matting": {n: n for n in ("model", "provider", "quality", "every", "smooth", "edge", "threshold")},
    "compose": {n: n for n in ("background", "light_wrap")},
}
OWN = ("source", "away")
LIVE = {key for keys in SECTIONS.values() for key in keys} | set(OWN)


def change_settings(settings: Settings, **changes: object) -> Settings:
    """``settings`` with other values."""
    new = {section: {keys[k]: v for k, v in changes.items() if k in keys} for section, keys in SECTIONS.items()}
    sections = {name: replace(getattr(settings, name), **values) for name, values in new.items() if values}
    return replace(settings, **sections, **{k: v for k, v in changes.items() if k in OWN})  # type: ignore[arg-type]


def is_live(key: str) -> bool:
    """Whether it can change while a session runs. Raises SettingsError where there is no such setting."""
    if key not in LIVE and key not in ("size", "fps", "to", "codec", "mic"):
        raise SettingsError(f"there is no setting {key}")
    return key in LIVE
