/** Where the files of the repository are on the site. All paths are relative, with `/`. */
import { posix } from 'node:path';

/** `docs/tls.md` is `docs/tls.html`, a README is the index of its folder, and any other text is a page that shows it. */
export function sitePath(source: string): string {
  if (/\.(?:png|svg|jpg)$/.test(source)) return source;
  if (posix.basename(source) === 'README.md') return posix.join(posix.dirname(source), 'index.html');
  return `${source.replace(/\.md$/, '')}.html`;
}

/** From one page of the site to another: works from a disk and below any path of a host. */
export function relativeLink(from: string, to: string): string {
  return posix.relative(posix.dirname(from), to);
}
