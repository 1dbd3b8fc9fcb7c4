"""The kinds of networks: the adapter of each, and the default contract of an imported file.

A new kind is one class, derived from :class:`cyclorama.matting.networks.onnx.base.OnnxModel`, and one line here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkKind:
    """``adapter``: the class as ``module:Class``, imported on use; empty for bundled networks, which are opened by
    name. ``like``: the catalogue's model whose contract is the default for an imported file; empty if files of this
    kind cannot be imported.
    """

    adapter: str = ""
    like: str = ""


KINDS: dict[str, NetworkKind] = {
    "selfie": NetworkKind(),
    "rvm": NetworkKind("cyclorama.matting.networks.onnx.rvm:RvmModel", like="rvm"),
    "modnet": NetworkKind("cyclorama.matting.networks.onnx.modnet:ModnetModel", like="modnet"),
    "salient": NetworkKind("cyclorama.matting.networks.onnx.salient:SalientModel", like="isnet"),
}
