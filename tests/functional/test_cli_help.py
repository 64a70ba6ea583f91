# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command line says of itself: --help, `umbel help`, the manual, and
the completions of three shells.  All are made of one table; here all of it is
looked for in each."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from commands import DONE, SHELLS, UMBEL, USAGE, Shell, Terminal
from daemons import BUILD, LIMIT

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
MANUAL = BUILD / "doc/man/umbel.1"
API_MANUAL = BUILD / "doc/man/umbel-api.7"


def umbel(*words, code=DONE, **more):
    done = subprocess.run([UMBEL, *words], text=True, capture_output=True,
                          timeout=LIMIT, **more)
    assert done.returncode == code, done
    return done.stdout


def source(pattern):
    return "".join(path.read_text("utf-8")
                   for path in sorted((TOP / "cli").glob(pattern)))


COMMANDS = re.findall(r'\.name = "([a-z -]+)",\n', source("table_*.c"))
OPTIONS = list(dict.fromkeys(re.findall(
    r'(?:VALUED|SWITCH)\(\s*"([a-z-]+)",', source("option.c"))))
LETTERS = re.findall(r"(?:VALUED|SWITCH)\(\s*\"([a-z-]+)\", '(.)'",
                     source("option.c"))


def test_the_tables_are_read():
    assert len(COMMANDS) > 70 and len(OPTIONS) > 30 and LETTERS
    assert len(set(COMMANDS)) == len(COMMANDS)


# on the screen

def test_help_has_everything():
    text = umbel("--help")
    assert text == umbel("help") == umbel("-h")
    assert max(map(len, text.splitlines())) <= 80
    commands, options = text.split("Options;")
    shown = re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)*)(?: [A-Z[]| {2}|\n| on)",
                       commands, re.M)
    assert sorted(shown) == sorted(COMMANDS)
    assert sorted(re.findall(r"^  (?:-\w, )?--([a-z-]+)", options, re.M)) == \
        sorted(OPTIONS)
    assert re.findall(r"^  (\d)  ", options, re.M) == list("01234567")


def test_help_of_each():
    rows = dict(re.findall(r'\.name = "([a-z -]+)",\n(.*?)\.run',
                           source("table_*.c"), re.S))
    for first in dict.fromkeys(x.split()[0] for x in COMMANDS):
        text = umbel("help", first)
        assert max(map(len, text.splitlines())) <= 80
        assert "`" not in text
        parts = text.split("Usage: umbel ")[1:]
        names = [x for x in COMMANDS if x.split()[0] == first]
        assert len(parts) == len(names)
        for name, part in zip(names, parts):
            assert re.match(rf"{name}(?: [A-Z[]| on\||\n)", part), part
            assert len(re.findall(r"^  (?:-\w, )?--[a-z-]+", part, re.M)) == \
                rows[name].count("OPT_")
    one = umbel("help", "contact", "alias")
    assert one == umbel("contact", "alias", "--help") == \
        umbel("contact", "--help", "alias", "x")
    assert one in umbel("contact", "--help") == umbel("help", "contact")
    assert umbel("send", "bob", "x", "-h") == umbel("help", "send")


def test_help_of_what_is_none():
    for words in (["nonsense"], ["contact", "nonsense"], [""],
                  ["send", "bob"]):
        done = subprocess.run([UMBEL, "help", *words], text=True,
                              capture_output=True)
        assert done.returncode == USAGE and done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
    assert umbel("nonsense", "--help", code=USAGE) == ""


