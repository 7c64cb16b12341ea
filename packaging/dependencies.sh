#!/bin/sh
# Make sure that what a make target needs is there:
# dependencies.sh build|test|lint|callers ...
# On Debian and Ubuntu missing packages are installed with apt, as root or by
# sudo; elsewhere they are listed and the script fails.
set -eu

packages=
want() { packages="$packages $1"; }

has_command() { command -v "$1" >/dev/null 2>&1; }
has_library() { has_command pkg-config && pkg-config --exists "$1"; }
has_module() { [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import $1" >/dev/null 2>&1; }

for set in "$@"; do
    case $set in
    build)
        has_command cc || want gcc
        [ -e /usr/include/stdio.h ] || want libc6-dev
        has_command make || want make
        has_command pkg-config || want pkg-config
        has_library libbsd || want libbsd-dev
        has_library yaml-0.1 || want libyaml-dev
        has_library libcurl || want libcurl4-openssl-dev
        has_library libssl || want libssl-dev
        has_library jansson || want libjansson-dev
        has_library libidn2 || want libidn2-dev
        ;;
    test)
        [ -e /usr/include/cmocka.h ] || want libcmocka-dev
        [ -x /usr/bin/python3 ] || want python3
        has_module pytest || want python3-pytest
        has_module xdist || want python3-pytest-xdist
        has_module aiosmtpd || want python3-aiosmtpd
        has_module aiohttp || want python3-aiohttp
        has_module cryptography || want python3-cryptography
        has_module yaml || want python3-yaml
        # What reads our listing and log: perl-base has too few modules for it.
        perl -MFindBin -e 1 2>/dev/null || want perl
        ;;
    lint)
        has_command clang-format || want clang-format
        has_command clang-tidy || want clang-tidy
        has_command shellcheck || want shellcheck
        has_command mandoc || want mandoc
        has_command git || want git
        ;;
    callers)
        has_command debootstrap || want debootstrap
        ;;
    *)
        echo "dependencies.sh: unknown set: $set" >&2
        exit 64
        ;;
    esac
done

[ -n "$packages" ] || exit 0
if ! has_command apt-get; then
    echo "Postoak needs (names of Debian packages):$packages" >&2
    exit 69
fi
as_root=
if [ "$(id -u)" != 0 ]; then
    has_command sudo || {
        echo "Postoak needs these packages; install them as root: apt-get install$packages" >&2
        exit 69
    }
    as_root=sudo
fi
echo "Installing with apt:$packages"
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
