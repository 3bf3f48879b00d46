"""How platforms earn: one file, one business model, one row of one table."""

from sim.strategies.adaptive_switching import adaptive
from sim.strategies.base import BusinessModel, discover, strategy

__all__ = ["BusinessModel", "adaptive", "discover", "strategy"]
