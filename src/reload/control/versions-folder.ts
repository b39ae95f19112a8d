import { join } from 'node:path';
import { dataFolderName, type NameSettings } from '../../fleet/gateway-name.ts';

/** Where a gateway keeps the versions of its configuration. */
export function versionsFolder(settings: NameSettings): string {
  return join(settings.database.dataDir, 'versions', dataFolderName(settings));
}
