"""Fuzzing of the C that reads what clients send, under the address and the undefined-behaviour sanitizer, with a fixed number of runs.
REMIT_SEED repeats them, REMIT_FUZZ_RUNS makes them more; `make fuzz` goes on from the same corpus with libFuzzer."""
import glob
import os
import subprocess
import tempfile
import unittest

from support import ROOT

SEED = os.environ.get("REMIT_SEED", "20250615")
RUNS = os.environ.get("REMIT_FUZZ_RUNS", "300000")


class SanitizerTests(unittest.TestCase):
    def test_json_envelope_and_decimals(self):
        sources = [path for folder in ("Tests/Fuzz", "Sources/CRemitJSON", "Sources/CRemitDecimal")
                   for path in sorted(glob.glob(os.path.join(ROOT, folder, "*.c")))]
        self.assertGreater(len(sources), 8)
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "fuzz")
            command = ["cc", "-std=gnu17", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
                       "-I" + os.path.join(ROOT, "Sources/CRemitJSON/include"),
                       "-I" + os.path.join(ROOT, "Sources/CRemitDecimal/include"), *sources, "-lm", "-o", program]
            subprocess.run(command, check=True, timeout=120)
            corpus = glob.glob(os.path.join(ROOT, "Tests/Fixtures/Fuzz/*.ndjson"))
            done = subprocess.run([program, RUNS, SEED, *corpus], cwd=folder, capture_output=True, timeout=600, check=False)
            failed = os.path.join(folder, "failed")
            text = open(failed, "rb").read() if os.path.exists(failed) else b""
            self.assertEqual(done.returncode, 0, f"REMIT_SEED={SEED}: {text!r}: {done.stderr.decode()[-3000:]}")


if __name__ == "__main__":
    unittest.main()
