"""The main job by its first name: the same as python -m experiments.studies.compare."""

from experiments.run.command import main

if __name__ == "__main__":
    from experiments.studies.compare import body, build

    raise SystemExit(main(body, build()))
