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
  { path: '/ui/backends', name: 'Backends', icon: 'backends', letter: 'b' },
  { path: '/ui/clients', name: 'Clients', icon: 'clients', letter: 'c' },
  { path: '/ui/limits', name: 'Limits & circuits', icon: 'limits', letter: 'l' },
  { path: '/ui/routes', name: 'Routes & pools', icon: 'routes', letter: 'r' },
  { path: '/ui/certificates', name: 'Certificates', icon: 'certificates', letter: 't' },
  { path: '/ui/fleet', name: 'Fleet', icon: 'fleet', letter: 'a' },
  { path: '/ui/events', name: 'Events', icon: 'events', letter: 'e' },
  { path: '/ui/configuration', name: 'Configuration', icon: 'configuration', letter: 'f' },
];
