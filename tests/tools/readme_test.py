"""What the pages show is what the program prints.

usage: readme_test.py TROUPE

Runs every command that README.md and then the other pages show with its output, in
their order and in one empty folder, and compares. Run ids, times of day or
duration and attempts of many tasks may differ. A last line "exit code N" says how
the command ends. `export` sets variables for what follows, `local-desk ... &` runs
until the end, at a port that is free here.
"""

import atexit
import difflib
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [
    "README.md",
    "tools/examples/explaining.md",
    "tools/examples/running.md",
    "tools/examples/operating.md",
    "tools/examples/simulating.md",
]
COMMAND = "    $ build/release/troupe"
EXPORT = "    $ export "
DESK = "    $ tools/examples/local-desk"
PORT = re.compile(r"\b708[1-9]\b")  # Of desks.
# What differs from run to run.
VARYING = [
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "<time>"),
    (r"[\d.]+ m?s\b( \([\d,]+ items/s\))?", "<duration>"),
    (r"(\b\d+/\d+) +\d+", r"\1 <attempts>"),
    (r" +", " "),
    (r"\d+\.\d{3} (?=tools/examples)", "<duration> "),
]


def shown_commands(text):
    """(command, lines it prints) for each command shown with its output."""
    found = []
    shown = None
    for line in text.splitlines():
        if line.startswith((COMMAND, EXPORT, DESK)):
            shown = []
            found.append((line[6:], shown))
        elif line.startswith("    == ") or (line and not line.startswith("    ")):
            shown = None  # The next step of the demonstration, or prose.
        elif shown is not None:
            shown.append(line[4:])
    return [(command, normal("\n".join(lines))) for command, lines in found]


def normal(text):
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return text.strip().splitlines()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def start_desk(command, place, environment):
    desk = subprocess.Popen(
        shlex.split(command.rstrip(" &")), cwd=place, env=environment,
        stderr=subprocess.PIPE, text=True,
    )
    # Whatever is found wrong: it holds our output open.
    atexit.register(desk.kill)
    if "serving at" not in desk.stderr.readline():
        sys.exit(f"{command}\ndoes not serve")
    return desk


def main():
    troupe = pathlib.Path(sys.argv[1]).resolve()
    commands = []
    for page in PAGES:
        shown = shown_commands((ROOT / page).read_text())
        if len(shown) < 2:
            sys.exit(f"{page} shows no commands")
        commands += [(page, command, lines) for command, lines in shown]
    ports = {}
    local = lambda text: PORT.sub(
        lambda match: ports.setdefault(match[0], free_port()), text
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TROUPE_")}
    with tempfile.TemporaryDirectory(prefix="troupe-test-") as folder:
        place = pathlib.Path(folder)
        (place / "build" / "release").mkdir(parents=True)
        (place / "build" / "demo").mkdir()
        (place / "tools").symlink_to(ROOT / "tools")
        (place / "build" / "release" / "troupe").symlink_to(troupe)
        environment["HOME"] = folder
        for page, command, shown in commands:
            command = local(command)
            shown = [local(line) for line in shown]
            if command.startswith("export "):
                environment.update(
                    pair.split("=", 1) for pair in shlex.split(command)[1:]
                )
                continue
            if command.startswith("tools/examples/local-desk"):
                start_desk(command, place, environment)
                continue
            done = subprocess.run(
                shlex.split(command), cwd=place, env=environment,
                capture_output=True, text=True, timeout=120, check=False,
            )
            expected = 0
            if shown and shown[-1].startswith("exit code "):
                expected = int(shown.pop().split()[-1])
                while shown and not shown[-1]:
                    shown.pop()
            if done.returncode != expected:
                sys.exit(f"{command}\nexit code {done.returncode}\n{done.stderr}")
            printed = normal(done.stdout)
            if printed != shown:
                difference = difflib.unified_diff(
                    shown, printed, page, "printed", lineterm=""
                )
                sys.exit("\n".join([command, *difference]))
            print(f"as shown: {command}")


if __name__ == "__main__":
    main()
