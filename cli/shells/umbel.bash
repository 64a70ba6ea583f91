# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion for bash: umbel itself says what may come next.
#
# What it says may be a name that a stranger chose.  So nothing of it is ever
# expanded: each word is quoted before it gets onto the command line.

# A word as it was typed, without its quotes, into the variable named $2.
_umbel_unquote() {
    local word=$1
    case $word in
    \'*) word=${word#\'} word=${word%\'} ;;
    \"*) word=${word#\"} word=${word%\"} word=${word//\\/} ;;
    *) word=${word//\\/} ;;
    esac
    printf -v "$2" %s "$word"
}

_umbel() {
    local -a words=() answer=()
    local i line word plain current=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        _umbel_unquote "${COMP_WORDS[i]}" plain
        words+=("$plain")
    done
    mapfile -t answer < <(command umbel complete -- "${words[@]}" 2>/dev/null)
    case ${answer[0]-} in
    files) compopt -o default ;;
    folders) compopt -o dirnames ;;
    esac
    for line in "${answer[@]:1}"; do
        word=${line%%$'\t'*}
        case $current in
        [\'\"]*)
            # Between quotes some characters would still do something.
            [[ $word == *[\'\"\\\$\`!]* ]] && continue
            ;;
        *) printf -v word %q "$word" ;;
        esac
        COMPREPLY+=("$word")
    done
}

complete -F _umbel umbel
