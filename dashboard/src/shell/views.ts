import type { IconName } from '../components/icon.tsx';

export interface ViewLink {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  /** After `g`. */
  readonly letter: string;
}

export const VIEWS: readonly ViewLink[] = [
  { path: '/', name: 'Overview', icon: 'overview', letter: 'o' },
  { path: '/backends', name: 'Backends', icon: 'backends', letter: 'b' },
  { path: '/clients', name: 'Clients', icon: 'clients', letter: 'c' },
  { path: '/limits', name: 'Limits & circuits', icon: 'limits', letter: 'l' },
  { path: '/routes', name: 'Routes & pools', icon: 'routes', letter: 'r' },
  { path: '/events', name: 'Events', icon: 'events', letter: 'e' },
  { path: '/configuration', name: 'Configuration', icon: 'configuration', letter: 'f' },
];
