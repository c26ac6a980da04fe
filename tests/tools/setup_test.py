"""What tools/setup promises, tried with programs that only say what they do."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "tools" / "setup"
INSTALL = (
    "env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "
    "--no-install-recommends -o DPkg::Lock::Timeout=120 "
)


class SetupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="troupe-test-")
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        (self.tree / "tools").mkdir()
        (self.tree / "bin").mkdir()
        shutil.copy(PROGRAM, self.tree / "tools")
        packages = "# why\n\nalpha\n   \nbeta\n"
        (self.tree / "tools" / "packages").write_text(packages)
        for name in ("bash", "dirname", "grep"):
            (self.tree / "bin" / name).symlink_to(shutil.which(name))
        self.add_program("apt-get", 'echo "apt-get $*" >&2')
        self.add_program("env", 'echo "env $*" >&2')
        self.be_user(0)

    def add_program(self, name, body):
        path = self.tree / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def be_user(self, number):
        self.add_program("id", f"echo {number}")

    def know(self, *lines):
        """Makes dpkg-query fail as it does when it misses some."""
        self.add_program(
            "dpkg-query", "".join(f'echo "{line}"\n' for line in lines) + "exit 1"
        )

    def run_setup(self, *lists):
        done = subprocess.run(
            [shutil.which("bash"), self.tree / "tools" / "setup", *lists],
            env={"PATH": os.fspath(self.tree / "bin")},
            capture_output=True, text=True, timeout=60, check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def test_nothing_happens_when_nothing_is_missing(self):
        self.know("beta installed", "alpha installed")
        self.assertEqual(self.run_setup(), (0, ""))

    def test_lists_that_are_named_are_wanted_too(self):
        (self.tree / "tools" / "packages-more").write_text("# why\ngamma\n")
        self.know("beta installed", "alpha installed")
        self.assertEqual(self.run_setup(), (0, ""))
        code, said = self.run_setup("packages-more")
        self.assertEqual(code, 0)
        self.assertIn(INSTALL + "gamma\n", said)

    def test_root_installs_only_what_is_missing(self):
        self.know("alpha installed", "beta config-files")
        code, output = self.run_setup()
        self.assertEqual(code, 0, output)
        self.assertIn("installing beta\n", output)
        self.assertIn("apt-get update -qq\n", output)
        self.assertIn(INSTALL + "beta\n", output)

    def test_a_name_that_only_begins_alike_does_not_count(self):
        self.know("alpha installed", "beta-dev installed")
        self.assertIn("installing beta\n", self.run_setup()[1])

    def test_a_user_installs_through_sudo(self):
        self.know()
        self.be_user(1000)
        self.add_program("sudo", 'echo "sudo $*" >&2')
        code, output = self.run_setup()
        self.assertEqual(code, 0, output)
        self.assertIn("sudo apt-get update -qq\n", output)
        self.assertIn("sudo " + INSTALL + "alpha beta\n", output)

    def test_a_user_without_sudo_is_told_what_is_missing(self):
        self.know("alpha installed")
        self.be_user(1000)
        code, output = self.run_setup()
        self.assertEqual(code, 6)
        self.assertIn("missing packages: beta\n", output)
        self.assertIn("hint:", output)


if __name__ == "__main__":
    unittest.main()
