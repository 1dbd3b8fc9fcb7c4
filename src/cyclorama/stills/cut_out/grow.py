"""Let the subject grow under a brush as far as the picture's edges: what a stroke means for alpha.

A stroke is a hint. The core of the brush belongs to the subject for sure; in the ring around it each pixel does if

- its colour is likelier among the subject's colours than among the room's nearby (histograms, as in Boykov and Jolly,
  "Interactive Graph Cuts", 2001), after a guided filter over that evidence (Hosni et al., "Fast Cost-Volume Filtering",
  2011), which makes it follow edges;
- and its region touches the core or the subject as it was. A region that does not touch the room outside the brush is
  filled, and so is one whose colours do not speak against it: without an edge, the brush is a plain one.

Alpha along the outline that comes out of this is that of closed-form matting, so that hair becomes fractional.

An eraser is the same with room and subject exchanged: alpha becomes 1 - alpha before and after.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.guided import guided_filter
from cyclorama.stills.cut_out.matting_laplacian import solve_alpha

CORE = 0.3
"""Radius of the brush's core, in radii of the brush: a stroke may waver, and overlap the outline by half a radius."""
SURE = 0.98
"""Alpha from which a pixel shows the subject's colours; below 1 minus this it shows the room's."""
NEARBY = 0.5
"""Standard deviation of the distance from the brush at which colours still count, in radii."""
FEW = 5.0
"""Pixels of the room nearby, weighted, below which nothing speaks against the brush."""
ENOUGH = 0.2
"""Pixels of the room nearby, in areas of the brush, from which its colours count in full: fewer may be what the stroke
left over."""
BINS = 16
"""Of the colour histograms, per channel of L*a*b*."""
RARE = 1e-4
"""Added to the frequencies: colours rarer than that say nothing."""
SMOOTH, EPSILON = 0.15, 1e-3
"""The guided filter over the evidence: its radius in radii of the brush, and its epsilon in squared ranges."""
AGAINST, MOST_EVIDENCE = -0.5, 4.0
"""Mean evidence, a log ratio, below which a region is left to the room; a pixel's evidence counts up to this much."""
BAND = 0.15
"""Half the width of the band along the outline in which alpha is solved for, in radii of the brush."""
HELD, LABELLED, HINTED, FREE = 100.0, 1.0, 0.005, 1e-4
"""Weights of what is expected: of known pixels, of labelled ones off the outline, of colour evidence, of none."""
CERTAINTY = 4
"""Power of the certainty |2 likely - 1| in the weight of a labelled pixel: what looks mixed, as hair, stays free."""
SAME = 10
"""Power of the overlap of the core's colours with the room's: only where they are next to equal is it a plain brush."""

Bools = NDArray[np.bool_]


def grow_subject(pixels: U8, alpha: F32, distance: F32, radius: float) -> F32:
    """Return what alpha, float32 (h, w) in [0, 1], becomes under a restoring brush.

    ``pixels``: BGR uint8 (h, w, 3), at least a radius wider than the stroke on each side where the photo allows it.
    ``distance``: of each pixel from the stroke's path, float32 (h, w), in pixels; ``radius`` as well. Pixels beyond
    the radius come out as if the brush covered them too; the caller keeps them.
    """
    # the core of a brush beside the photo is what lies nearest to its centre
    core, disc = distance <= max(0.5, CORE * radius, float(distance.min()) + 0.5), distance <= radius
    evidence = _evidence(pixels, alpha, core, distance / np.float32(radius))
    if evidence is None:
        return np.ones_like(alpha)
    likely = _likely(pixels, alpha, evidence, core, disc, radius)
    label = _connected(likely > 0.5, alpha > 0.5, core, disc)
    weak = _weak_regions(disc & ~label, evidence)
    label |= weak
    likely[weak] = 1
    return _solved(pixels, alpha, label, likely, evidence, core, disc, max(1, round(BAND * radius)))


def _evidence(pixels: U8, alpha: F32, core: Bools, away: F32) -> F32 | None:
    """Log ratio of the likelihoods of each pixel's colour in subject and room nearby, float32 (h, w); None without a
    room. ``away``: distance from the path in radii."""
    nearby = np.exp(np.maximum(away - 1, 0) ** 2 * np.float32(-0.5 / NEARBY**2))
    room = nearby * ((alpha <= 1 - SURE) & (away > 1))
    if room.sum() < FEW:
        return None
    subject = nearby * ((alpha >= SURE) | core)
    lab = cv2.cvtColor(pixels, cv2.COLOR_BGR2Lab).astype(np.int16)
    lab[..., 1:] = np.clip(2 * lab[..., 1:] - 128, 0, 255)  # a* and b* of photos seldom leave the inner half
    bins = lab // (256 // BINS)
    colors = (bins[..., 0] * BINS + bins[..., 1]).astype(np.intp) * BINS + bins[..., 2]
    outside = _frequencies(colors, room, ENOUGH * float((away <= 1).sum()))
    brushed = _frequencies(colors, core, 1)
    inside = (_frequencies(colors, subject, 1) + brushed) / 2
    inside += _overlap(brushed, outside) ** SAME * (outside - inside)
    ratio = np.log((inside + RARE) / (outside + RARE))
    return np.asarray(np.clip(ratio, -MOST_EVIDENCE, MOST_EVIDENCE)[colors], np.float32)


