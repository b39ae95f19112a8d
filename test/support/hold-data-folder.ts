/** A process that opens the embedded database in argv[2], adds the client argv[3], prints that, and waits. */
import { openDatabase } from '../../drizzle/open-database.ts';
import { databaseSettings } from './database-settings.ts';
import { keptLog } from './kept-log.ts';

const [, , dataDir, key] = process.argv as [string, string, string, string];
try {
  const database = await openDatabase(databaseSettings({ dataDir }), { log: keptLog() });
  await database.clients.create({
    key,
    kind: 'id',
    name: null,
    algorithm: 'token-bucket',
    capacity: 1,
    ratePerSecond: 1,
    windowSeconds: null,
    enabled: true,
    apiKeyHash: null,
  });
  process.stdout.write('ready\n');
  process.stdin.resume().once('end', () => void database.close());
} catch (error) {
  process.stderr.write((error as Error).message);
  process.exitCode = 1;
}
