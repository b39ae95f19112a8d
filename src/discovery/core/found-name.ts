/** Names of pools and routes that discovery finds: `web.shop.80@kubernetes`. In the file, names of pools have no `@`. */
import type { RouteProvider } from './discovery-vocabulary.ts';

export function foundName(name: string, provider: RouteProvider): string {
  return `${name}@${provider}`;
}

export function isFoundPool(name: string): boolean {
  return name.includes('@');
}

/** As its provider calls it. */
export function givenName(name: string): string {
  return name.replace(/@.*$/, '');
}
