#!/usr/bin/env python3
"""Writes one source that compiles several test files at once.

    group_tests.py OUTPUT SOURCE...

What they include comes first; then each test, in a namespace of its own, so that
two may have fixtures of one name and use different namespaces. Their own includes
do nothing any more: every header guards itself. A test in the namespace that it
tests gets its own one within that. What helps tests, specialises templates or
has parts for the preprocessor stays as it is.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^#include [<"].*[>"]', re.MULTILINE)
OUTSIDE = re.compile(r"^(template <>|#(if|define)\b)", re.MULTILINE)
NAMED = re.compile(r"^namespace ([\w:]+) \{(.*?)^\} // namespace \1$",
                   re.MULTILINE | re.DOTALL)


def grouped(sources):
    includes, outside, inside = {}, [], []
    for number, source in enumerate(sources):
        text = pathlib.Path(source).read_text(encoding="utf-8")
        line = f'#include "{source}"'
        if not source.endswith("_test.cpp") or OUTSIDE.search(text):
            outside.append(line)
        elif NAMED.search(text):
            text = NAMED.sub(rf"namespace \1::file_{number} {{\2}}", text)
            outside.append(f'#line 1 "{source}"\n{text}')
        else:
            includes.update(dict.fromkeys(INCLUDE.findall(text)))
            inside.append(f"namespace file_{number} {{\n{line}\n}}")
    return "\n".join([*includes, *outside, *inside]) + "\n"


if __name__ == "__main__":
    output = pathlib.Path(sys.argv[1])
    wanted = grouped(sys.argv[2:])
    # A test that changed is read by the compiler, not a change of its group.
    if not output.exists() or output.read_text(encoding="utf-8") != wanted:
        output.write_text(wanted, encoding="utf-8")
