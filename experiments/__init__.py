"""What is asked of the model: worlds, ensembles, measures and verdicts. The model never imports this.

The rooms, each of which may use those before it: `run` lives worlds and keeps them, `measure` says what a
future was like, `judge` what differences are worth, `tell` what was found, `document` writes the description
of the model, `studies` ask, one question a file.

Modules of this package are imported where a file begins. Libraries that take long to load (the model, SciPy,
statsmodels, matplotlib) are imported where they are used: help and complaints come at once, and worker
processes load only what they need.
"""
