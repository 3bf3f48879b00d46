"""What a study that follows no resource says: read off its quarters, or found beside it, or where to ask."""

import pandas as pd

from experiments.judge.binding import MEASURES, beside, bound
from experiments.measure.binding import COLUMNS
from experiments.measure.futures import FREE, kept_without_firms
from experiments.run.arm import branch
from experiments.studies import neutrality
from experiments.tell import binding as told
from tests.economies import small

ASK = "whether it does: `make neutrality`, and which resource is short."


def planted(worlds: int = 14) -> pd.DataFrame:
    """Quarters of the free choice, with what is recorded of resources."""
    recorded = {
        "platform_births": 3.0, "no_room": 1.0, "no_purse": 0.0, "rounds_asked": 4.0, "rounds": 1.0,
        "rounds_below": 1.0, "asked_of_banks": 0.1, "refused_by_banks": 0.04,
    }  # fmt: skip
    rows = [
        {"world": world, "luck": 1, "arm": FREE, "since": since, **recorded,
         "workers_found": 1.0 if since > 1 else 0.9}
        for world in range(worlds)
        for since in range(1, 9)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_what_is_told_in_a_sentence_is_among_what_is_measured():
    assert set(told.CHIEF.items()) < set(MEASURES)


def test_quarters_say_what_was_recorded_and_leave_out_the_rest(tmp_path):
    text = told.sentence(beside(planted(), FREE, tmp_path))
    assert text.startswith(f"{told.NEUTRAL[:-1]}; short, under free choice of founders: founders (")
    for resource, number in (("founders", 25), ("venture money", 75), ("banks' room", 40), ("staff", 12.5)):
        assert f"{resource} ({told.CHIEF[resource]}) {number} % ({number} to {number})" in text
    assert "engineers" not in text and "n/a" not in text


def test_where_quarters_do_not_say_it_another_study_does_or_is_to_be_asked(tmp_path):
    bare = planted().drop(columns="no_room")
    assert told.sentence(beside(bare, "other", tmp_path)).endswith(ASK)
    assert told.sentence(beside(planted(), "other", tmp_path)).endswith(ASK)
    whole = (
        planted()
        .rename(columns={"platform_births": "births"})
        .reindex(columns=["world", "luck", "arm", *COLUMNS])
    )
    short = bound(whole.assign(engineers=0.2), [FREE])
    (tmp_path / "neutrality").mkdir()
    short.to_csv(tmp_path / "neutrality" / "binding.csv", index=False)
    text = told.sentence(beside(bare, "other", tmp_path))
    assert f"engineers ({told.CHIEF['engineers']}) 100 % (100 to 100)" in text and "free choice" in text


def test_the_quarters_of_a_lived_future_can_say_it(tmp_path):
    economy = branch(small(platforms=40, seed=3).run(2), neutrality.arms()[FREE]).run(6)
    quarters = kept_without_firms(economy)["quarters"].assign(world=0, luck=1, arm=FREE)
    found = beside(quarters, FREE, tmp_path).set_index(["resource", "measure"])["mean"]
    lines = economy.records.quarters.iloc[-6:]
    asked, got = lines["rounds_asked"].sum(), lines["rounds"].sum()
    assert found["venture money", told.CHIEF["venture money"]] == 1.0 - got / asked < 1.0
