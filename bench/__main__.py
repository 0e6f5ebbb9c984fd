"""Runs every benchmark, or those named: python -m bench [redemption ...]"""

from __future__ import annotations

import sys

from bench import client, pools, redemption, throughput, users

BENCHMARKS = {
    "throughput": throughput.run,
    "redemption": redemption.run,
    "users": users.run,
    "pools": pools.run,
    "client": client.run,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"there is no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
