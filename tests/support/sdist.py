"""``python tests/support/sdist.py DIST``: whether the sdist in a folder holds what is tracked, and nothing else."""

import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (".ci/", ".github/")  # of this repository alone
MADE = {"PKG-INFO"}


def differences(names: set[str], tracked: set[str]) -> list[str]:
    """One line for each file that is missing or should not be there."""
    wanted = {name for name in tracked if not name.startswith(LEFT_OUT)} | MADE
    missing = [f"missing: {name}" for name in sorted(wanted - names)]
    return missing + [f"not tracked: {name}" for name in sorted(names - wanted)]


def main(folder: str) -> int:
    """Compare, print what differs, and return an exit status."""
    (archive,) = Path(folder).glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {member.name.partition("/")[2] for member in opened.getmembers() if member.isfile()}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = differences(names, set(listed.stdout.splitlines()))
    print("\n".join(found) or f"{archive.name}: {len(names)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
