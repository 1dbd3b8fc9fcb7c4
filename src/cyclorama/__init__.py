"""cyclorama: a real-time virtual background for any webcam, on the user's own machine.

The names below are the whole public face; ``docs/api.md`` describes each. They are imported when they are first used:
``import cyclorama`` alone loads neither NumPy nor OpenCV nor a runtime.
"""

from cyclorama.core.telemetry import switch_off as _switch_off

_switch_off()

from importlib import import_module as _import_module  # noqa: E402  after the switch, which comes before all else
from typing import TYPE_CHECKING  # noqa: E402

if TYPE_CHECKING:
    from cyclorama._api.clips import ConvertReport, convert
    from cyclorama._api.cut_outs import PhotoCutter, cut_out, open_cutter
    from cyclorama._api.lists import CameraDevice, ModelListing, list_backgrounds, list_cameras, list_models
    from cyclorama._api.matting import FrameMatting, ModelInfo, open_matting
    from cyclorama._api.sessions import RunningSession, Snapshot, live, record
    from cyclorama._api.stills import (
        HeadshotFacts,
        HeadshotStill,
        IdPhotoCheck,
        IdPhotoFacts,
        IdPhotoStill,
        ProductCheck,
        ProductFacts,
        ProductStill,
        headshot,
        id_photo,
        product,
    )
    from cyclorama._api.virtual_background import VirtualBackground
    from cyclorama.core.errors import (
        CaptureError,
        CycloramaError,
        ModelError,
        NothingFoundError,
        SettingsError,
        SinkError,
    )
    from cyclorama.settings.values import (
        CaptureSettings,
        ComposeSettings,
        EncodingSettings,
        MattingSettings,
        Settings,
    )

__version__ = "0.2.0"

__all__ = [
    "CameraDevice",
    "CaptureError",
    "CaptureSettings",
    "ComposeSettings",
    "ConvertReport",
    "CycloramaError",
    "EncodingSettings",
    "FrameMatting",
    "HeadshotFacts",
    "HeadshotStill",
    "IdPhotoCheck",
    "IdPhotoFacts",
    "IdPhotoStill",
    "MattingSettings",
    "ModelError",
    "ModelInfo",
    "ModelListing",
    "NothingFoundError",
    "PhotoCutter",
    "ProductCheck",
    "ProductFacts",
    "ProductStill",
    "RunningSession",
    "Settings",
    "SettingsError",
    "SinkError",
    "Snapshot",
    "VirtualBackground",
    "__version__",
    "convert",
    "cut_out",
    "headshot",
    "id_photo",
    "list_backgrounds",
    "list_cameras",
    "list_models",
    "live",
    "open_cutter",
    "open_matting",
    "product",
    "record",
]
_HOMES = {
    "cyclorama._api.clips": ("ConvertReport", "convert"),
    "cyclorama._api.cut_outs": ("PhotoCutter", "cut_out", "open_cutter"),
    "cyclorama._api.lists": ("CameraDevice", "ModelListing", "list_backgrounds", "list_cameras", "list_models"),
    "cyclorama._api.matting": ("FrameMatting", "ModelInfo", "open_matting"),
    "cyclorama._api.sessions": ("RunningSession", "Snapshot", "live", "record"),
    "cyclorama._api.stills": (
        *("HeadshotFacts", "HeadshotStill", "headshot"),
        *("IdPhotoCheck", "IdPhotoFacts", "IdPhotoStill", "id_photo"),
        *("ProductCheck", "ProductFacts", "ProductStill", "product"),
    ),
    "cyclorama._api.virtual_background": ("VirtualBackground",),
    "cyclorama.core.errors": (
        "CaptureError",
        "CycloramaError",
        "ModelError",
        "NothingFoundError",
        "SettingsError",
        "SinkError",
    ),
    "cyclorama.settings.values": (
        *("CaptureSettings", "ComposeSettings", "EncodingSettings", "MattingSettings", "Settings"),
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # to a type checker, a module that answers for any name has every name

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for."""
        if name not in _HOME_OF:
            raise AttributeError(f"module 'cyclorama' has no attribute {name!r}")
        value = getattr(_import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
