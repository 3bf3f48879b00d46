"""Questions, one a file: a file with a `STUDY` is a study, and a command by its name."""
