#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# package.sh TARBALL FOLDER - what `make package-check` runs: the Debian
# package in FOLDER on a bare Debian that has systemd as its first process:
# installed, started, its own tests, upgraded, installed anew, removed
# with the data kept, purged with the data gone.  The machine has no network; what apt needs
# was brought before.
set -eu
here=$(dirname "$(readlink -f "$0")")
tarball=$(readlink -f "$1")
folder=$(readlink -f "$2")
roots=${SUITE_ROOTS:-$PWD/roots}
base=$roots/bookworm-bare
work=
machine=
group=

say() {
    echo "package: $*"
}

fail() {
    say "FAILED: $*"
    exit 1
}

clean_up() {
    local status=$?
    [ $status = 0 ] || [ -z "$machine" ] ||
        inside journalctl --no-pager -q -n 40 -o cat || :
    if [ -n "$machine" ]; then
        kill -KILL "$machine" || :
        wait "$machine" || :
    fi 2>/dev/null
    # Its mounts are gone when the last of its processes is.
    if [ -n "$group" ]; then
        until grep -qx 'populated 0' "$group/cgroup.events"; do
            sleep 0.1
        done
        find "$group" -depth -type d -exec rmdir {} \;
    fi
    [ -z "$work" ] || rm -rf --one-file-system "$work"
    exit $status
}

# --- a machine ------------------------------------------------------------

# What a package and its tests are installed from, without a network.
bring() {
    "$here/root.sh" make "$base" systemd-sysv || exit
    mkdir -p "$work/deb"
    cp "$folder"/umbel_*_*.deb "$work/deb/"
    deb=/umbel-deb/$(basename "$work"/deb/umbel_*.deb)
    dpkg-deb -R "$work"/deb/umbel_*.deb "$work/old"
    sed -i 's/^Version: .*/Version: 0.0.1/' "$work/old/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$work/old" "$work/deb/old.deb" >/dev/null
    "$here/root.sh" enter "$base" --bind "$roots/archives" \
        /var/cache/apt/archives --bind "$work/deb" /umbel-deb \
        apt-get -qq --download-only install "$deb" python3 curl \
        >"$work/apt.log" 2>&1 || {
        tail -5 "$work/apt.log"
        fail "apt-get: the packages it needs cannot be had"
    }
}

cgroup_root() {
    if [ -d /sys/fs/cgroup/unified ]; then
        echo /sys/fs/cgroup/unified
    elif [ -e /sys/fs/cgroup/cgroup.procs ]; then
        echo /sys/fs/cgroup
    fi
}

