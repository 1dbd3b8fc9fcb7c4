"""The kinds of networks: which adapter runs each, and whose contract an imported file of it has.

A new kind is one class, derived from :class:`cyclorama.matting.networks.onnx.base.OnnxModel`, and one line here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkKind:
    """``adapter``: the class, as ``module:Class``, imported when it is used; empty where the package brings the
    networks, which are opened by name. ``like``: the model of the catalogue whose contract an imported file has where
    nothing else is said; empty where files of this kind cannot be imported.
    """

    adapter: str = ""
    like: str = ""


KINDS: dict[str, NetworkKind] = {
    "selfie": NetworkKind(),
    "rvm": NetworkKind("cyclorama.matting.networks.onnx.rvm:RvmModel", like="rvm"),
    "modnet": NetworkKind("cyclorama.matting.networks.onnx.modnet:ModnetModel", like="modnet"),
    "salient": NetworkKind("cyclorama.matting.networks.onnx.salient:SalientModel", like="isnet"),
}
