#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# root.sh - folders with a Debian of their own, for what needs other packages
# than this machine has, or none.
#
#     root.sh make FOLDER [--backports PACKAGE]... [PACKAGE...]
#     root.sh copy FOLDER NEW
#     root.sh enter FOLDER [--offline] [--bind FROM TO]... COMMAND...
#
# make is quick where FOLDER has the packages already.  A command runs in
# namespaces of its own: whatever it leaves behind ends with it, mounts and
# processes.  Exit status 77: this machine cannot do that, and why.
set -eu
suite=${SUITE_DEBIAN:-bookworm}
mirror=${SUITE_MIRROR:-http://deb.debian.org/debian}
self=$(readlink -f "$0")

skip() {
    echo "root.sh: skipped: $*" >&2
    exit 77
}

need() {
    [ "$(id -u)" = 0 ] || skip "only root can make and enter a root"
    command -v unshare >/dev/null || skip "no unshare (util-linux)"
    unshare -mpiu --fork true 2>/dev/null ||
        skip "no namespaces may be made here"
}

# --- make -----------------------------------------------------------------

bootstrap() {
    local root=$1 log=$1.log
    PATH=$PATH:/usr/sbin:/sbin
    command -v debootstrap >/dev/null || skip "debootstrap is missing"
    rm -rf --one-file-system "$root.new"
    mkdir -p "$root.new" "${root%/*}/archives"
    if ! debootstrap --variant=minbase --cache-dir="${root%/*}/archives" \
        "$suite" "$root.new" "$mirror" >"$log" 2>&1; then
        tail -3 "$log" >&2
        rm -rf --one-file-system "$root.new"
        skip "debootstrap failed; is $mirror reachable? ($log)"
    fi
    # Nothing is started in there but by those who enter.
    printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
    chmod 755 "$root.new/usr/sbin/policy-rc.d"
    {
        echo "deb $mirror $suite main"
        echo "deb ${mirror%/debian}/debian-security $suite-security main"
        echo "deb $mirror $suite-backports main"
    } >"$root.new/etc/apt/sources.list"
    mv "$root.new" "$root"
}

install_in() {
    local root=$1
    shift
    "$self" enter "$root" --bind "${root%/*}/archives" \
        /var/cache/apt/archives env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Dpkg::Use-Pty=0 "$@" >>"$root.log" 2>&1 || {
        tail -5 "$root.log" >&2
        skip "apt-get $1 failed in $root ($root.log)"
    }
}

make_root() {
    local root=$1 backports=() stamp
    shift
    case $root in /*) ;; *) root=$PWD/$root ;; esac
    stamp="$*"
    while [ "${1-}" = --backports ]; do
        backports+=("$2")
        shift 2
    done
    [ -d "$root" ] || bootstrap "$root"
    [ "$(cat "$root.packages" 2>/dev/null)" != "$stamp" ] || return 0
    install_in "$root" update
    if [ ${#backports[@]} != 0 ]; then
        install_in "$root" install --no-install-recommends \
            -t "$suite-backports" "${backports[@]}"
    fi
    [ $# = 0 ] || install_in "$root" install --no-install-recommends "$@"
    echo "$stamp" >"$root.packages"
}

# --- enter ----------------------------------------------------------------

# As the first process of the namespaces.
inside() {
    local root=$1 from to
    shift
    if [ "$1" = --offline ]; then
        ip link set lo up || exit 1
        shift
    fi
    mount --make-rprivate /
    # A mount of its own, so that more namespaces can be made in there.
    mount --rbind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    while [ "${1-}" = --bind ]; do
        from=$2 to=$root$3
        mkdir -p "$to"
        mount --bind "$from" "$to"
        shift 3
    done
    # By this name what runs in there is told from the machine.
    hostname "${root##*/}"
    # Not the last command: this shell stays, and waits for orphans.
    chroot "$root" env -i HOME=/root PATH="$root_path" LANG=C.UTF-8 \
        TERM=dumb ${http_proxy:+http_proxy="$http_proxy"} "$@"
    exit $?
}
root_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

enter() {
    local root=$1 net=()
    shift
    if [ "${1-}" = --offline ]; then
        command -v ip >/dev/null || skip "no ip (iproute2)"
        net=(--net)
    else
        cat /etc/resolv.conf >"$root/etc/resolv.conf" 2>/dev/null || :
    fi
    unshare --mount --pid --ipc --uts "${net[@]}" --fork --kill-child \
        "$self" inside "$root" "$@"
}

case ${1-} in
make) need && make_root "${@:2}" ;;
copy)
    need
    rm -rf --one-file-system "$3"
    cp -a --reflink=auto "$2" "$3"
    ;;
enter) need && enter "$(readlink -f "$2")" "${@:3}" ;;
inside)
    set +e
    inside "${@:2}"
    ;;
*)
    sed -n 's/^#     \(root.sh\)/usage: \1/p' "$self" >&2
    exit 2
    ;;
esac
