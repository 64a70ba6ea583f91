#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds every quotation of the protocol in a comment to its text.

    /* PROTOCOL 4.2: A receiver MUST ... */

The words after the colon, up to the end of the sentence, must stand in
section 4.2 of doc/PROTOCOL.md; white space and Markdown's marks do not count.
Sentences with MUST that nothing quotes are counted.
"""

import os
import pathlib
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/|(?://[^\n]*\n\s*)+|(?:^\s*#[^\n]*\n)+",
                     re.S | re.M)
QUOTE = re.compile(r"PROTOCOL (\d+(?:\.\d+)*): +(.*?[.;])(?= |$)")
HEADING = re.compile(r"^#+ (?:Appendix )?(\S+?)\.? ")


def plain(text):
    return " ".join(re.sub(r"[*`]", "", text).split())


def uncomment(text):
    """The words of a comment, without its stars."""
    return " ".join(re.sub(r"^\s*(/\*+|\*+/|\*|//|#)", "", line)
                    for line in text.replace("*/", "").split("\n"))


def sections(text):
    found, number = {}, ""
    for line in text.split("\n"):
        heading = HEADING.match(line)
        if heading:
            number = heading.group(1)
        found[number] = found.get(number, "") + line + "\n"
    return {number: plain(body) for number, body in found.items()}


def quotations(path):
    text = path.read_text("utf-8")
    for comment in COMMENT.finditer(text):
        line = text.count("\n", 0, comment.start()) + 1
        words = plain(uncomment(comment.group()))
        for section, sentence in QUOTE.findall(words):
            yield line, section, sentence


def main():
    os.chdir(os.environ.get("top_srcdir", "."))
    page = pathlib.Path("doc/PROTOCOL.md")
    if not page.exists():
        print("skipped: no doc/PROTOCOL.md")
        return 77
    text = sections(page.read_text("utf-8"))
    quoted, wrong = set(), 0
    paths = [path for top in ("daemon", "api", "cli", "tests")
             for end in ("*.[ch]", "*.py")
             for path in sorted(pathlib.Path(top).rglob(end))
             if path.name != "quotes.py"]
    for path in paths:
        for line, section, sentence in quotations(path):
            body = "".join(body for number, body in text.items()
                           if f"{number}.".startswith(f"{section}."))
            if sentence not in body:
                print(f"{path}:{line}: not in PROTOCOL {section}: {sentence}")
                wrong += 1
            quoted.add(sentence)
    musts = [sentence for body in text.values()
             for sentence in re.split(r"(?<=[.;]) ", body)
             if "MUST" in sentence]
    silent = [must for must in musts
              if not any(quote in must or must in quote for quote in quoted)]
    print(f"quotes: {len(quoted)} right, {wrong} wrong; "
          f"{len(silent)} of {len(musts)} MUST quoted nowhere")
    if "-v" in sys.argv:
        print(*silent, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
