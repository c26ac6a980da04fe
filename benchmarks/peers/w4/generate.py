#!/usr/bin/env python3
"""Writes the table of workload W4 as CSV: id,c01..c20, six decimals.

Value of item i, criterion j: the finaliser of splitmix64 over
(i * 20 + j + 1) * 0x9E3779B97F4A7C15, as a number in [0, 1), times
100 * (j + 1), rounded to six decimals.
"""

import argparse
import os

import numpy

COLUMNS = 20
BLOCK_ROWS = 50_000


def uniform(counters):
    bits = counters * numpy.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    bits ^= bits >> numpy.uint64(31)
    return (bits >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("path")
    arguments = parser.parse_args()
    temporary = arguments.path + ".tmp"
    scale = 100.0 * (numpy.arange(COLUMNS) + 1)
    row_format = "%d" + ",%.6f" * COLUMNS + "\n"
    with open(temporary, "w", encoding="ascii") as file:
        file.write("id," + ",".join(f"c{j + 1:02}" for j in range(COLUMNS)) + "\n")
        for begin in range(0, arguments.items, BLOCK_ROWS):
            ids = numpy.arange(begin, min(begin + BLOCK_ROWS, arguments.items))
            counters = ids[:, None] * COLUMNS + numpy.arange(COLUMNS) + 1
            values = uniform(counters.astype(numpy.uint64)) * scale
            file.writelines(
                row_format % (i, *row) for i, row in zip(ids.tolist(), values.tolist())
            )
    os.replace(temporary, arguments.path)


if __name__ == "__main__":
    main()
