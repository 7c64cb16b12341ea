#!/bin/sh
# Run clang-tidy over the files named; what it finds is all it prints.
set -eu
# shellcheck disable=SC2046 # a list of flags
output=$("${CLANG_TIDY:-clang-tidy}" --quiet "$@" -- -I. -D_GNU_SOURCE -std=c17 \
    '-DPOSTOAK_VERSION="0"' '-DPOSTOAK_SYSCONFDIR="/etc"' \
    '-DPOSTOAK_DATADIR="/usr/share/postoak"' '-DPOSTOAK_SBINDIR="/usr/sbin"' \
    $(pkg-config --cflags libbsd yaml-0.1 libcurl libssl jansson) 2>&1) || {
    printf '%s\n' "$output" | grep -v 'warnings generated'
    exit 1
}
