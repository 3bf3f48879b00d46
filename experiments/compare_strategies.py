"""The main job by its first name: the same as python -m experiments compare."""

import sys
from pathlib import Path

from experiments.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main([Path(__file__).stem, *sys.argv[1:]]))
