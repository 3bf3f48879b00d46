"""Random numbers as a function of (seed, purpose, agent, partner, quarter).

There is no generator to pass around and no order to keep: asking twice gives the same answer, and
asking for one more agent changes nobody else's luck. That is what makes two branches of one world
twins. Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): the key
holds seed and purpose, the counter everything else.
"""

import functools
import hashlib

import numpy as np

from .arithmetic import normal
from .compiling import compiled, compiled_apart

LOW32 = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
ELEVEN = np.uint64(11)
MULTIPLY_0, MULTIPLY_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
BELOW_ONE = 1.0 - 2.0**-53
WEYL_0, WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)

_owners: dict[str, str] = {}


@functools.cache
def key(seed: int, purpose: str) -> np.uint64:
    """The generator's key for a purpose in the world `seed` (64 bits: two words of Philox)."""
    return np.uint64(
        int.from_bytes(hashlib.blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest(), "little")
    )


@functools.cache
def seed_of(seed: int, luck: int) -> int:
    """What draws start from: the seed of the world under its first luck, another number under any other."""
    if luck == 1:
        return seed
    return int.from_bytes(hashlib.blake2b(f"{seed}/luck {luck}".encode(), digest_size=7).digest(), "little")


def claim(purpose: str, owner: str) -> str:
    """A purpose belongs to one rule: two rules that shared one would be correlated by accident."""
    if _owners.setdefault(purpose, owner) != owner:
        raise ValueError(f"the draw {purpose!r} of {owner} already belongs to {_owners[purpose]}")
    return purpose


@compiled
def philox(c0, c1, c2, c3, k0, k1):
    """Four 32-bit words (in uint64) for a counter of four words and a key of two."""
    for _ in range(10):
        p0 = MULTIPLY_0 * c0
        p1 = MULTIPLY_1 * c2
        c0, c1, c2, c3 = (p1 >> SHIFT) ^ c1 ^ k0, p1 & LOW32, (p0 >> SHIFT) ^ c3 ^ k1, p0 & LOW32
        k0 = (k0 + WEYL_0) & LOW32
        k1 = (k1 + WEYL_1) & LOW32
    return c0, c1, c2, c3


@compiled
def fraction(bits):
    """64 random bits as a number in (0, 1): the middle of one of 2^53 equal steps, as near as can be."""
    middle = (float(bits >> ELEVEN) + 0.5) * 1.1102230246251565e-16
    # the middle of the last step would be rounded to 1
    return middle if middle < 1.0 else BELOW_ONE


@compiled
def uniforms(k, agent, partner, quarter):
    """Two independent numbers in (0, 1), 53 random bits each, for one key and counter."""
    a, b, c, d = philox(
        np.uint64(agent), np.uint64(partner), np.uint64(quarter), np.uint64(0), k & LOW32, k >> SHIFT
    )
    return fraction(a << SHIFT | b), fraction(c << SHIFT | d)


@compiled
def coarse(bits):
    """32 random bits as a number in (0, 1): the middle of one of 2^32 equal steps."""
    return (float(bits) + 0.5) * 2.3283064365386963e-10


@compiled
def three_uniforms(k, agent, partner, quarter):
    """Three independent numbers in (0, 1), 32 random bits each, at the cost of one."""
    a, b, c, _ = philox(
        np.uint64(agent), np.uint64(partner), np.uint64(quarter), np.uint64(0), k & LOW32, k >> SHIFT
    )
    return coarse(a), coarse(b), coarse(c)


@compiled
def uniform(k, agent, partner, quarter):
    """One number in (0, 1)."""
    return uniforms(k, agent, partner, quarter)[0]


@compiled_apart
def each_uniform(k, rows, ids, generation, quarter, out):
    """A number in (0, 1) for each of the `rows` of a table."""
    for n in range(rows.shape[0]):
        out[n] = uniform(k, ids[rows[n]], generation[rows[n]], quarter)


@compiled_apart
def as_normals(column):
    """Numbers in (0, 1) become standard normal deviates."""
    for n in range(column.shape[0]):
        column[n] = normal(column[n])


@compiled_apart
def normals(k, rows, ids, generation, quarter, out):
    """A standard normal deviate for each of the `rows` of a table."""
    for n in range(rows.shape[0]):
        out[n] = normal(uniform(k, ids[rows[n]], generation[rows[n]], quarter))
