#!/bin/sh
# tag-image.sh PLATFORM…: joins IMAGE:VERSION-PLATFORM of all platforms under each of IMAGE_TAGS, words with spaces between.
# IMAGE, VERSION, IMAGE_TAGS, REGISTRY_TOKEN: environment.
set -eu
image=$(printf %s "$IMAGE" | tr '[:upper:]' '[:lower:]')
printf %s "$REGISTRY_TOKEN" | docker login "${image%%/*}" --username "$GITHUB_ACTOR" --password-stdin
for platform in "$@"; do
  set -- "$@" "$image:$VERSION-$platform"
  shift
done
for tag in $IMAGE_TAGS; do
  docker buildx imagetools create --tag "$image:$tag" "$@"
done
