"""What tools/duplicate_check promises."""

import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "tools" / "duplicate_check"


def body(count, name="value"):
    return "".join(f"  {name} += step_{i}({i});\n" for i in range(count))


class DuplicateCheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="troupe-test-")
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.tree / "runtime" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_script(self, *arguments):
        """The exit code and output of the script, run on the tree."""
        done = subprocess.run(
            [PROGRAM, *arguments, self.tree],
            capture_output=True, text=True, timeout=60, check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def test_code_that_differs_is_fine(self):
        self.write("a.cpp", body(20))
        self.write("b.cpp", body(20, "other"))
        code, output = self.run_script()
        self.assertEqual(code, 0, output)
        self.assertIn("2 files, 0 duplicates", output)

    def test_repeated_code_is_reported_once_with_both_places(self):
        self.write("a.cpp", "int x;\n" + body(20))
        self.write("b.cpp", body(20) + "int y;\n")
        code, output = self.run_script()
        self.assertEqual(code, 1)
        self.assertIn("runtime/a.cpp:2-21 is repeated at runtime/b.cpp:1-20", output)
        self.assertIn("1 duplicates", output)

    def test_eleven_lines_may_agree_and_twelve_may_not(self):
        for count, expected in ((11, 0), (12, 1)):
            self.write("a.cpp", body(count))
            self.write("b.hpp", body(count))
            self.assertEqual(self.run_script()[0], expected)

    def test_layout_comments_numbers_and_texts_do_not_hide_a_repetition(self):
        self.write("a.cpp", body(12) + 'f("a", 1);\n')
        other = body(12).replace("  value", "\n// why\nvalue").replace("(", " (")
        self.write("b.cpp", other.replace("1)", "77)") + 'f("b//", 1\'000);\n')
        self.assertEqual(self.run_script()[0], 1)

    def test_includes_brackets_and_data_are_no_code(self):
        noise = "#include <vector>\n" * 20 + "}\n);\n" * 20 + '{1, "a"},\n' * 20
        self.write("a.cpp", noise)
        self.write("b.cpp", noise)
        self.assertEqual(self.run_script()[0], 0)

    def test_other_folders_and_other_languages_are_left_alone(self):
        self.write("a.cpp", body(20))
        self.write("../build/a.cpp", body(20))
        self.write("a.txt", body(20))
        self.assertEqual(self.run_script()[0], 0)


if __name__ == "__main__":
    unittest.main()
