"""Worlds are lived here and kept: what moves results about, and what a world is."""
