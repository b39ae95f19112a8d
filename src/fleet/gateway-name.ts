/** The name of this gateway among others. */
import { hostname } from 'node:os';
import type { Settings } from '../config/settings.ts';

/** Its name in log lines; undefined: none, because nobody could confuse them. */
export function loggedName(settings: NameSettings & Pick<Settings, 'log'>): string | undefined {
  const { fleet, database, log } = settings;
  const isNamed = fleet.name !== null || database.gateway !== null || database.url !== null;
  return log.gateway && isNamed ? gatewayName(settings) : undefined;
}

/** What the name comes from. */
export type NameSettings = Pick<Settings, 'fleet' | 'database' | 'server'>;

/** Several gateways on one machine have different ports. */
export function gatewayName({ fleet, database, server }: NameSettings): string {
  return fleet.name ?? database.gateway ?? `${hostname()}:${server.port}`;
}

/**
 * Name of this gateway's files in the data folder. Gateways of a fleet may share the folder, and each has its own. With
 * the embedded database there is one gateway: its host name may change, in containers, and its files stay.
 */
export function dataFolderName(settings: NameSettings): string {
  const { database, fleet } = settings;
  const isAlone = database.url === null && fleet.name === null && database.gateway === null;
  return encodeURIComponent(isAlone ? 'sluice' : gatewayName(settings));
}
