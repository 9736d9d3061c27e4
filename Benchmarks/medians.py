#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every case of a benchmark program in turn, several rounds, and prints the median of each figure."""
import statistics
import subprocess
import sys


def main(program, rounds):
    figures = {}
    cases = [
        (workload, name)
        for workload in ("W1", "W2", "W3", "W4", "W5", "W8", "launchers")
        for name in run(program, workload, "--list")
    ]
    for _ in range(rounds):
        for workload, name in cases:
            for line in run(program, workload, name):
                metric, value, unit = line.split(None, 2)
                figures.setdefault((workload, name, metric, unit), []).append(float(value))
    for (workload, name, metric, unit), values in figures.items():
        spread = "%.4g to %.4g" % (min(values), max(values))
        print("%-3s %-45s %-10s %12.4g %-10s (%s)" % (workload, name, metric, statistics.median(values), unit, spread))


def run(program, *arguments):
    done = subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, universal_newlines=True)
    return [line for line in done.stdout.splitlines() if line.strip()]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
