"""How much is chance: planted sizes come back, nothing is made of nothing."""

import numpy as np
import pandas as pd
import pytest

from experiments.judge import signal
from experiments.measure.futures import FOCUS, PLACEBO
from experiments.measure.measures import HORIZONS, PRIMARY
from experiments.run.world import CONTROL
from experiments.tell.chance import by_chance

ONE = next(one for one in PRIMARY if one.name == "goods_gain")
WORLDS = 400


def values(effect: float, chance: float) -> pd.DataFrame:
    """Worlds in which arms differ by so much, and by what chance does to each."""
    rng, rows = np.random.default_rng(1), []
    arms = (CONTROL, FOCUS, PLACEBO[CONTROL], PLACEBO[FOCUS])
    for world in range(WORLDS):
        own = effect * rng.standard_normal()
        for arm in arms:
            value = (own if arm in (FOCUS, PLACEBO[FOCUS]) else 0.0) + chance * rng.standard_normal()
            rows += [(world, 1, arm, ONE.name, horizon, value) for horizon in (20, 40, 80)]
    return pd.DataFrame(rows, columns=["world", "luck", "arm", "outcome", "horizon", "value"])


def quarters(sizes: tuple[float, float, float]) -> pd.DataFrame:
    """Two futures of each world that differ by so much in output, consumption and unemployment."""
    rng, rows = np.random.default_rng(2), []
    for world in range(WORLDS):
        news = rng.standard_normal(3) * sizes
        for arm, on in ((CONTROL, 0.0), (PLACEBO[CONTROL], 1.0)):
            levels = 50.0 * np.exp(on * news[:2] / 100.0), 0.05 + on * news[2] / 100.0
            rows += [(world, 1, arm, since, *levels[0], levels[1]) for since in range(1, 81)]
    return pd.DataFrame(rows, columns=["world", "luck", "arm", "since", *signal.SERIES])


def test_the_share_is_that_of_what_was_planted():
    for effect, chance in ((3.0, 1.0), (1.0, 2.0)):
        found = signal.shares(values(effect, chance), [ONE], [(FOCUS, CONTROL)])
        assert list(found["horizon"]) == list(HORIZONS)
        noise, whole = 2.0 * chance**2, effect**2 + 2.0 * chance**2
        assert found["share"].to_numpy() == pytest.approx(noise / whole, rel=0.2)
        assert found["placebo"].to_numpy() == pytest.approx(np.sqrt(noise), rel=0.1)


def test_without_chance_all_is_signal_and_without_differences_nothing_is_asked():
    assert (signal.shares(values(1.0, 0.0), [ONE], [(FOCUS, CONTROL)])["share"] == 0.0).all()
    assert signal.shares(values(0.0, 0.0), [ONE], [(FOCUS, CONTROL)]).empty


def test_the_placebo_moves_output_consumption_and_unemployment_by_what_was_planted():
    sizes = (0.5, 0.3, 0.8)
    found = signal.noise(quarters(sizes))
    for (_, part), size in zip(found.groupby("series", sort=False), sizes, strict=True):
        assert part["rms"].to_numpy() == pytest.approx(size, rel=0.1)
        assert ((part["low"] < part["rms"]) & (part["rms"] < part["high"])).all()
        assert ((part["low"] < size) & (size < part["high"])).all()


def test_a_record_without_placebos_has_no_noise():
    found = signal.signal(
        values(1.0, 1.0), [ONE], [(FOCUS, CONTROL)], quarters((1, 1, 1)).query("arm == @CONTROL")
    )
    assert found.noise.empty
    assert len(by_chance(found)) == 4


def test_what_is_told_is_what_the_tables_say():
    found = signal.signal(values(3.0, 1.0), [ONE], [(FOCUS, CONTROL)], quarters((0.5, 0.3, 0.8)))
    told = "\n".join(by_chance(found))
    for share in found.shares["share"]:
        assert f"{100 * share:.0f} %" in told
    for series in signal.SERIES:
        assert f"| {series} " in told
