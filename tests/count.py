#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""count.py BUILD_FOLDER STATUS_OF_MAKE: sums up a `make check`.

A test program counts by the results in its log, where they are known (cmocka,
pytest, TAP, the corpora), and otherwise as one.  The last line is exactly
`N passed, N failed`; the exit status says whether all is well.
"""

import pathlib
import re
import sys

CMOCKA = re.compile(r"^\[  (PASSED|FAILED)  \] (\d+) test\(s\)", re.M)
PYTEST = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?)+) in [\d.]+s", re.M)
LINES = re.compile(r"^(ok|not ok|FAIL)\b[ :]", re.M)
NAMED = re.compile(r"^(?:(?:FAILED|ERROR|not ok|FAIL)\b|\[  (?:ERROR  |FAILED )"
                   r" \]).*", re.M)


def results(log):
    """(passed, failed, skipped) as the log tells them, or None."""
    found = CMOCKA.findall(log)
    if found:
        return tuple(sum(int(n) for word, n in found if word == which)
                     for which in ("PASSED", "FAILED", "SKIPPED"))
    found = PYTEST.findall(log)
    if found:
        count = {word: int(n) for n, word in
                 re.findall(r"(\d+) (\w+)", found[-1])}
        return (count.get("passed", 0), count.get("failed", 0) +
                count.get("error", 0) + count.get("errors", 0),
                count.get("skipped", 0))
    found = LINES.findall(re.sub(r"(?m)^FAIL .*\(exit status: \d+\)$", "",
                                 log))
    if found:
        return found.count("ok"), len(found) - found.count("ok"), 0
    return None


def named(log):
    """What the log says of each failed case, in a line."""
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    return [line[:200] for line in NAMED.findall(text)[:20]]


def count(trs):
    """(passed, failed, skipped) of one test program."""
    verdict = re.search(r":global-test-result: (\w+)",
                        trs.read_text("utf-8")).group(1)
    log = trs.with_suffix(".log")
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    if verdict == "SKIP":
        return 0, 0, 1
    found = results(text) or (int(verdict == "PASS"), 0, 0)
    if verdict != "PASS" and found[1] == 0:
        found = (found[0], 1, found[2])
    return found


def main(folder, make_status):
    passed = failed = skipped = 0
    for trs in sorted(pathlib.Path(folder).rglob("*.trs")):
        one = count(trs)
        if one[1] or one[2]:
            words = [f"{n} {word}" for n, word in zip(
                one, ("passed", "failed", "skipped")) if n]
            log = trs.with_suffix(".log")
            print(f"{log}: {', '.join(words)}",
                  *(named(log) if one[1] else ()), sep="\n    ")
        passed, failed, skipped = (a + b for a, b in zip(
            (passed, failed, skipped), one))
    if make_status and not failed:
        print(f"make check ended with status {make_status}: "
              f"see {folder}/check.log")
        failed = 1
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
