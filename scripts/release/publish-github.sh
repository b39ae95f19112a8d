#!/bin/sh
# publish-github.sh FOLDER: the release of the tag GITHUB_REF_NAME on GitHub, with everything in SHA256SUMS, and notes.md as its
# text. PRERELEASE, true or false, GITHUB_REF_NAME and GH_TOKEN: environment.
set -eu
cd "$1"
sha256sum --check --strict SHA256SUMS
files=$(cut --characters 67- SHA256SUMS)
# No name contains a space.
# shellcheck disable=SC2086
gh release create "$GITHUB_REF_NAME" --repo "$GITHUB_REPOSITORY" --verify-tag --title "$GITHUB_REF_NAME" \
  --notes-file notes.md --prerelease="$PRERELEASE" SHA256SUMS $files
