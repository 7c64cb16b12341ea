#!/bin/sh
# Unpack Postfix, whose sendmail(1) ours is compared with, into a folder; nothing is
# installed: reference.sh FOLDER. Where it cannot be had this says so and succeeds, and
# the test that needs it is skipped.
set -eu

target=$1
[ ! -e "$target" ] || exit 0

give_up() {
    echo "reference.sh: $1; the comparison with Postfix is skipped" >&2
    exit 0
}

for tool in apt-get dpkg dpkg-deb dpkg-query; do
    command -v "$tool" >/dev/null 2>&1 || give_up "no $tool"
done
mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
# apt's own user cannot write there.
fetch() { (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$1" >&2); }
updated=
download() {
    fetch "$1" && return
    [ -z "$updated" ] && [ "$(id -u)" = 0 ] || return 1
    updated=yes # the lists of packages may be missing, or name versions that are gone
    apt-get update -qq >&2 && fetch "$1"
}

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# Postfix, the libraries it needs, those they need.
wanted=postfix
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
