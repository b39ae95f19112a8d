/** The request target that a backend gets: the client's, byte for byte, with the route's prefix off and its own on. */
export function upstreamPath(
  target: string,
  route: { readonly stripPrefix: boolean; readonly pathPrefix: string },
  backend: { readonly basePath: string },
): string {
  const { stripPrefix, pathPrefix } = route;
  let path = target;
  if (stripPrefix && pathPrefix.length > 1) {
    const end = pathPrefix.endsWith('/') ? pathPrefix.length - 1 : pathPrefix.length;
    path = target.slice(end);
    if (!path.startsWith('/')) path = `/${path}`;
  }
  return backend.basePath + path;
}
