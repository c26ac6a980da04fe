#!/usr/bin/env python3
"""Workload W4 by NumPy or pandas; prints one JSON object."""

import argparse
import json
import resource
import time

import numpy
import pandas

CRITERIA = 20
GROUP = 5
NAMES = ["id", "cat1", "cat2", "cat3", "cat4", "total", "rank"]
WEIGHTS = (numpy.arange(CRITERIA) + 1) / 210.0


def rank_of(totals):
    """Rank 1 is the highest total; ties go to the lower id."""
    ranks = numpy.empty(len(totals), dtype=numpy.int64)
    ranks[numpy.argsort(-totals, kind="stable")] = numpy.arange(1, len(totals) + 1)
    return ranks


def score_numpy(columns):
    """Columns in, categories, totals and ranks out."""
    categories = [numpy.zeros(len(columns[0])) for _ in range(CRITERIA // GROUP)]
    for j, column in enumerate(columns):
        low, high = column.min(), column.max()
        unit = (column - low) / (high - low)
        if j % 3 == 2:
            unit = 1.0 - unit
        categories[j // GROUP] += WEIGHTS[j] * unit
    totals = categories[0] + categories[1] + categories[2] + categories[3]
    return categories, totals, rank_of(totals)


def score_pandas(frame):
    unit = (frame - frame.min()) / (frame.max() - frame.min())
    inverted = [j for j in range(CRITERIA) if j % 3 == 2]
    unit.iloc[:, inverted] = 1.0 - unit.iloc[:, inverted]
    weighted = unit * WEIGHTS
    categories = [
        weighted.iloc[:, k * GROUP : (k + 1) * GROUP].sum(axis=1) for k in range(4)
    ]
    totals = sum(categories[1:], categories[0])
    return categories, totals, totals.rank(method="first", ascending=False)


def run_numpy(source, target):
    started = time.monotonic()
    table = numpy.loadtxt(source, delimiter=",", skiprows=1)
    columns = [numpy.ascontiguousarray(table[:, j + 1]) for j in range(CRITERIA)]
    ids = table[:, 0].astype(numpy.int64)
    del table
    read = time.monotonic()
    categories, totals, ranks = score_numpy(columns)
    scored = time.monotonic()
    output = numpy.column_stack([ids, *categories, totals, ranks])
    formats = ["%d"] + ["%.6f"] * 5 + ["%d"]
    numpy.savetxt(
        target, output, fmt=formats, delimiter=",", header=",".join(NAMES), comments=""
    )
    written = time.monotonic()
    return ids, totals, ranks, (started, read, scored, written)


def run_pandas(source, target):
    started = time.monotonic()
    table = pandas.read_csv(source)
    ids = table.pop("id")
    read = time.monotonic()
    categories, totals, ranks = score_pandas(table)
    scored = time.monotonic()
    ranks = ranks.astype(numpy.int64)
    parts = [ids, *categories, totals, ranks]
    output = pandas.DataFrame(dict(zip(NAMES, parts)))
    output.to_csv(target, index=False, float_format="%.6f")
    written = time.monotonic()
    return ids.to_numpy(), totals.to_numpy(), ranks.to_numpy(), (
        started,
        read,
        scored,
        written,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=["numpy", "pandas"])
    parser.add_argument("source")
    parser.add_argument("target")
    arguments = parser.parse_args()
    run = {"numpy": run_numpy, "pandas": run_pandas}[arguments.peer]
    ids, totals, ranks, times = run(arguments.source, arguments.target)
    started, read, scored, written = times
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    version = {"numpy": numpy, "pandas": pandas}[arguments.peer].__version__
    result = {
        "peer": f"{arguments.peer} {version}",
        "n": len(ids),
        "score_s": scored - read,
        "csv_s": written - started,
        "read_s": read - started,
        "write_s": written - scored,
        "sum_total": float(totals.sum()),
        "best": int(ids[ranks == 1][0]),
        "rank_check": int((ranks * (ids % 97)).sum()),
        "peak_rss_mib": peak_kib / 1024,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
