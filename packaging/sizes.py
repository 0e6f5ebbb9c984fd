"""Prints what an image weighs as it travels: its layers, compressed, with and without its base.

    python3 packaging/sizes.py FOLDER NAME COMPRESSION      FOLDER: where `buildah push … dir:FOLDER` left it

The first layer is the base. Ends with 1 if an image without moto is heavier than is promised.
"""

import json
import sys
from pathlib import Path

MOST_MB = 120


def main(folder: str, name: str, compression: str) -> int:
    manifest = json.loads((Path(folder) / "manifest.json").read_text())
    base, *others = [layer["size"] / 1e6 for layer in manifest["layers"]]
    whole = base + sum(others)
    print(f"{name} by {compression}: {whole:.1f} MB; its base {base:.1f} MB, Halfday {sum(others):.1f} MB")
    if whole > MOST_MB and not name.endswith(":aws"):
        print(f"sizes: more than {MOST_MB} MB", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