boot() {
    local top
    top=$(cgroup_root)
    [ -n "$top" ] || {
        say "skipped: no cgroup2, so no systemd of its own"
        exit 77
    }
    mkdir "$work"/{upper,work,root} "$top/umbel-package.$$" &&
        group=$top/umbel-package.$$
    # What this machine has more than the root lies over it.
    mkdir -p "$work"/upper/{umbel-src,usr/sbin,var/cache/apt/archives}
    cp -r "$work/deb" "$work/upper/umbel-deb"
    printf '#!/bin/sh\nexit 0\n' >"$work/upper/usr/sbin/policy-rc.d"
    chmod 755 "$work/upper/usr/sbin/policy-rc.d"
    cp "$roots"/archives/*.deb "$work/upper/var/cache/apt/archives/"
    tar -xf "$tarball" -C "$work/upper/umbel-src" --strip-components=1
    # shellcheck disable=SC2016
    sh -c 'echo $$ >"$0/cgroup.procs" && exec unshare --mount --pid --net \
        --cgroup --ipc --uts --fork --kill-child "$@"' "$group" \
        "$here/../systemd/boot.sh" "$base" "$work" \
        >"$work/boot.log" 2>&1 &
    machine=$!
    while :; do
        kill -0 $machine 2>/dev/null || {
            tail -5 "$work/boot.log"
            fail "the machine did not start"
        }
        init=$(cat "/proc/$machine/task/$machine/children")
        init=${init// /}
        [ -z "$init" ] || case $(inside systemctl is-system-running \
            2>/dev/null) in
        running | degraded) break ;;
        esac
        sleep 0.1
    done
}

# inside COMMAND...: on that machine
inside() {
    nsenter --target "$init" --mount --pid --net --cgroup --ipc --uts \
        --root --wd env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}

apt() {
    inside apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >>"$work/apt.log" 2>&1 || {
        tail -15 "$work/apt.log"
        fail "apt-get $*"
    }
}

# --- what is looked at ----------------------------------------------------

umbel() {
    inside umbel --run /run/umbel "$@"
}

is_up() {
    [ "$(inside systemctl is-active umbel.service)" = active ] ||
        fail "umbel.service is $(inside systemctl is-active umbel.service)"
    umbel status >"$work/status" || fail "umbel status"
}

has_alice() {
    umbel status | grep -qw alice || fail "alice is not there $1"
}

installed() {
    apt install --no-install-recommends "$deb"
    is_up # as it is after the installation alone
    inside systemctl start umbel || fail "systemctl start umbel"
    is_up
    say "apt install, systemctl start umbel: $(head -1 "$work/status")"
    [ "$(inside stat -c '%U:%G %a' /var/lib/umbel)" = 'umbel:umbel 700' ] ||
        fail "owner and mode of /var/lib/umbel"
    inside systemctl -q is-enabled umbel.service umbel.socket ||
        fail "not enabled"
    [ -z "$(inside systemctl list-units --failed --plain --no-legend \
        'umbel*')" ] || fail "a unit of umbel has failed"
    echo 'a passphrase' | umbel --passphrase-file - user add alice \
        >/dev/null || fail "user add"
}

its_tests() {
    local test
    apt install --no-install-recommends python3 curl
    for test in pair service; do
        inside sh -c "cd /umbel-src && timeout 600 debian/tests/$test" \
            >"$work/$test.log" 2>&1 || {
            tail -30 "$work/$test.log"
            fail "debian/tests/$test"
        }
        say "debian/tests/$test passed"
    done
}

# An older version, which is the same but for its number, and then this one:
# alice is there, and nobody but systemd ever has the port.
upgraded() {
    local since
    apt install --allow-downgrades "/umbel-deb/old.deb"
    is_up
    has_alice "after a downgrade"
    since=$(inside systemctl show --value -p ActiveEnterTimestampMonotonic \
        umbel.socket)
    old=$(inside systemctl show --value -p MainPID umbel.service)
    apt install "$deb"
    is_up
    has_alice "after an upgrade"
    [ "$since" = "$(inside systemctl show --value \
        -p ActiveEnterTimestampMonotonic umbel.socket)" ] ||
        fail "the upgrade closed the port"
    [ "$old" != "$(inside systemctl show --value -p MainPID \
        umbel.service)" ] || fail "the upgrade did not start the new one"
    say "upgraded: the data and the port were kept"
}

kept_and_gone() {
    apt install --reinstall "$deb"
    is_up
    has_alice "after it was installed anew"
    apt remove umbel
    [ -z "$(inside pgrep -u umbel 2>/dev/null)" ] || fail "still running"
    inside sh -c 'ls /var/lib/umbel/users | grep -q . && ! test -e \
        /usr/sbin/umbeld && test -e /etc/umbel/umbel.conf' ||
        fail "removed, and the data or the configuration are gone"
    apt install "$deb"
    is_up
    has_alice "after it was removed and installed"
    say "installed anew, removed, installed: the data was kept"
    apt purge umbel
    inside sh -c '! ls -d /var/lib/umbel /etc/umbel /run/umbel \
        /etc/systemd/system/*/umbel* /lib/systemd/system/umbel* 2>/dev/null' ||
        fail "purged, and that is left"
    say "purged: nothing is left"
}

# Data on a file system of its own: only its place is left.
mounted_and_gone() {
    inside sh -c 'mkdir /var/lib/umbel && mount -t tmpfs tmpfs /var/lib/umbel'
    apt install "$deb"
    is_up
    inside test -e /var/lib/umbel/lock || fail "no data where it is mounted"
    apt purge umbel
    [ -z "$(inside find /var/lib/umbel -mindepth 1)" ] ||
        fail "purged, and there is data on the file system of its own"
    say "purged, with the data mounted: nothing is left"
}

trap clean_up EXIT
trap 'exit 130' INT TERM HUP
[ "$(id -u)" = 0 ] || {
    say "skipped: only root can make a root"
    exit 77
}
mkdir -p "$roots"
work=$(mktemp -d "$roots/package.XXXXXX")
bring
boot
say "a bare Debian $(cat "$base/etc/debian_version") runs systemd"
installed
its_tests
upgraded
kept_and_gone
mounted_and_gone