def test_colours_are_for_terminals():
    assert "\x1b" not in umbel("--help")

    def on_a_terminal(**env):
        saved = dict(os.environ)
        os.environ.update({"TERM": "xterm", **env})
        try:
            terminal = Terminal("help", "send")
            assert terminal.end() == DONE
            return terminal.text
        finally:
            os.environ.clear()
            os.environ.update(saved)
    os.environ.pop("NO_COLOR", None)
    assert "\x1b[1m" in on_a_terminal()
    assert "\x1b[1m" in on_a_terminal(NO_COLOR="")
    assert "\x1b" not in on_a_terminal(NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(TERM="dumb")


# the manual

def test_manual_has_everything():
    text = MANUAL.read_text("utf-8")
    assert sorted(re.findall(r"^\.It Xo\n\.Cm (.*)$", text, re.M)) == \
        sorted(COMMANDS)
    assert sorted(re.findall(r"^\.It (?:Fl \w , )?Fl -([a-z-]+)", text,
                             re.M)) == sorted(OPTIONS)
    for name, letter in LETTERS:
        assert f".It Fl {letter} , Fl -{name}" in text
    assert re.findall(r"^\.It (\d)$", text, re.M) == list("01234567")
    assert "@" not in text and "`" not in text
    # Nothing that was literal is left as a plain word.
    assert not re.search(r"^[^.].*(?<![\w-])--[a-z]", text.split(
        ".Sh EXAMPLES")[0], re.M)


def test_manual_is_well_formed():
    tool = shutil.which("mandoc")
    if not tool:
        pytest.skip("mandoc is not installed")
    for page in (MANUAL, API_MANUAL, TOP / "doc/man/umbeld.8",
                 TOP / "doc/man/umbel.conf.5"):
        # [tor] as a heading is none of style, but true.
        level = "style" if page in (MANUAL, API_MANUAL) else "warning"
        done = subprocess.run([tool, "-T", "lint", "-W", level, page],
                              text=True, capture_output=True)
        # Cross references to pages that are not installed.
        said = [x for x in done.stdout.splitlines()
                if "referenced manual not found" not in x
                and "operating system explicitly" not in x
                and "Mdocdate" not in x]
        assert not said, "\n".join(said)[:2000]


def test_manual_of_the_api_has_every_operation():
    document = json.loads((TOP / "api/openapi.json").read_text())
    wanted = [f"{method.upper()} {path}"
              for path, item in document["paths"].items() for method in item
              if method in ("get", "post", "put", "patch", "delete")]
    found = re.findall(r"^\.It Li ([A-Z]+ /\S*)$", API_MANUAL.read_text(),
                       re.M)
    assert sorted(found) == sorted(wanted)


def test_manual_is_set_without_warnings():
    groff = shutil.which("groff")
    if not groff:
        pytest.skip("groff is not installed")
    done = subprocess.run([groff, "-mandoc", "-ww", "-Tutf8", "-Z", MANUAL,
                           API_MANUAL],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr[:2000]


# completions: what umbel says

def words_after(*words, **more):
    first, *lines = umbel("complete", "--", *words, **more).splitlines()
    assert first == "words"
    return [line.split("\t")[0] for line in lines]


GROUPS = list(dict.fromkeys(x.split()[0] for x in COMMANDS if " " in x))


def takers():
    """Few commands that take all options between them."""
    takes = {name: set(re.findall(r"OPT_\w+", row)) for name, row in
             re.findall(r'\.name = "([a-z -]+)",\n(.*?)\.run',
                        source("table_*.c"), re.S)}
    names = dict(re.findall(
        r'\[(OPT_\w+)\] =\s*(?:VALUED|SWITCH)\(\s*"([a-z-]+)"',
        source("option.c")))
    left = {names[x] for some in takes.values() for x in some}
    while left:
        best = max(takes, key=lambda c: len({names[x] for x in takes[c]}
                                            & left))
        left -= {names[x] for x in takes[best]}
        yield best


def judge(ask, empty):
    """ask: what is offered after each line of a list."""
    firsts, *more = ask([empty] + [f"{x} {empty}" for x in GROUPS])
    assert len(set(firsts)) == len(firsts)
    found = [x for x in firsts if x in COMMANDS]
    for group, seconds in zip(GROUPS, more):
        assert group in firsts
        found += [f"{group} {x}" for x in seconds
                  if f"{group} {x}" in COMMANDS]
    assert sorted(found) == sorted(COMMANDS)
    options = set()
    for some in ask(["--"] + [f"{x} --" for x in takers()]):
        options |= set(some)
    assert sorted(x[2:] for x in options) == sorted(OPTIONS)


def test_complete_knows_everything():
    judge(lambda lines: [words_after(*("" if x == "''" else x
                                       for x in line.split()))
                         for line in lines], "''")


@pytest.mark.parametrize("words, first, wanted", [
    (["presence", ""], "words", ["online", "invisible", "offline"]),
    (["presence", "o"], "words", ["online", "offline"]),
    (["send-file", "bob", ""], "files", []),
    (["send-file", "bob", "a", "b"], "files", []),
    (["export", ""], "folders", []),
    (["--run", ""], "folders", []),
    (["status", "--run="], "folders", []),
    (["user", "unlock", "--passphrase-file", ""], "files", []),
    (["get", "x", "--wait", ""], "files", []),
    (["privacy", "--receipts", ""], "words", ["on", "off"]),
    (["privacy", "--receipts", "="], "words", ["on", "off"]),
    (["privacy", "--receipts", "=", "of"], "words", ["off"]),
    (["privacy", "--receipts=o"], "words",
     ["--receipts=on", "--receipts=off"]),
    (["contact", "privacy", "--receipts", "d"], "words", ["default"]),
    (["privacy", "--accept", "file,"], "words",
     ["file,file", "file,image", "file,voice"]),
    (["privacy", "--accept", "im"], "words", ["image"]),
    (["timer", "bob", ""], "words", ["off"]),
    (["typing", "bob", "o"], "words", ["on", "off"]),
    (["typing", "bob", "on", ""], "words", []),
    (["help", "conta"], "words", ["contacts", "contact"]),
    (["help", "contact", "al"], "words", ["alias", "alarm-seen"]),
    (["--json", "stat"], "words", ["status"]),
    (["--", "stat"], "words", ["status"]),
    (["--", "--"], "words", []),
    (["contact", "--js"], "words", ["--json"]),
    (["status", "--q"], "words", []),
    (["send", "bob", ""], "words", []),
    (["tail", "-n", ""], "words", []),
    (["nonsense", ""], "words", []),
    ([], "words", None),
])
def test_complete(words, first, wanted, tmp_path):
    """No daemon is asked, or it is not there and nothing is said of it."""
    done = umbel("--run", str(tmp_path), "complete", "--", *words)
    answer, *lines = done.splitlines()
    assert answer == first
    if wanted is not None:
        assert [x.split("\t")[0] for x in lines] == wanted


# completions: what the shells make of it

BASH = f"""
. '{SHELLS}/umbel.bash'
compopt() {{ kind=$2; }}
while IFS= read -r line; do
    eval "COMP_WORDS=(umbel $line)"
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) kind=
    _umbel
    printf '%s\\n' "[$kind]" "${{COMPREPLY[@]}}" .
done
"""

ZSH = f"""
compadd() {{ shift 5; print -rl -- "${{(@P)1}}"; }}
_files() {{ [[ $1 = -/ ]] && print '[dirnames]' || print '[default]'; }}
ask() {{ . '{SHELLS}/_umbel'; }}
while IFS= read -r line; do
    eval "words=(umbel $line)"
    CURRENT=$#words PREFIX=$words[-1]
    ask
    print .
done
"""

FISH = f"""
source '{SHELLS}/umbel.fish'
while read line
    complete -C "umbel $line"
    echo .
end
"""


def shell(name, script):
    """Gives ask(lines): for each what the shell would offer."""
    tool = shutil.which(name)
    if not tool:
        pytest.skip(f"{name} is not installed")
    bare = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[name]

    def ask(lines):
        done = subprocess.run(
            [tool, *bare, "-c", script], input="\n".join(lines) + "\n",
            text=True, capture_output=True, timeout=LIMIT,
            env={**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"})
        assert done.stderr == "" and done.returncode == 0, done
        answers = [[]]
        for line in done.stdout.splitlines():
            if line == ".":
                answers.append([])
            elif line != "[]" and line:
                answers[-1].append(line.split("\t")[0])
        assert len(answers) == len(lines) + 1
        return answers[:-1]
    return ask


@pytest.mark.parametrize("name, script", [
    ("bash", BASH), ("zsh", ZSH), ("fish", FISH)])
def test_shells_know_everything(name, script):
    ask = shell(name, script)
    empty = "" if name == "fish" else "''"
    judge(ask, empty)
    files, folders, values = ask([
        f"get x {empty}", f"export {empty}", "privacy --receipts o"])
    assert values == ["on", "off"] or sorted(values) == ["off", "on"]
    if name != "fish":
        assert (files, folders) == (["[default]"], ["[dirnames]"])


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_key_is_pressed(name, tmp_path):
    with Shell(name, tmp_path) as shell_:
        shell_.write("umbel presen\t-h\r")
        shell_.expect("Usage: umbel presence")
        shell_.write("umbel contact privacy --rec\tde\tbob -h\r")
        shell_.expect("Usage: umbel contact privacy")
