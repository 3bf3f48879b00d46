"""External finance: banks only, standing outside the firms they lend to. Platforms do nothing."""

from sim.strategies.base import BusinessModel

ROW = BusinessModel("external_finance", "External finance", claims=("C1", "C2"), acts=False)
