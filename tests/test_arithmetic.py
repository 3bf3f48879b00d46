"""exp, log, normal, bell and logistic: the same bits in every reading, and right to about the last bit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from sim.engine.arithmetic import bell, exp, log, logistic, normal
from sim.engine.compiling import compiled


@compiled
def all_exp(x, out):
    for i in range(x.shape[0]):
        out[i] = exp(x[i])


@compiled
def all_log(x, out):
    for i in range(x.shape[0]):
        out[i] = log(x[i])


@compiled
def all_normal(x, out):
    for i in range(x.shape[0]):
        out[i] = normal(x[i])


@compiled
def all_bell(x, out):
    for i in range(x.shape[0]):
        out[i] = bell(x[i])


@compiled
def all_logistic(x, out):
    for i in range(x.shape[0]):
        out[i] = logistic(x[i])


FUNCTIONS = {"exp": exp, "log": log, "normal": normal, "bell": bell, "logistic": logistic}
LOOPS = {"exp": all_exp, "log": all_log, "normal": all_normal, "bell": all_bell, "logistic": all_logistic}
LEAST, MOST = 2.2250738585072014e-308, 1.7976931348623157e308
EDGES = {
    "exp": [-math.inf, -1e9, -700.0, -5e-324, -0.0, 0.0, 0.3465735902799727, 1.0, 700.0, 1e9, math.inf],
    "log": [LEAST, 0.5, 0.7071067811865475, 0.7071067811865476, 1.0, 2.0, MOST],
    "normal": [2.0**-54, 1e-12, 1.4e-11, 0.075, 0.5, 0.925, 0.9999, 1.0 - 2.0**-53],
    "bell": [2.0**-54, 1e-12, 0.5, 1.0 - 2.0**-53],
    "logistic": [-math.inf, -800.0, -1.0, 0.0, 1.0, 40.0, 800.0, math.inf],
}
DOMAINS = {
    "exp": st.floats(allow_nan=False),
    "log": st.floats(LEAST, MOST),
    "normal": st.floats(2.0**-54, 1.0 - 2.0**-53),
    "bell": st.floats(2.0**-54, 1.0 - 2.0**-53),
    "logistic": st.floats(allow_nan=False),
}
rng = np.random.default_rng(1)
SAMPLES = {
    "exp": np.concatenate([rng.uniform(-700.0, 700.0, 4000), rng.uniform(-2.0, 2.0, 4000)]),
    "log": np.concatenate([10.0 ** rng.uniform(-300.0, 300.0, 4000), rng.uniform(0.4, 2.1, 4000)]),
    "normal": np.concatenate([rng.uniform(size=4000), 10.0 ** rng.uniform(-16.0, -0.4, 4000)]),
    "bell": rng.uniform(size=8000),
    "logistic": rng.uniform(-50.0, 50.0, 8000),
}


def on_vectors(name: str, x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    LOOPS[name](x, out)
    return out


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loop_gives_the_bits_of_plain_python(name):
    x = np.concatenate([SAMPLES[name], EDGES[name]])
    by_hand = np.array([FUNCTIONS[name].plain(value) for value in x.tolist()])
    assert on_vectors(name, x).tobytes() == by_hand.tobytes()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_compiled_call_gives_the_bits_of_plain_python(name):
    function = FUNCTIONS[name]

    @given(DOMAINS[name])
    def same(x):
        assert function(x).hex() == function.plain(x).hex()

    same()


@pytest.mark.parametrize(
    ("name", "exact", "steps"), [("exp", np.exp, 1.5), ("log", np.log, 2.0), ("logistic", special.expit, 3.0)]
)
def test_within_steps_of_the_last_bit(name, exact, steps):
    x = SAMPLES[name]
    right = exact(x)
    assert np.max(np.abs(on_vectors(name, x) - right) / np.spacing(np.abs(right))) <= steps


def test_normal_inverts_the_distribution_function():
    x = SAMPLES["normal"]
    right = special.ndtri(x)
    assert np.max(np.abs(on_vectors("normal", x) - right) / np.maximum(np.abs(right), 0.1)) < 2e-15


def test_normal_is_even_handed_and_never_turns_back():
    below = np.sort(rng.integers(1, 2**52, 4000)) * 2.0**-53
    low, high = on_vectors("normal", below), on_vectors("normal", 1.0 - below)
    assert (low == -high).all()
    assert (np.diff(low) >= 0.0).all()


def test_a_bell_has_mean_0_variance_1_and_is_near_normal():
    x = on_vectors("bell", np.random.default_rng(2).uniform(size=400_000))
    assert x.mean() == pytest.approx(0.0, abs=0.005)
    assert x.var() == pytest.approx(1.0, abs=0.005)
    assert (x**3).mean() == pytest.approx(0.0, abs=0.02)
    assert (x**4).mean() - 3.0 == pytest.approx(-0.3, abs=0.03)  # of four uniform numbers: -6/5 over 4
    assert np.abs(x).max() <= 3.4642
    share = np.array([(x < z).mean() for z in (-2.0, -1.0, 0.0, 1.0, 2.0)])
    assert share == pytest.approx(special.ndtr([-2.0, -1.0, 0.0, 1.0, 2.0]), abs=0.01)


def test_exact_values():
    assert exp.plain(0.0) == exp(0.0) == 1.0
    assert log.plain(1.0) == log(1.0) == 0.0
    assert normal.plain(0.5) == normal(0.5) == 0.0
    assert logistic.plain(0.0) == logistic(0.0) == 0.5


def test_exp_holds_its_argument_so_that_nothing_overflows():
    assert exp.plain(1e300) == exp.plain(700.0) == exp(math.inf)
    assert exp.plain(-1e300) == exp.plain(-700.0) == exp(-math.inf) > 0.0
    assert logistic.plain(1e300) == logistic(math.inf) == 1.0


@pytest.mark.parametrize(
    ("name", "outside"),
    [
        ("exp", [math.nan]),
        ("log", [math.nan, 0.0, -1.0, math.inf, -math.inf]),
        ("normal", [math.nan, 0.0, 1.0, -0.5, 2.0, math.inf]),
        ("logistic", [math.nan]),
    ],
)
def test_what_has_no_answer_is_no_number(name, outside):
    assert np.isnan(on_vectors(name, np.array(outside))).all()
    assert all(math.isnan(FUNCTIONS[name].plain(x)) for x in outside)
