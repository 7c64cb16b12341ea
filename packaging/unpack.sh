#!/bin/sh
# Unpack Debian packages, and the libraries they need that this host lacks, into a
# folder: unpack.sh FOLDER PACKAGE... Nothing is installed: tests look at what these
# programs do, and installed they would bring in far more, or take our place. Where they
# cannot be had this says so and succeeds, and the tests that need them are skipped.
set -eu

target=$1
shift
[ ! -e "$target" ] || exit 0

give_up() {
    echo "unpack.sh: $1; tests that need it are skipped" >&2
    exit 0
}

for tool in apt-get dpkg dpkg-deb dpkg-query; do
    command -v "$tool" >/dev/null 2>&1 || give_up "no $tool"
done
mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
# apt's own user cannot write there; who is offline does not want to wait.
quietly='-qq -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=20'
# shellcheck disable=SC2086 # a list of words
fetch() { (cd "$work" && apt-get $quietly download "$1" >&2); }
updated=
download() {
    fetch "$1" && return
    [ -z "$updated" ] && [ "$(id -u)" = 0 ] || return 1
    updated=yes # the lists of packages may be missing, or name versions that are gone
    # shellcheck disable=SC2086
    apt-get $quietly update >&2 && fetch "$1"
}

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

wanted="$*"
seen=
while [ -n "$wanted" ]; do
    package=${wanted%% *}
    wanted=${wanted#"$package"}
    wanted=${wanted# }
    case " $seen " in *" $package "*) continue ;; esac
    seen="$seen $package"
    download "$package" || give_up "$package could not be downloaded"
    set -- "$work/${package}"_*.deb
    dpkg -x "$1" "$work/root"
    for library in $(dpkg-deb -f "$1" Pre-Depends Depends | tr '|, ' '\n' | grep -o '^lib[a-z0-9.+-]*'); do
        installed "$library" || wanted="$wanted${wanted:+ }$library"
    done
done

chmod 755 "$work/root"
# Another make may have been faster.
mv -T "$work/root" "$target" 2>/dev/null || [ -e "$target" ]
