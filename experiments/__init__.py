"""What is asked of the model: worlds, ensembles, measures and verdicts. The model never imports this."""
