"""Run all checks, in the order in which a user would fix their findings."""

from __future__ import annotations

from cyclorama.core.errors import CaptureError
from cyclorama.doctor.finding import CallPart, Finding, Status
from cyclorama.doctor.libraries import SOUND_LIBRARY, check_libraries
from cyclorama.doctor.privacy import check_private
from cyclorama.doctor.system import System


def examine(system: System | None = None) -> list[Finding]:
    """Run all checks. Takes about a second; opens no camera, changes nothing."""
    from cyclorama.doctor import installation

    system = system or System()
    findings: list[Finding | None] = [installation.check_bundled()]
    if system.is_linux:
        findings += check_libraries()
    findings += [installation.check_opencv(), installation.check_network()]
    findings += _devices(system)
    if not any(finding is not None and finding.id == SOUND_LIBRARY and finding.fix for finding in findings):
        findings.append(_microphones())
    findings += [installation.check_display(), installation.check_onnxruntime(system)]
    findings += [check_private(is_linux=system.is_linux)]
    return [finding for finding in findings if finding is not None]


def _devices(system: System) -> list[Finding | None]:
    from cyclorama.doctor import devices
    from cyclorama.doctor.kernel_module import check_module
    from cyclorama.doctor.portal import check_portal
    from cyclorama.sinks.virtual_camera.pipewire.check import look_for_pipewire
    from cyclorama.sinks.virtual_camera.v4l2loopback import list_virtual_cameras

    findings = [devices.check_permissions(system), _cameras()]
    if not system.is_linux:
        return [*findings, devices.check_obs(system)]
    pipewire = devices.check_pipewire(look_for_pipewire())
    loopback = [check_module(system)]
    if loopback[0].status is not Status.FAIL:
        loopback.append(devices.check_virtual_cameras(list_virtual_cameras()))
    if pipewire.status is not Status.OK:
        return [*findings, pipewire, *loopback]
    return [*findings, pipewire, check_portal(), *(devices.beside_pipewire(finding) for finding in loopback)]


def _microphones() -> Finding:
    from cyclorama.capture.portaudio import list_microphones
    from cyclorama.doctor.sound import check_microphones

    return check_microphones(list_microphones)


def _cameras() -> Finding:
    from cyclorama.doctor.devices import check_cameras

    try:
        from cyclorama.capture.devices import list_cameras

        return check_cameras(list_cameras())
    except CaptureError as error:
        return Finding("camera", CallPart.CAMERA, Status.WARN, "cameras cannot be listed here", str(error))
    except ImportError as error:  # OpenCV does not load: it has its own finding with the fix
        return Finding("camera", CallPart.CAMERA, Status.FAIL, f"cameras cannot be listed: {error}", "see opencv")
