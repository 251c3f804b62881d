"""Import a stranger's module or file, so that its neighbours are found as where it comes from."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from properties.errors import TargetError, last_line, readable

__all__ = ["load"]


def load(place: str, name: str) -> ModuleType:
    """Import a module or a file that exists; what it prints is the caller's business.

    Args:
        place: the module's dotted name, or the file's path.
        name: what is wanted of it, for what an error says.

    Raises:
        TargetError: if it cannot be imported.
    """
    if place.endswith(".py"):
        return _load_file(place)
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name and (place == error.name or place.startswith(error.name + ".")):
            hint = f"; for a file write {place}.py:{name}" if Path(f"{place}.py").exists() else ""
            raise TargetError(f"no module is called {error.name!r}{hint}") from error
        raise TargetError(f"{place} cannot be imported: {last_line(error)}") from error
    except SystemExit as error:
        raise TargetError(f"{place} called sys.exit({readable(error)}) while it was imported") from error
    except Exception as error:
        raise TargetError(f"{place} cannot be imported: {last_line(error)}") from error


def _load_file(place: str) -> ModuleType:
    path = Path(place)
    package = path.resolve()
    names = [path.stem]
    while (package.parent / "__init__.py").exists():
        package = package.parent
        names.insert(0, package.name)
    sys.path.insert(0, str(package.parent))
    if len(names) > 1:  # some import their neighbours as if there was no package; that comes last
        sys.path.append(str(path.resolve().parent))
    dotted = ".".join(names)
    try:
        if len(names) > 1:  # part of a package: relative imports must work
            return importlib.import_module(dotted)
        spec = importlib.util.spec_from_file_location(f"_archproof_{dotted}", path)
        if spec is None or spec.loader is None:
            raise TargetError(f"{place} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    except TargetError:
        raise
    except SystemExit as error:
        raise TargetError(f"{place} called sys.exit({readable(error)}) while it was imported") from error
    except Exception as error:
        raise TargetError(f"{place} cannot be imported: {last_line(error)}") from error
