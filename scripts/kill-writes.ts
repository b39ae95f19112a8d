/**
 * `npm run kill-writes -- --rounds 300`: kills a process with SIGKILL in the middle of its writes to the embedded
 * database, again and again on the same file, and checks that every start succeeds and every acknowledged row is there.
 * Exits with 1 if not.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDatabase } from '../drizzle/open-database.ts';
import type { Database } from '../src/database/database-port.ts';
import { databaseSettings } from '../test/support/database-settings.ts';

/** Maximum time from the opening of the file to the kill, ms. */
const MAX_MS = 250;
/** Concurrent unacknowledged changes. */
const AT_ONCE = 8;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '300' }, write: { type: 'string' }, round: { type: 'string' } },
});
if (values.write === undefined) await killAgainAndAgain(Number(values.rounds));
else await writeUntilKilled(values.write, values.round!);

async function open(dataDir: string): Promise<Database> {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  return openDatabase(databaseSettings({ dataDir }), { log });
}

/** The child: prints a key when its change is acknowledged. */
async function writeUntilKilled(dataDir: string, round: string): Promise<void> {
  const database = await open(dataDir);
  process.stdout.write('open\n');
  const limit = { algorithm: 'token-bucket', capacity: 5, ratePerSecond: 1, windowSeconds: null } as const;
  let count = 0;
  const write = async (): Promise<void> => {
    for (;;) {
      count += 1;
      const key = `r${round}-${count}`;
      await database.clients.create({
        key,
        kind: 'id',
        name: 'x'.repeat(200),
        ...limit,
        enabled: true,
        apiKeyHash: null,
      });
      process.stdout.write(`${key}\n`);
      await database.clients.saveLevels([{ key, tokens: 1, savedAt: new Date() }]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, write));
}

async function killAgainAndAgain(rounds: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
  const acknowledged = new Set<string>();
  let refused = 0;
  let killedInWork = 0;
  const beginMs = performance.now();
  try {
    for (let round = 0; round < rounds; round += 1) {
      const before = acknowledged.size;
      const isOpen = await oneRound(dataDir, round, acknowledged);
      if (!isOpen) refused += 1;
      if (acknowledged.size > before) killedInWork += 1;
    }
    const missing = await missingOf(dataDir, acknowledged);
    const size = statSync(join(dataDir, 'sluice.db')).size / 2 ** 20;
    console.log(
      `${rounds} kills, ${killedInWork} of them after at least one acknowledged write; ${refused} starts refused; ` +
        `${acknowledged.size} rows acknowledged, ${missing} lost; ${size.toFixed(1)} MiB, ` +
        `${((performance.now() - beginMs) / 1000).toFixed(0)} s`,
    );
    if (missing > 0 || refused > 0) process.exitCode = 1;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** False: the database could not be opened. */
async function oneRound(dataDir: string, round: number, acknowledged: Set<string>): Promise<boolean> {
  const self = fileURLToPath(import.meta.url);
  const child: ChildProcess = spawn(process.execPath, [self, '--write', dataDir, '--round', String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! });
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  const opened = Promise.withResolvers<boolean>();
  lines.on('line', (line) => {
    if (line === 'open') opened.resolve(true);
    else acknowledged.add(line);
  });
  void ended.then(() => opened.resolve(false));
  const isOpen = await opened.promise;
  if (isOpen) {
    await wait(Math.random() * MAX_MS);
    child.kill('SIGKILL');
  }
  await ended;
  return isOpen;
}

async function missingOf(dataDir: string, acknowledged: ReadonlySet<string>): Promise<number> {
  const database = await open(dataDir);
  const missing = new Set(acknowledged);
  for await (const page of database.clients.all()) for (const { key } of page) missing.delete(key);
  await database.close();
  return missing.size;
}
