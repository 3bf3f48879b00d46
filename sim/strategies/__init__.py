"""How platforms earn: one file, one business model, one row of one table."""

from sim.strategies.base import BusinessModel, discover, strategy

__all__ = ["BusinessModel", "discover", "strategy"]
