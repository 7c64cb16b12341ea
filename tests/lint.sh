#!/bin/sh
# What make lint checks beside format and clang-tidy: layers, shell, man pages,
# commits' spelling of the rules.
set -eu
cd "$(dirname "$0")/.."
status=0

/usr/bin/python3 tests/lint_layers.py || status=1

# shellcheck disable=SC2046 # a list of words
shellcheck $(git ls-files '*.sh') .ci/run || status=1

# Manuals that are not installed yet are no fault of the page.
for page in $(git ls-files '*.1' '*.5' '*.8'); do
    if mandoc -Tlint -Wwarning "$page" | grep -v 'referenced manual not found'; then
        status=1
    fi
done

if git grep -nwE '(TODO|FIXME)' -- '*.c' '*.h' '*.py' Makefile; then
    echo "lint: finish it or file it" >&2
    status=1
fi

if [ "$(git ls-files '*.c' | xargs grep -L 'SPDX-License-Identifier: ISC')" ]; then
    git ls-files '*.c' | xargs grep -L 'SPDX-License-Identifier: ISC'
    echo "lint: these lack the licence line" >&2
    status=1
fi
exit $status