def _frequencies(colors: NDArray[np.intp], weight: F32 | Bools, least: float) -> NDArray[np.float64]:
    """The weighted histogram of ``colors``, smoothed over neighbouring bins, as shares of its sum, or of ``least``
    pixels where there are fewer: (BINS**3,)."""
    counts = np.bincount(colors.ravel(), np.float64(weight).ravel(), BINS**3).astype(np.float64)
    counts = counts.reshape(BINS, BINS, BINS)
    for axis in range(3):
        padded = np.pad(counts, [(1, 1) if axis == at else (0, 0) for at in range(3)])
        below, same, above = (np.take(padded, range(at, at + BINS), axis=axis) for at in range(3))
        counts = (below + 2 * same + above) / 4
    return np.asarray(counts / max(counts.sum(), least)).ravel()


def _overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The Bhattacharyya coefficient of two histograms with half of their bins: 1 where they are equal."""
    pairs = (BINS // 2, 2) * 3
    first, second = (counts.reshape(pairs).sum(axis=(1, 3, 5)) for counts in (one, other))
    return min(1.0, float(np.sqrt(first * second).sum()))


def _likely(pixels: U8, alpha: F32, evidence: F32, core: Bools, disc: Bools, radius: float) -> F32:
    """How likely each pixel is subject, float32 (h, w) in [0, 1]: by colour, along edges, at least ``alpha``."""
    raw = np.where(disc, np.maximum(1 / (1 + np.exp(-evidence)), alpha), alpha)
    raw[core] = 1
    smooth = guided_filter(pixels, np.asarray(raw, np.float32), max(1, round(SMOOTH * radius)), EPSILON)
    smooth[core] = 1
    return np.asarray(np.clip(np.maximum(smooth, alpha), 0, 1), np.float32)


def _connected(likely: Bools, was: Bools, core: Bools, disc: Bools) -> Bools:
    """The likely pixels whose region touches the core or the old subject, with regions filled that touch no room."""
    kept = _touching(likely, core | was)
    return ~_touching(~kept, ~disc & ~was)


def _touching(mask: Bools, seeds: Bools) -> Bools:
    """The 4-connected regions of ``mask`` that contain a seed."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    kept = np.zeros(count, np.bool_)
    kept[labels[seeds]] = True
    kept[0] = False
    return np.asarray(kept[labels])


def _weak_regions(left_out: Bools, evidence: F32) -> Bools:
    """The regions of ``left_out`` whose colours do not speak against the subject."""
    count, labels = cv2.connectedComponents(left_out.astype(np.uint8), connectivity=4)
    sums = np.bincount(labels.ravel(), evidence.ravel(), count)
    weak = sums > AGAINST * np.bincount(labels.ravel(), minlength=count)
    weak[0] = False
    return np.asarray(weak[labels])


def _solved(
    pixels: U8, alpha: F32, label: Bools, likely: F32, evidence: F32, core: Bools, disc: Bools, band: int
) -> F32:
    """Alpha of the labelled pixels, at least as it was; solved for in a band of so many pixels along their outline."""
    near = np.ones((2 * band + 1, 2 * band + 1), np.uint8)
    # the end of the brush is no outline: where the colours go on there, so does the subject, and the caller cuts it off
    around = (2 * band + 5, 2 * band + 5)
    goes_on = ~disc & (cv2.dilate((label & disc).astype(np.uint8), near) > 0) & (cv2.blur(evidence, around) > AGAINST)
    whole = np.where(disc, label | core, goes_on | (alpha > 0.5)).astype(np.uint8)
    sure = cv2.erode(whole, near) == cv2.dilate(whole, near)
    certainty = np.abs(2 * likely - 1)
    hinted = np.maximum(HINTED * certainty, FREE)
    weight = np.where(sure, np.maximum(hinted, LABELLED * certainty**CERTAINTY), hinted)
    prior = np.where(sure, whole, likely)
    outside = ~disc & ~goes_on
    prior[outside], weight[outside] = alpha[outside], HELD
    prior[core], weight[core] = 1, HELD
    weight[goes_on] = FREE
    solved = solve_alpha(pixels, np.asarray(prior, np.float32), np.asarray(weight, np.float32))
    return np.asarray(np.maximum(solved, alpha), np.float32)
