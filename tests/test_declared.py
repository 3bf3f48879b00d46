"""Every number that somebody chose is declared: with a meaning, a time at which it acts, and nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim import Parameters
from sim.engine.parameters import ALWAYS, ENTRY, START, Declaration

ROOT = Path(__file__).parents[1]
DECLARED = Parameters.declarations()

# -- meaning --------------------------------------------------------------------------------------------

FRAGMENTS = ("of", "over", "off", "at", "to", "from", "in", "for", "by", "with", "when", "that", "and", "or")


def lacks_meaning(name: str, one: Declaration) -> bool:
    """Whether the meaning is missing, begins in the middle, or repeats the name and says no more."""
    words = re.findall(r"[a-z]+", one.doc.lower())
    fragment = words[:1] in [[word] for word in FRAGMENTS] and words[:2] != ["by", "how"]
    return len(words) < 3 or fragment or set(words) <= {*name.split("_"), "a", "the", "of"}


@pytest.mark.parametrize("doc", ["", "staff", "jobs that", "of refusals lent to all", "the share of mark up"])
def test_a_meaning_that_needs_the_name_is_noticed(doc):
    assert lacks_meaning("mark_up_share", Declaration(0.1, "share", 0.0, 1.0, "assumed", doc=doc))


def test_every_parameter_has_a_meaning_that_reads_without_its_name():
    assert [name for name, one in DECLARED.items() if lacks_meaning(name, one)] == []
    docs = [one.doc for one in DECLARED.values()]
    assert len(set(docs)) == len(docs)


# -- when a change acts ---------------------------------------------------------------------------------

FIRST_STATE = {
    "sim/population/start.py",
    "sim/population/growth_path.py",
    "sim/model.py",
    "sim/population/models.py",
}  # model.py and models.py check, and call what lays it
ENTRANTS = FIRST_STATE | {f"sim/population/{name}.py" for name in ("entry", "founders", "platforms")}
# for how many persons a row stands is laid down with its earning power; who counts persons reads it later
COUNT_PERSONS = ("actors/platforms", "actors/growth", "credit/from_platforms", "record/indicators")
COUNT_PERSONS += ("markets/payments/banking", "credit/funders/households")
READ_LATER = {"persons_per_row": {f"sim/{name}.py" for name in COUNT_PERSONS}}


def mentions() -> dict[str, set[str]]:
    """The files of sim/ in which each parameter is read, as p.NAME."""
    found: dict[str, set[str]] = {}
    for path in ROOT.glob("sim/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1] == "p":
                found.setdefault(node.attr, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_every_parameter_is_read_somewhere():
    assert DECLARED.keys() - mentions().keys() == set()


@pytest.mark.parametrize(("when", "places"), [(START, FIRST_STATE), (ENTRY, ENTRANTS)])
def test_what_does_not_always_act_is_read_only_where_somebody_starts(when, places):
    found = mentions()
    names = [name for name, one in DECLARED.items() if one.when == when]
    elsewhere = {name: found[name] - places - READ_LATER.get(name, set()) for name in names}
    assert {name: files for name, files in elsewhere.items() if files} == {}
    assert len(names) >= 5


def test_most_parameters_act_in_the_midst_of_a_run():
    always = {name for name, one in DECLARED.items() if one.when == ALWAYS}
    assert {"profit_tax", "skill_half_life", "quality_half_life", "trait_half_life", "rate_cap"} <= always
    assert len(always) > 0.8 * len(DECLARED)


# -- no number beside them ------------------------------------------------------------------------------

FOLDERS = ("sim/actors", "sim/markets", "sim/credit", "sim/links", "sim/population")
FREE = {0.0, 1.0, 2.0, 4.0}  # bounds of shares and signs, pairs, quarters of a year
DECLARING = {"param", "Column", "Account"}
MEAN_ONE = "half the variance, which makes the mean of a lognormal one"
HALVES = "a firm buys half of its inputs in each of two sectors"
GUARD = "no division by zero"
SCALING = "brings a feature of the score to about one"
PROJECT = "its part of a project for the whole firm, and of what a firm loses with a deep link"
BELIEVED = "what nobody believes to last, a guard for ratios of small numbers"
GUESS = "of the first guess, which the lead-in outlives"
# by file and function, or module constant: the numbers that stay there, and why
ALLOWED = {
    ("sim/actors/firm_finance.py", "ALMOST_ALL"): ({0.95}, "what the record counts as rationed"),
    ("sim/actors/firm_luck.py", "suffers"): ({0.5}, MEAN_ONE),
    ("sim/actors/firms.py", "meets_customers"): ({0.5}, MEAN_ONE),
    ("sim/actors/platforms.py", "WEEKS, MONTHS"): ({13.0, 3.0}, "in a quarter"),
    ("sim/actors/platforms.py", "YEARLY"): ({0.25}, "quarters in years"),
    ("sim/actors/growth.py", "learns_worth"): ({0.25, 0.5}, "years; the mean of hope and its kind"),
    ("sim/actors/growth.py", "wants_growth"): ({0.1, 1e-9}, "next to nothing; no log of zero"),
    ("sim/actors/growth.py", "GROWTH_LEAST, GROWTH_MOST"): ({0.7}, BELIEVED),
    ("sim/population/reviews.py", "look_around"): ({0.5}, MEAN_ONE),
    ("sim/population/founders.py", "found_platforms"): ({0.5}, MEAN_ONE),
    ("sim/population/founders.py", "found"): ({0.5}, MEAN_ONE),
    ("sim/population/founders.py", "endow"): ({0.5}, "as much for growth as for the team"),
    ("sim/markets/payments/venture.py", "BEST"): ({10.0}, BELIEVED),
    ("sim/markets/payments/venture.py", "known_of_kinds"): ({0.25}, "quarters in years"),
    ("sim/markets/payments/venture.py", "weigh_rounds"): (
        {0.5, 1.25}, "half a month: no month is missed by rounding; what counts as more than it affords"
    ),
    ("sim/credit/funders/households.py", "posts"): ({0.5}, "the mean of fear of all and of its like"),
    ("sim/markets/attention.py", "odds_of"): ({1e-300}, GUARD),
    ("sim/population/exit.py", "HARD_HIT"): ({0.1}, "what the record counts as hit by a failure"),
    ("sim/population/entry.py", "furnish_entrants"): ({0.5}, MEAN_ONE),
    ("sim/markets/goods.py", "LEAST_GAIN, MOST_GAIN"): ({0.2, 5.0}, "choice alone does not get so far"),
    ("sim/markets/goods.py", "move_in_sector"): ({1e-300}, GUARD),
    ("sim/markets/goods.py", "sell_by_share"): ({1e-9}, GUARD),
    ("sim/markets/labour.py", "find_workers"): ({1e-9}, GUARD),
    ("sim/credit/from_platforms.py", "terms_of"): ({0.5}, "whether households fund the greater part"),
    ("sim/credit/funders/banks.py", "limit"): ({1e-300}, GUARD),
    ("sim/credit/scoring.py", "LOWEST, HIGHEST"): ({12.0, 6.0}, "log odds beyond which nothing is learned"),
    ("sim/credit/fitting.py", "LARGEST_STEP"): ({0.5}, "keeps Newton's method from overshooting"),
    ("sim/credit/scoring.py", "COUNTED"): ({0.95}, "how the record measures discrimination"),
    ("sim/credit/from_platforms.py", "who_can_lend"): ({1e-9}, GUARD),
    ("sim/credit/from_platforms.py", "STAKE_LEAST"): ({1e-9}, GUARD),
    ("sim/credit/fitting.py", "ENOUGH"): ({100.0}, "how the record measures discrimination"),
    ("sim/credit/scoring.py", "FIRM_PRIOR"): ({4.5, 0.3, 0.5}, "weights before there is any evidence"),
    ("sim/credit/scoring.py", "CONSUMER_PRIOR"): ({3.5, 0.5}, "weights before there is any evidence"),
    ("sim/credit/scoring.py", "firm_features"): ({0.2, 0.3, 0.4, 0.8, 3.0, 5.0, 1e-9}, SCALING),
    ("sim/credit/footprints.py", "draw_blur"): ({0.5}, "of which the normal deviate is zero"),
    ("sim/credit/footprints.py", "traces_of_consumer"): ({0.5, 0.8, 5.0}, SCALING),
    ("sim/credit/footprints.py", "traces_of_firm"): ({0.5, 5.0}, SCALING),
    ("sim/credit/scoring.py", "consumer_features"): ({0.5, 3.0}, SCALING),
    ("sim/credit/fitting.py", "newton_step"): ({1e-12}, "no root of a negative number"),
    ("sim/credit/fitting.py", "area_under_curve"): ({0.5}, "a tie counts half"),
    ("sim/markets/deliveries.py", "promise"): ({0.5}, HALVES),
    ("sim/markets/deliveries.py", "deliver_some"): ({0.5}, HALVES),
    ("sim/markets/supply.py", "start_network"): ({0.5}, HALVES),
    ("sim/markets/news.py", "WORTHLESS"): ({1e12}, "what fen can count"),
    ("sim/markets/news.py", "WAGE"): ({2_000_000.0}, "the unit of what is declared in fen"),
    ("sim/markets/news.py", "BASE_WEIGHTS"): (
        {0.03, 0.05, 0.12, 0.14, 0.15, 0.16, 0.17, 0.18}, "the sectors there are and what they are for",
    ),
    ("sim/markets/news.py", "posts_terms"): ({0.5}, HALVES),
    ("sim/markets/news.py", "renewal"): ({0.42}, "the mean part of a machine park that a mishap destroys"),
    ("sim/links/lines/payments.py", "name, rank, cost, lock"): ({0.1, 0.3}, PROJECT),
    ("sim/links/lines/software.py", "name, rank, cost, lock"): ({0.4}, PROJECT),
    ("sim/links/lines/procurement.py", "name, rank, cost, lock"): ({0.2, 0.5}, PROJECT),
    ("sim/links/lines/logistics.py", "name, rank, cost, lock"): ({0.2, 0.5}, PROJECT),
    ("sim/links/lines/early_cash.py", "name, rank, cost, lock"): ({0.15}, PROJECT),
    ("sim/links/lines/advances.py", "name, rank, cost, lock"): ({0.05}, PROJECT),
    ("sim/links/lines/cover.py", "name, rank, cost, lock"): ({0.05}, PROJECT),
    ("sim/links/lines/invoices.py", "name, rank, cost, lock"): ({0.02}, PROJECT),
    ("sim/credit/invoices.py", "FOR_A_QUARTER"): ({0.5}, "of a debt repaid: it is lent for a quarter"),
    ("sim/links/lines/base.py", "FIRST_BELIEF"): ({0.025}, "what nobody knows before the first link"),
    ("sim/links/lines/base.py", "FIRST_LOAN"): ({0.25}, "what nobody knows before the first loan"),
    ("sim/links/clients.py", "SMALL, LARGE"): ({0.5}, "sizes by which the record tells clients"),
    ("sim/links/clients.py", "effort_of"): ({0.5}, "half of a firm's people at most"),
    ("sim/links/clients.py", "bears"): ({0.5}, "half the square"),
    ("sim/population/growth_path.py", "balanced_growth"): ({0.5}, "the middle of two leverages"),
    ("sim/population/growth_path.py", "demand_by_sector"): ({0.5}, HALVES),
    ("sim/population/start.py", "finance_firms"): ({0.004}, GUESS),
    ("sim/population/start.py", "finance_households"): ({0.004, 0.5}, GUESS),
    ("sim/population/start.py", "place_firms"): ({0.5, 80.0}, GUESS),
    ("sim/population/start.py", "place_people"): ({0.5}, MEAN_ONE),
    ("sim/population/start.py", "keenness"): ({0.5}, MEAN_ONE),
}  # fmt: skip


def literals(node: ast.AST, where: str = "") -> Iterator[tuple[str, float]]:
    """(function or module constant, value) of each float that is neither free nor in a declaration."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) in DECLARING:
            continue
        place = where
        if isinstance(inner, ast.FunctionDef):
            place = inner.name
        elif isinstance(inner, ast.Assign) and not where:
            place = ast.unparse(inner.targets[0]).strip("()")
        if isinstance(inner, ast.Constant) and isinstance(inner.value, float) and inner.value not in FREE:
            yield place, inner.value
        yield from literals(inner, place)


def undeclared() -> dict[tuple[str, str], set[float]]:
    """The floats of all FOLDERS by file and function or constant."""
    found: dict[tuple[str, str], set[float]] = {}
    for folder in FOLDERS:
        for path in sorted(ROOT.glob(f"{folder}/**/*.py")):
            for where, value in literals(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault((path.relative_to(ROOT).as_posix(), where), set()).add(value)
    return found


def test_a_number_in_a_rule_is_noticed():
    text = "A, B = 0.3, 1.0\nclass C:\n    c = Column(0.7)\n    def f(self):\n        return 0.6 - 2.0"
    assert list(literals(ast.parse(text))) == [("A, B", 0.3), ("f", 0.6)]


def test_numbers_that_somebody_chose_are_declared():
    assert undeclared() == {place: values for place, (values, _) in ALLOWED.items()}


def test_every_folder_has_files_to_look_at():
    assert [folder for folder in FOLDERS if not any((ROOT / folder).glob("**/*.py"))] == []
