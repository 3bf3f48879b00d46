"""Internet finance: gather consumers, lend to them what households lend the platform, live on the spread.

The risk is in law the households'; the platform earns the difference between the rate and what it posts.
"""

from sim.strategies.base import FOOTPRINTS, BusinessModel

ROW = BusinessModel(
    "consumer_traffic",
    "Consumer traffic",
    claims=("C4", "C8"),
    to_consumers=1.0,
    sees=FOOTPRINTS,
    lends_to_consumers=True,
    funders=(("households", 1.0),),
    take=0.018,
)
