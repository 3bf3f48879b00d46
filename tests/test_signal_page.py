"""The page of what is chance: the tables stand on it, and whether an aim is met is computed."""

import pandas as pd
import pytest

from experiments.document import signal


def tables(rms: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = [(name, at, "share", 0.5, 0.25, 0.31) for name in signal.ONCE for at in (20, 40, 80)]
    shares = pd.DataFrame(found, columns=["outcome", "horizon", "unit", "difference", "placebo", "share"])
    series = [
        (name, at, "%", rms, rms / 2, rms * 2) for name in ("output", "unemployment") for at in (20, 40, 80)
    ]
    return shares, pd.DataFrame(series, columns=["series", "horizon", "unit", "rms", "low", "high"])


def test_shares_stand_beside_what_they_once_were_at_both_horizons():
    told = signal.shares(tables(1.0)[0]).splitlines()[2:]
    assert len(told) == 2 * len(signal.ONCE) and all("31 %" in row for row in told)
    assert next(row for row in told if "goods gain" in row and "| 40 |" in row).endswith("73 % |")


@pytest.mark.parametrize(("rms", "within", "beyond"), [(0.4, 3, 0), (0.8, 2, 1), (3.0, 0, 3)])
def test_whether_it_is_half_of_what_it_was_is_computed(rms, within, beyond):
    told = signal.met(tables(rms)[1])
    good, _, bad = told.partition("More than half of it")
    assert (good.count(" at "), bad.count(" at ")) == (within, beyond)
    assert ("At most half of it" in told) == (within > 0)


def test_the_page_names_its_worlds(tmp_path, monkeypatch):
    for name, frame in zip(("signal", "noise"), tables(0.4), strict=True):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    monkeypatch.setattr(signal, "described", lambda folder: {"arguments": {"worlds": 20, "firms": 300}})
    told = signal.written(tmp_path)
    assert 'make compare ARGS="--worlds 20 --firms 300"' in told and "0.435" in told and "{" not in told
