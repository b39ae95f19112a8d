/** How Sluice is shipped: a clone, the npm package, one file, a container image. */
export const BUILD_KINDS = ['source', 'package', 'executable', 'image'] as const;
export type BuildKind = (typeof BUILD_KINDS)[number];
