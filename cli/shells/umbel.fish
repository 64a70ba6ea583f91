# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion for fish: umbel itself says what may come next.  What it says may
# be a name that a stranger chose; fish takes each line as one word and quotes
# it, but for a tilde in front, which would become a folder: there the id has to
# be typed.

function __umbel_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -l answer (command umbel complete -- $words[2..-1] "$current" 2>/dev/null)
    if test (count $answer) -gt 1
        string match --invert '~*' -- $answer[2..-1]
    end
    switch "$answer[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current" ''
    end
end

complete -c umbel -f -a '(__umbel_complete)'
