"""Carry out a study by its name.

python -m experiments                  which there are
python -m experiments NAME --help      what one can be asked
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence

from experiments.run.known import found, named


def main(argv: Sequence[str] | None = None) -> int:
    """Start the study that the command line names first; without one, say which there are."""
    argv = sys.argv[1:] if argv is None else argv
    known = found()
    name = named(argv[0]) if argv else "--help"
    if name in ("-h", "--help"):
        width = max(map(len, known))
        sys.stdout.write("".join(f"{one:<{width}}  {question}\n" for one, question in known.items()))
        return 0
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        sys.stderr.write(f"experiments: no study {name!r}; {hint}\n")
        return 2
    return importlib.import_module(f"experiments.studies.{name}").STUDY.main(name, argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
