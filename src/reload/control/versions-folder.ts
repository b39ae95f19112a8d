import { join } from 'node:path';
import { gatewayName, type NameSettings } from '../../fleet/gateway-name.ts';

/**
 * Where a gateway keeps the versions of its configuration. Gateways of a fleet may share a data folder, and each has its
 * own file, so each has a folder. With the embedded database there is one gateway: its host name may change, in
 * containers, and its versions stay.
 */
export function versionsFolder(settings: NameSettings): string {
  const { database, fleet } = settings;
  const isAlone = database.url === null && fleet.name === null && database.gateway === null;
  return join(database.dataDir, 'versions', encodeURIComponent(isAlone ? 'sluice' : gatewayName(settings)));
}
