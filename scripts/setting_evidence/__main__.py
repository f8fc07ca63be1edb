"""Print the figures of ``docs/quality/settings.md``: ``python -m scripts.setting_evidence FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.setting_evidence import experiment, press


def main(folder: Path) -> None:
    """All figures from the sets below `folder`."""
    cycle, measured = press.read(folder / press.FILE)
    print(f"press with {len(press.PHASES)} documented phases, {len(cycle)} cycles")
    for name, values in (("set", press.set_values(cycle)), ("measured", measured)):
        found = press.compare(cycle, values)
        print(
            f"  by {name} values: {found.clusters} clusters, adjusted Rand index {found.rand:.3f}, "
            f"{found.own} phases with a cluster of their own, {len(found.wrong)} cycles elsewhere: "
            f"{', '.join(map(str, found.wrong)) or 'none'}"
        )
    items = experiment.read(folder / experiment.FILE)
    print(f"designed experiment, {len(items)} items x {len(items[0].settings)} settings")
    for tweak in (None, 10.0, 5.0):
        tweaks: list[float | None] = [None] * len(experiment.SETTINGS)
        tweaks[experiment.MELT] = tweak
        counts = np.bincount(experiment.settings_found(items, tweaks))
        said = ", ".join(f"{n} items have {k}" for k, n in enumerate(counts.tolist()) if n)
        print(f"  settings found, tweak of the melt temperature {tweak or '5 % of its size'}: {said}")
    random = np.random.default_rng(0)
    scales: dict[str, Callable[[experiment.Floats], experiment.Floats]] = {
        "in tweaks": experiment.in_tweaks,
        "standardised": experiment.standardised,
        "unscaled": lambda settings: settings,
        "by chance": lambda settings: random.normal(size=settings.shape),
    }
    for name, scale in scales.items():
        found_order = experiment.order(items, scale)
        print(
            f"  nearest {name}: rank correlation {found_order.rank_correlation:.2f}, results nearest, too, "
            f"{found_order.hits:.1%}, place {found_order.place:.0f} of {len(items[0].settings) - 1}, "
            f"difference left {found_order.left:.0%}"
        )
    for name, shares in experiment.transfer(items).items():
        said = ", ".join(f"{r} {s:.2f}" for r, s in zip(experiment.RESULTS, shares.tolist(), strict=True))
        print(f"  unseen item foretold by {name}: {said}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
