#!/bin/sh
# write-checksums.sh FOLDER: SHA256SUMS of everything that is released, for `sha256sum --check`.
set -eu
cd "$1"
rm -f SHA256SUMS
# Not in the list, and not released: the notes.
find . -maxdepth 1 -type f ! -name notes.md ! -name SHA256SUMS -printf '%P\0' | sort --zero-terminated |
  xargs --null sha256sum >SHA256SUMS
cat SHA256SUMS
