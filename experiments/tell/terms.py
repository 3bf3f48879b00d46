"""What the words of a report mean, given where they first stand."""

from __future__ import annotations

import re

from experiments.measure.measures import PRIMARY

# Words of seeds/glossary.toml that a reader need not know; the others there are for the model's own pages.
TOLD = (
    "business_model", "platform", "world", "arm", "twin", "no_platforms", "deep_integration",
    "consumer_traffic", "institution_traffic", "sideline_platform", "integration_without_real_gains", "link",
    "harvest", "branch", "no_difference_that_matters", "margin", "placebo", "better",
    "undecided", "depends", "settled",
)  # fmt: skip
HOLM = (
    "Holm",
    "A correction that holds the chance of even one false answer, among all questions together, to 5 %",
)


def meanings() -> dict[str, str]:
    """Every term with its meaning: words of the glossary, and what each primary outcome measures."""
    from sim.engine.parameters import seeds

    says = seeds("glossary")["words"]
    words = {name.replace("_", " "): str(says[name]["says"]) for name in TOLD}
    return {**words, **dict([HOLM]), **{one.title: one.definition.rstrip(".") for one in PRIMARY}}


def met(text: str) -> dict[str, str]:
    """The terms that a text uses, in the order in which they first stand, with their meanings; then those
    that the meanings use."""
    known, found = meanings(), dict[str, str]()
    while True:
        left = (term for term in known if term not in found)
        places = {term: where.start() for term in left if (where := pattern(term).search(text))}
        if not places:
            return found
        found |= {term: known[term] for term in sorted(places, key=places.__getitem__)}
        text = "\n".join(known[term] for term in places)


def pattern(term: str) -> re.Pattern[str]:
    """Finds a term, also in the plural, at the beginning of a sentence, or as a word of two terms."""
    return re.compile(rf"\b{re.escape(term)}s?\b", re.IGNORECASE)
