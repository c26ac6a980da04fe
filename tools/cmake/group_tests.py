#!/usr/bin/env python3
"""Writes one source that compiles several test files at once.

    group_tests.py OUTPUT SOURCE...

What they include comes first; then each file, in a namespace of its own, so
that two may have fixtures of one name and use different namespaces. A file that
itself opens a named namespace, or that the preprocessor looks into, stays as it
is. Their own includes do nothing any more: every header guards itself.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^#include [<"].*[>"]', re.MULTILINE)
# What has to stand outside of all namespaces, or in one that it names.
OUTSIDE = re.compile(r"^(namespace [\w:]+ \{|template <>|#(if|define)\b)",
                     re.MULTILINE)


def grouped(sources):
    includes, outside, inside = {}, [], []
    for number, source in enumerate(sources):
        text = pathlib.Path(source).read_text(encoding="utf-8")
        line = f'#include "{source}"'
        if OUTSIDE.search(text):
            outside.append(line)
            continue
        includes.update(dict.fromkeys(INCLUDE.findall(text)))
        inside.append(f"namespace file_{number} {{\n{line}\n}}")
    return "\n".join([*includes, *outside, *inside]) + "\n"


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(grouped(sys.argv[2:]),
                                         encoding="utf-8")
