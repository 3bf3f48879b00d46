"""Code that is made at run time lives in files named by the hash of all it depends on.

Numba can only keep machine code of functions that live in a file.
"""

import hashlib
import importlib.util
import os
import sys
from types import ModuleType

from .compiling import cache_folder


def generated(name: str, text: str, *stamps: str) -> ModuleType:
    """The module of that text, from a file in the cache folder; `stamps` are of what the text names."""
    stamp = hashlib.blake2b(text.encode(), digest_size=8)
    for part in stamps:
        stamp.update(part.encode())
    name = f"{name}_{stamp.hexdigest()}"
    path = cache_folder() / f"{name}.py"
    if not path.exists():
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        scratch.write_text(text)
        scratch.replace(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
