"""Every fact and claim is complete, and every parameter rests on a fact or says that it is a guess."""

import importlib
import pkgutil
import re
from itertools import pairwise

import pytest

import sim
from experiments.judge.published import LATER, PARTS, RULE, emerging, hit_range
from sim.engine.parameters import Parameters, check_sources, seeds

for module in pkgutil.walk_packages(sim.__path__, "sim."):
    importlib.import_module(module.name)  # declares the parameters that are checked here

FACTS = seeds("evidence")
CLAIMS = seeds("claims")
GLOSSARY = seeds("glossary")
STRATEGIES = {
    "external_finance",
    "sideline_platform",
    "consumer_traffic",
    "institution_traffic",
    "deep_integration",
    "adaptive_switching",
}
GROUPS = {"viability", "dividend", "soundness", "vitality", "bridge", "resilience"}


def numbers(entry):
    """`value` of a fact as a list, empty where it has none."""
    value = entry.get("value", [])
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_says_where_it_comes_from_and_what_it_is_for(name):
    fact = FACTS[name]
    allowed = {"says", "value", "band", "unit", "place", "period", "source", "use", "grade"}
    allowed |= set(RULE) if fact["use"] == "validate" else set()
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", name)
    assert {"says", "source", "grade", "use"} <= set(fact) <= allowed
    assert fact["use"] in ("calibrate", "validate")
    assert fact["grade"] in ("primary", "press", "recalled")
    assert len(fact["says"]) > 20
    assert len(fact["source"]) >= 4


@pytest.mark.parametrize("name", [n for n in FACTS if {"value", "band"} & set(FACTS[n])])
def test_a_figure_has_a_unit_and_lies_in_its_band(name):
    fact = FACTS[name]
    assert fact.get("unit"), f"{name} has a figure without a unit"
    if "band" in fact:
        low, high = fact["band"]
        assert low < high
        assert all(low <= x <= high for x in numbers(fact))
    assert all(x > 0 for x in numbers(fact))


@pytest.mark.parametrize("name", FACTS)
def test_a_share_lies_between_zero_and_one(name):
    fact = FACTS[name]
    if fact.get("unit", "").startswith("share"):
        assert all(0 < x <= 1 for x in numbers(fact)), f"{name}: a per cent written as a share?"
        assert all(0 <= x <= 1 for x in fact.get("band", [])), f"{name}: a per cent written as a share?"


def test_there_is_something_to_calibrate_with_and_something_left_to_validate_with():
    uses = [fact["use"] for fact in FACTS.values()]
    assert uses.count("calibrate") >= 20
    assert uses.count("validate") >= 30


@pytest.mark.parametrize("name", [n for n in FACTS if FACTS[n]["use"] == "validate"])
def test_a_fact_that_has_to_emerge_says_which_number_is_a_hit(name):
    fact = emerging(FACTS)[name]
    low, high, by = hit_range(name, fact)
    assert low < high
    assert ("band" in fact or "value" in fact) or by == "declared"
    assert len(fact["passes"]) > 60
    assert (": above" if high == float("inf") else ": ") in fact["passes"], "the number, a colon, the range"
    assert fact["answered_by"] in PARTS + LATER


def test_facts_that_set_the_scale_are_not_counted_as_hits():
    scale = ("PLATFORM_REVENUE", "PLATFORM_CREDIT", "CONSUMER_CREDIT", "LGD_BANK")
    assert {FACTS[name]["use"] for name in scale} == {"calibrate"}
    assert {FACTS[name]["use"] for name in ("P2P_SIZE", "EMBEDDED_LENDER_SIZE")} == {"validate"}


