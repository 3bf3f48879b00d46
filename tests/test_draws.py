"""Draws are functions: known answers, the same bits in every reading, nobody's luck depends on another's."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.engine.arithmetic import normal
from sim.engine.compiling import compiled
from sim.engine.draws import (
    as_normals,
    claim,
    each_uniform,
    fraction,
    key,
    normals,
    philox,
    uniform,
    uniforms,
)

# From the known answers of Random123 (Salmon et al. 2011): counter, key, result of philox4x32-10.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
ROOT = Path(__file__).parents[1]
WORD = st.integers(0, 2**32 - 1)
N = 20_000


@compiled
def draw_pairs(k, agents, partners, quarters, first, second):
    for i in range(agents.shape[0]):
        first[i], second[i] = uniforms(k, agents[i], partners[i], quarters[i])


def pairs(k, agents, partners=0, quarters=0):
    """Two columns of draws, one row per combination."""
    agents, partners, quarters = (
        np.ascontiguousarray(a, np.uint64) for a in np.broadcast_arrays(agents, partners, quarters)
    )
    first, second = np.empty(len(agents)), np.empty(len(agents))
    draw_pairs(k, agents, partners, quarters, first, second)
    return first, second


def words(text: str) -> list[np.uint64]:
    return [np.uint64(int(word, 16)) for word in text.split()]


@pytest.mark.parametrize(("counter", "k", "known"), KNOWN)
@pytest.mark.parametrize("reading", [philox.plain, philox], ids=["plain", "compiled"])
def test_philox_gives_the_known_answers(reading, counter, k, known):
    assert [f"{int(word):08x}" for word in reading(*words(counter), *words(k))] == known.split()


def test_a_draw_uses_the_words_in_order():
    a, b, c, d = (int(word, 16) for word in KNOWN[0][2].split())
    zero = np.uint64(0)
    assert uniforms.plain(zero, zero, zero, zero) == (
        (((a << 32 | b) >> 11) + 0.5) / 2**53,
        (((c << 32 | d) >> 11) + 0.5) / 2**53,
    )


@given(st.integers(0, 2**64 - 1), WORD, WORD, WORD)
def test_plain_and_compiled_draws_have_the_same_bits(k, agent, partner, quarter):
    by_hand = uniforms.plain(*(np.uint64(word) for word in (k, agent, partner, quarter)))
    first, second = pairs(np.uint64(k), [agent], partner, quarter)
    assert [float(u).hex() for u in by_hand] == [first[0].item().hex(), second[0].item().hex()]
    assert uniform(np.uint64(k), np.uint64(agent), np.uint64(partner), np.uint64(quarter)) == first[0]


@pytest.mark.parametrize("reading", ["plain", "machine"])
def test_every_row_has_its_number_and_its_deviate(reading):
    k, quarter, n = key(3, "a purpose"), np.uint64(5), 7
    ids, generation, rows = np.arange(10, 20), np.arange(20, 30), np.array([9, 0, 4, 3, 8, 1, 5])
    expected = [uniform.plain(k, np.uint64(10 + row), np.uint64(20 + row), quarter) for row in rows.tolist()]
    drawn, deviates = np.full((2, n), np.nan)
    getattr(each_uniform, reading)(k, rows, ids, generation, quarter, drawn)
    assert drawn.tolist() == expected
    getattr(normals, reading)(k, rows, ids, generation, quarter, deviates)
    assert deviates.tolist() == [normal.plain(u) for u in expected]
    getattr(as_normals, reading)(drawn)
    assert drawn.tolist() == deviates.tolist()


def test_a_draw_is_never_zero_or_one():
    extremes = np.uint64(0), np.uint64(2**64 - 1), np.uint64(2**63)
    assert all(
        0.0 < float(reading(bits)) < 1.0 for reading in (fraction, fraction.plain) for bits in extremes
    )
    assert fraction(np.uint64(0)) == 2.0**-54


def test_draws_are_uniform():
    for u in pairs(key(1, "a purpose"), np.arange(N)):
        assert stats.kstest(u, "uniform").pvalue > 0.001


NEIGHBOURS = {
    "the other of a pair": lambda: pairs(key(1, "a purpose"), np.arange(N))[1],
    "the next agent": lambda: pairs(key(1, "a purpose"), np.arange(1, N + 1))[0],
    "another generation": lambda: pairs(key(1, "a purpose"), np.arange(N), partners=1)[0],
    "the next quarter": lambda: pairs(key(1, "a purpose"), np.arange(N), quarters=1)[0],
    "another purpose": lambda: pairs(key(1, "another purpose"), np.arange(N))[0],
    "another world": lambda: pairs(key(2, "a purpose"), np.arange(N))[0],
}


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_draws_are_independent_of(neighbour):
    u = pairs(key(1, "a purpose"), np.arange(N))[0]
    v = NEIGHBOURS[neighbour]()
    counts = np.histogram2d(u, v, bins=8, range=((0, 1), (0, 1)))[0]
    assert stats.chisquare(counts.ravel()).pvalue > 0.001


def test_one_more_agent_changes_nobody_elses_draws():
    few, more = pairs(key(7, "luck"), np.arange(1000)), pairs(key(7, "luck"), np.arange(1001))
    assert few[0].tobytes() == more[0][:1000].tobytes()
    assert few[1].tobytes() == more[1][:1000].tobytes()


def test_order_does_not_matter():
    agents = np.random.default_rng(1).permutation(1000)
    shuffled, sorted_ = pairs(key(7, "luck"), agents)[0], pairs(key(7, "luck"), np.arange(1000))[0]
    assert (shuffled == sorted_[agents]).all()


def test_a_key_is_the_same_in_every_process():
    text = "from sim.engine.draws import key; print(int(key(1, 'a purpose')))"
    other = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(other.stdout) == int(key(1, "a purpose"))


def test_a_purpose_belongs_to_one_rule():
    claim("luck of this test", "one rule")
    assert claim("luck of this test", "one rule") == "luck of this test"
    with pytest.raises(ValueError, match="'luck of this test' of another rule already belongs to one rule"):
        claim("luck of this test", "another rule")
