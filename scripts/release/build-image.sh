#!/bin/sh
# Builds the image of VERSION for PLATFORM (amd64, arm64) on a machine of that kind, and pushes it as IMAGE:VERSION-PLATFORM, with
# attestations of how it was built and what it contains. IMAGE, VERSION, PLATFORM, REGISTRY_TOKEN: environment.
set -eu
cd "$(dirname "$0")/../.."
image=$(printf %s "$IMAGE" | tr '[:upper:]' '[:lower:]')
printf %s "$REGISTRY_TOKEN" | docker login "${image%%/*}" --username "$GITHUB_ACTOR" --password-stdin
# The engine's own builder cannot write attestations.
docker buildx create --name sluice-release --driver docker-container --use
docker buildx build \
  --platform "linux/$PLATFORM" \
  --file docker/Dockerfile \
  --build-arg "VERSION=$VERSION" \
  --build-arg "REVISION=$GITHUB_SHA" \
  --label "org.opencontainers.image.source=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" \
  --provenance mode=max \
  --sbom true \
  --tag "$image:$VERSION-$PLATFORM" \
  --push \
  .
