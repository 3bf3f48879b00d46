"""Code that is made at run time lives in files named by the hash of all it depends on.

Numba can only keep machine code of functions that live in a file.
"""

import hashlib
import sys
from pathlib import Path
from types import ModuleType

from .compiling import written


def generated(name: str, text: str, *stamps: str) -> ModuleType:
    """The module of that text, from a file in the cache folder; `stamps` are of what the text names."""
    stamp = hashlib.blake2b(text.encode(), digest_size=8)
    for part in stamps:
        stamp.update(part.encode())
    return loaded(written(f"{name}_{stamp.hexdigest()}.py", text), text)


def loaded(path: Path, text: str) -> ModuleType:
    """The module of that file, with this text in it, whatever becomes of the file."""
    module = sys.modules[path.stem] = ModuleType(path.stem)
    module.__file__ = str(path)
    exec(compile(text, path, "exec"), vars(module))
    return module
