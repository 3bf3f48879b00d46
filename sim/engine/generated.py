"""Code that is made at run time lives in files named by the hash of all it depends on.

Numba can only keep machine code of functions that live in a file.
"""

import hashlib
import sys
from types import ModuleType

from .compiling import written


def generated(name: str, text: str, *stamps: str) -> ModuleType:
    """The module of that text, from a file in the cache folder; `stamps` are of what the text names."""
    stamp = hashlib.blake2b(text.encode(), digest_size=8)
    for part in stamps:
        stamp.update(part.encode())
    name = f"{name}_{stamp.hexdigest()}"
    path = written(f"{name}.py", text)
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(path)
    exec(compile(text, path, "exec"), vars(module))  # the text itself, whatever becomes of the file
    return module
