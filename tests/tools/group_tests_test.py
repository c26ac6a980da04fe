"""Checks what tools/cmake/group_tests.py makes of test files."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "cmake" / "group_tests.py"


def group(**texts):
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for name, text in texts.items():
            source = pathlib.Path(folder, name + "_test.cpp")
            source.write_text(text)
            sources.append(str(source))
        output = pathlib.Path(folder, "group.cpp")
        subprocess.run([SCRIPT, output, *sources], check=True)
        return output.read_text().replace(folder + "/", "").splitlines()


class GroupTests(unittest.TestCase):
    def test_each_file_has_a_namespace_after_what_all_include(self):
        self.assertEqual(
            group(one="#include <a>\n#include \"b.hpp\"\nint fixture;\n",
                  two="#include \"b.hpp\"\n#include <c>\nint fixture;\n"),
            ["#include <a>", "#include \"b.hpp\"", "#include <c>",
             "namespace file_0 {", "#include \"one_test.cpp\"", "}",
             "namespace file_1 {", "#include \"two_test.cpp\"", "}"])

    def test_a_test_within_a_namespace_has_its_own_within_that(self):
        text = "#include <a>\nnamespace a::b {\n\nint x;\n\n}{}\n"
        self.assertEqual(
            "\n".join(group(
                one=text.replace("{}", " // namespace a::b"))[1:]),
            text.replace("b {", "b::file_0 {").replace("{}", ""))

    def test_specialisations_and_conditions_stay_outside(self):
        for text in ("#if X\n#endif\n", "#define X\n",
                     "template <>\nstruct s<int>;\n"):
            self.assertEqual(
                group(inside="int x;\n", outside=text),
                ["#include \"outside_test.cpp\"",
                 "namespace file_0 {", "#include \"inside_test.cpp\"", "}"])

    def test_an_unnamed_namespace_and_an_alias_stay_inside(self):
        for text in ("namespace {\n}\n", "namespace fs = std::filesystem;\n"):
            self.assertEqual(group(inside=text)[0], "namespace file_0 {")


if __name__ == "__main__":
    unittest.main()
