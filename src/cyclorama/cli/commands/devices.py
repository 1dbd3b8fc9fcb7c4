"""``cyclorama devices``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cyclorama.cli.options import JsonOption

if TYPE_CHECKING:
    from cyclorama.capture.devices import CameraDevice
    from cyclorama.capture.portaudio import MicrophoneDevice
    from cyclorama.sinks.virtual_camera.v4l2loopback import VirtualCamera

EXAMPLES = """\b
Examples:
  cyclorama devices
  cyclorama devices --json
  cyclorama live --source "part of a camera's name" --to camera:/dev/video10
  cyclorama live --to camera:pipewire                no kernel module needed
"""

MICROPHONES = "Microphones (--mic):"


def devices(json: JsonOption = False) -> int:
    """List cameras with their modes, virtual cameras, who holds a busy one, and microphones."""
    from dataclasses import asdict

    from cyclorama.capture.devices import list_cameras
    from cyclorama.capture.portaudio import list_microphones
    from cyclorama.cli.report import print_json
    from cyclorama.core.errors import CaptureError
    from cyclorama.sinks.virtual_camera.pipewire.check import look_for_pipewire
    from cyclorama.sinks.virtual_camera.v4l2loopback import list_virtual_cameras

    cameras = [camera for camera in list_cameras() if not camera.is_virtual]
    virtual = list_virtual_cameras()
    pipewire = look_for_pipewire() if sys.platform.startswith("linux") else None
    microphones: list[MicrophoneDevice] = []
    no_microphone = "none found: plug one in; cyclorama record has --no-audio"
    try:
        microphones = list_microphones()
    except CaptureError as error:
        no_microphone = str(error)
    if json:
        print_json(
            {
                "cameras": [asdict(item) for item in cameras],
                "virtual_cameras": [asdict(item) for item in virtual],
                "pipewire": asdict(pipewire) if pipewire is not None else None,
                "microphones": [asdict(item) for item in microphones],
            }
        )
    else:
        print(text(cameras, virtual))
        if pipewire is not None:
            print(f"  pipewire  Cyclorama  [{pipewire.problem or f'PipeWire {pipewire.version}'}]")
        print(microphones_text(microphones) if microphones else f"\n{MICROPHONES}\n  {no_microphone}")
    return 0


def microphones_text(microphones: list[MicrophoneDevice]) -> str:
    """The list of microphones as text."""
    lines = ["", MICROPHONES]
    for item in microphones:
        usual = "  [the system's]" if item.is_default else ""
        channels = "1 channel" if item.channels == 1 else f"{item.channels} channels"
        lines.append(f"  {item.index}  {item.name}  {channels}, {item.rate} Hz{usual}")
    return "\n".join(lines)


def text(cameras: list[CameraDevice], virtual: list[VirtualCamera]) -> str:
    """Cameras and virtual cameras as text; for an empty list, what to do."""
    lines = ["Cameras (--source):"]
    for camera in cameras:
        state = f"held by {', '.join(camera.held_by)}" if camera.held_by else "free"
        lines.append(f"  {camera.path}  {camera.name}  [{camera.problem or state}]")
        lines += [f"    {mode}" for mode in camera.modes]
    if not cameras:
        lines.append("  none found: plug one in, or see it run without one: cyclorama live --source demo --to null")
    lines += ["", "Virtual cameras (--to camera:DEVICE):"]
    for sink in virtual:
        users = f"; open in {', '.join(sink.users)}" if sink.users and not sink.problem else ""
        lines.append(f"  {sink.path}  {sink.name}  [{sink.problem or 'free'}{users}]")
    if not virtual:
        lines.append(f"  {_no_virtual_camera()}")
    return "\n".join(lines)


def _no_virtual_camera() -> str:
    if sys.platform.startswith("linux"):
        from cyclorama.sinks.virtual_camera.v4l2loopback import how_to_get_one

        return f"none found: {how_to_get_one()}"
    return "cannot be listed on this system; cyclorama doctor says whether one is installed"
