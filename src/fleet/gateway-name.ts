/** The name of this gateway among others. */
import { hostname } from 'node:os';
import type { Settings } from '../config/settings.ts';

/** Several gateways on one machine have different ports. */
export function gatewayName({ fleet, database, server }: Pick<Settings, 'fleet' | 'database' | 'server'>): string {
  return fleet.name ?? database.gateway ?? `${hostname()}:${server.port}`;
}