RULED = {"use": "validate", "band": [0.1, 0.3], "answered_by": "core", "passes": "a number: within the band"}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"passes": ""}, "X has to emerge: say in `passes` which number of the model is a hit"),
        ({"answered_by": "weather"}, "X is answered by 'weather', which is no part of the model: core, "),
        ({"band": None}, "X gives neither band nor figure: say in `hit` what would be one"),
        ({"band": None, "hit": [0.3, 0.1]}, "X: a hit from 0.3 to 0.1 is none"),
        ({"hit": [0.1, 0.3]}, "X has a band, which says what is a hit: it needs no `hit`"),
        ({"within": [0.5, 1.0]}, "X lies within 0.5 to 1: no hit is elsewhere"),
        ({"use": "calibrate"}, "X may set parameters and is not judged: it has no `answered_by`"),
    ],
)
def test_a_fact_without_a_sound_rule_is_refused_in_one_line(change, line):
    assert emerging({"X": RULED}) == {"X": RULED}
    fact = {field: value for field, value in {**RULED, **change}.items() if value is not None}
    with pytest.raises(ValueError, match="^" + re.escape(line)) as refused:
        emerging({"X": fact})
    assert "\n" not in str(refused.value)


def test_a_fact_needs_its_fields_to_be_there():
    for field, line in (("passes", "say in `passes`"), ("answered_by", "is answered by None")):
        with pytest.raises(ValueError, match=line):
            emerging({"X": {name: value for name, value in RULED.items() if name != field}})


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_complete(name):
    claim = CLAIMS[name]
    words = {"statement", "passage", "hypothesis", "measure", "experiment", "refutation", "group"}
    assert set(claim) == words | {"arms", "sign", "test"}
    assert {"rule", "horizon", "worlds", "lucks", "parts"} <= set(claim["test"])
    for part in claim["test"]["parts"]:
        assert set(part) == {"estimand", "contrasts", "margin", "reason", "missing"}
    assert all(isinstance(claim[word], str) and len(claim[word]) > 4 for word in words)
    assert claim["arms"]
    assert set(claim["arms"]) <= STRATEGIES
    assert len(set(claim["arms"])) == len(claim["arms"])
    assert claim["sign"] in (-1, 0, 1)
    assert claim["group"] in GROUPS
    assert re.fullmatch(r"[a-z_]+", claim["experiment"])
    assert "[" in claim["measure"], "a measure names its unit"


def test_claims_are_numbered_without_gaps_and_no_two_say_the_same():
    count = [int(name.removeprefix("C")) for name in CLAIMS]
    assert all(b == a + 1 for a, b in pairwise(count))
    assert (count[0], len(count) >= 17) == (1, True)
    for field in ("statement", "hypothesis", "refutation"):
        assert len({claim[field] for claim in CLAIMS.values()}) == len(CLAIMS)


def test_every_group_of_measures_is_asked_for_by_a_claim():
    assert {claim["group"] for claim in CLAIMS.values()} == GROUPS


@pytest.mark.parametrize("word", GLOSSARY["words"])
def test_a_word_is_explained_and_its_unit_is_known(word):
    entry = GLOSSARY["words"][word]
    assert {"says"} <= set(entry) <= {"says", "symbol", "unit"}
    assert len(entry["says"]) > 12
    assert unknown_unit(entry.get("unit", "share")) is None


def test_the_business_models_are_in_the_glossary():
    assert set(GLOSSARY["words"]) >= STRATEGIES


def unknown_unit(unit):
    """The first word of `unit` that the glossary does not know, or None."""
    if unit in GLOSSARY["units"] or unit.startswith("per "):
        return None
    for part in unit.split("/"):
        head = re.split(r" of | per ", part)[0].strip()
        if head not in GLOSSARY["units"]:
            return head
    return None


def test_units_that_the_glossary_does_not_know_are_noticed():
    assert unknown_unit("parsecs/quarter") == "parsecs"
    assert unknown_unit("share of furlongs/fortnight") == "fortnight"


def test_every_parameter_has_a_unit_of_the_glossary():
    wrong = {name: bad for name, one in Parameters.declarations().items() if (bad := unknown_unit(one.unit))}
    assert wrong == {}


def test_a_symbol_means_one_thing():
    words = GLOSSARY["words"]
    meaning = {entry["symbol"]: word for word, entry in words.items() if "symbol" in entry}
    assert len(meaning) == sum("symbol" in entry for entry in words.values())
    for name, one in Parameters.declarations().items():
        if one.symbol:
            word = meaning.setdefault(one.symbol, name)
            assert word == name, f"{one.symbol} stands for {word} already"


def test_every_source_of_a_parameter_is_a_fact_that_may_set_it():
    assert Parameters.declarations(), "no parameter is declared: what is checked here?"
    check_sources()
