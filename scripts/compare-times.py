#!/usr/bin/env python3
"""What a program costs beside another: whole runs in turn, as ratios.

    scripts/compare-times.py OLD NEW VIDEO [RUNS]

OLD and NEW are landmarkd programs; each tracks VIDEO RUNS times (7), with one decoding thread, in turn, the
first of a pair changing. Everything of a process counts. Prints processor and wall time, medians in seconds,
and the median of the pairs' ratios.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time


def run(program, video, folder):
    """Processor and wall seconds of one run."""
    before, start = os.times(), time.monotonic()
    subprocess.run(
        [program, "track", video, "--decoder-threads", "1", "-o", os.path.join(folder, "track.csv"), "--force"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return processor, time.monotonic() - start


def main():
    if len(sys.argv) not in (4, 5) or not all(word.isdigit() for word in sys.argv[4:]):
        sys.exit("usage: compare-times.py OLD NEW VIDEO [RUNS]")
    programs, video = sys.argv[1:3], sys.argv[3]
    runs = int(sys.argv[4]) if len(sys.argv) == 5 else 7
    if runs < 1:
        sys.exit("compare-times.py: expected at least one run")
    times = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            for which in ((0, 1), (1, 0))[number % 2]:
                try:
                    times[which].append(run(programs[which], video, folder))
                except OSError as error:
                    sys.exit(f"compare-times.py: {programs[which]}: {error.strerror}")
                except subprocess.CalledProcessError as error:
                    sys.exit(f"compare-times.py: {programs[which]}: {error.stderr.decode(errors='replace').strip()}")
    for kind, name in enumerate(("processor time", "wall time")):
        old, new = ([pair[kind] for pair in each] for each in times)
        ratio = statistics.median(b / max(a, 1e-9) for a, b in zip(old, new))
        print(f"{name}: {statistics.median(old):.2f} s and {statistics.median(new):.2f} s, ratio {ratio:.3f}")


if __name__ == "__main__":
    main()
