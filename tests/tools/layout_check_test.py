"""Tests tools/layout_check on small trees with one violation each."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "tools" / "layout_check"

CLEAN_TREE = {
    "messages/README.md": "",
    "messages/carrier.hpp": "#include <caf/error.hpp>\n",
    "runtime/README.md": "",
    "runtime/CMakeLists.txt": (
        "troupe_library(\n  pure\n  SOURCES clock.cpp # no CAF)\n  LINKS x)\n"
        "troupe_library(talk ACTORS SOURCES speaker.cpp LINKS pure)\n"
    ),
    "runtime/clock.hpp": "",
    "runtime/clock.cpp": '#include "runtime/clock.hpp"\n',
    "runtime/speaker.hpp": '#include "messages/carrier.hpp"\n',
    "runtime/speaker.cpp": '#include "runtime/speaker.hpp"\n#include <caf/all.hpp>\n',
    "actors/README.md": "",
    "cluster/transport/README.md": "",
    "cluster/README.md": "",
    "cluster/transport/link.hpp": "#include <caf/io/all.hpp>\n",
    "tools/README.md": "",
    "benchmarks/README.md": "",
    "tests/README.md": "",
    "tests/runtime/clock_test.cpp": '#include "runtime/clock.hpp"\n',
    "tests/runtime/speaker_test.cpp": '#include "runtime/speaker.hpp"\n',
}


def statements(count):
    return "".join(f"  step({i});\n" for i in range(count))


class LayoutCheck(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name, text in CLEAN_TREE.items():
            self.write(name, text)

    def write(self, name, text):
        path = Path(self.folder.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_check(self):
        result = subprocess.run(
            [sys.executable, str(PROGRAM), self.folder.name],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = result.stdout.splitlines()
        self.assertEqual(result.returncode, 1 if lines else 0, result.stderr)
        return lines

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.run_check(), [])

    def test_an_include_that_points_up_is_found(self):
        self.write("runtime/clock.hpp", '// First.\n#include "actors/a.hpp"\n')
        self.assertEqual(
            self.run_check(),
            ['runtime/clock.hpp:2: runtime must not include "actors/a.hpp"'],
        )

    def test_nobody_sees_the_tests(self):
        self.write("tools/main.cpp", '#include "tests/support/places.hpp"\n')
        self.assertEqual(
            self.run_check(),
            ['tools/main.cpp:1: tools must not include "tests/support/places.hpp"'],
        )

    def test_caf_in_pure_code_is_found(self):
        self.write("runtime/clock.cpp", '#include "runtime/clock.hpp"\n#include <caf/actor.hpp>\n')
        self.assertEqual(
            self.run_check(),
            ["runtime/clock.cpp:2: pure code must not include <caf/actor.hpp>"],
        )

    def test_caf_behind_another_header_is_found(self):
        self.write("runtime/clock.hpp", '#include "runtime/speaker.hpp"\n')
        self.assertIn(
            'runtime/clock.hpp:1: pure code reaches CAF through "runtime/speaker.hpp"',
            self.run_check(),
        )

    def test_networking_outside_the_transport_is_found(self):
        self.write("runtime/speaker.hpp", "#include <caf/openssl/all.hpp>\n")
        self.assertEqual(
            self.run_check(),
            ["runtime/speaker.hpp:1: <caf/openssl/all.hpp> belongs to cluster/transport"],
        )

    def test_a_source_without_a_test_is_found(self):
        self.write("runtime/ids.hpp", "")
        self.write("runtime/ids.cpp", '#include "runtime/ids.hpp"\n')
        self.assertEqual(
            self.run_check(),
            ['runtime/ids.cpp:1: no test includes "runtime/ids.hpp" or its user'],
        )

    def test_a_part_of_something_tested_is_tested(self):
        self.write("runtime/ticks.hpp", "")
        self.write("runtime/ticks.cpp", '#include "runtime/ticks.hpp"\n')
        self.write("runtime/clock.cpp", '#include "runtime/ticks.hpp"\n')
        self.assertEqual(self.run_check(), [])

    def test_a_long_function_is_found(self):
        for head in ["int f(int x) {", "f::f(int x)\n  : a{x}, b{{x}} {", "auto f() -> g {"]:
            lines = 69 - head.count("\n")
            with self.subTest(head=head, lines=lines):
                self.write("tools/a.cpp", f"namespace n {{\n{head}\n{statements(lines - 1)}}}\n}}\n")
                self.assertEqual(self.run_check(), [])
                self.write("tools/a.cpp", f"namespace n {{\n{head}\n{statements(lines)}}}\n}}\n")
                self.assertEqual(self.run_check(), ["tools/a.cpp:2: function has 71 lines"])

    def test_braces_in_texts_do_not_count(self):
        body = '  say("{ }} {");\n  // }}}\n  say(R"({{{)"); say(\'{\');\n'
        self.write("tools/a.cpp", f"#define M(x) \\\n  {{ x\nvoid f() {{\n{body}{statements(67)}}}\n")
        self.assertEqual(self.run_check(), ["tools/a.cpp:3: function has 72 lines"])

    def test_a_long_class_is_no_long_function(self):
        members = "".join(f"  int f{i}() {{\n    return {i};\n  }}\n" for i in range(50))
        self.write("tools/a.hpp", f"MACRO(x)\nnamespace n {{\nclass c {{\n{members}}};\n}}\n")
        self.assertEqual(self.run_check(), [])

    def test_a_long_file_is_found(self):
        self.write("tools/a.cpp", "\n" * 500)
        self.assertEqual(self.run_check(), [])
        self.write("tools/a.cpp", "\n" * 501)
        self.assertEqual(self.run_check(), ["tools/a.cpp:501: file has 501 lines"])

    def test_a_leftover_reminder_is_found(self):
        for word in ["FIX" + "ME", "TO" + "DO"]:
            self.write("messages/a.proto", f"// One.\n// {word}: later\n")
            self.assertEqual(self.run_check(), [f"messages/a.proto:2: leftover {word}"])

    def test_a_folder_without_a_readme_is_found(self):
        self.write("actors/engine/engine.hpp", "")
        self.assertEqual(self.run_check(), ["actors/engine:1: no README.md"])

    def test_a_folder_name_that_explains_nothing_is_found(self):
        for name in ["utils", "common", "core", "helpers", "manager"]:
            with self.subTest(name=name):
                self.setUp()
                self.write(f"actors/{name}/README.md", "")
                self.assertEqual(
                    self.run_check(), [f"actors/{name}:1: a name that explains nothing"]
                )

    def test_another_tree_is_refused(self):
        with tempfile.TemporaryDirectory() as empty:
            result = subprocess.run(
                [sys.executable, str(PROGRAM), empty], capture_output=True, check=False
            )
        self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    unittest.main()
