/** Faults of the client storage: traffic never waits for it, writes are refused, and it recovers by itself. */
import { renameSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type Fault, NOTHING_FAILS, type Seen, Skipped } from '../fault.ts';
import type { Lab } from '../chaos-lab.ts';
import { until } from '../until.ts';

const RECOVERY_MS = 20_000;
const WRITES_APART_MS = 20;

const diskFull: Fault = {
  name: 'disk full',
  expects: 'the data folder is full: traffic continues, writes are kept or answered 503, and everything works later',
  isShort: false,
  judge: NOTHING_FAILS,
  run: async (lab, holdMs) => {
    const { disk, gateway } = lab;
    if (disk.kind === null) throw new Skipped('needs mount (as root) or prlimit');
    const seen = await writeDuring(lab, 'disk', holdMs, {
      begin: () => disk.fill(gateway.pid),
      end: () => disk.free(gateway.pid),
    });
    return { ...seen, note: `${seen.note}, ${disk.kind}` };
  },
};

const fileAway: Fault = {
  name: 'database file moved away',
  expects:
    'traffic continues, writes are kept or answered 503, and when the file is back, everything works without a restart',
  isShort: false,
  judge: NOTHING_FAILS,
  run: (lab, holdMs) =>
    writeDuring(lab, 'file', holdMs, {
      begin: () => renameSync(lab.databaseFile, `${lab.databaseFile}.away`),
      end: () => renameSync(`${lab.databaseFile}.away`, lab.databaseFile),
    }),
};

interface Outage {
  begin(): unknown;
  end(): unknown;
}

/** Registers clients from before to after the outage. Those answered 201 must be there afterwards. */
export async function writeDuring(lab: Lab, name: string, holdMs: number, outage: Outage): Promise<Seen> {
  const kept: string[] = [];
  const statuses = new Map<number, number>();
  let count = 0;
  const write = async (): Promise<boolean> => {
    count += 1;
    const clientId = `chaos-${name}-${count}`;
    const body = { client_id: clientId, name: 'x'.repeat(200) };
    const { status } = await lab.admin.call('POST', '/v1/api/clients', body);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 201) kept.push(clientId);
    return status === 201;
  };
  const broken: string[] = [];
  if (!(await write())) broken.push('a client could not be registered before');
  await outage.begin();
  const endMs = performance.now() + holdMs;
  while (performance.now() < endMs) {
    await write();
    await wait(WRITES_APART_MS);
  }
  await outage.end();
  if (!(await until(write, RECOVERY_MS)))
    broken.push(`no client could be registered within ${RECOVERY_MS / 1000} s after it`);
  const missing = await missingOf(lab, kept);
  if (missing > 0) broken.push(`${missing} clients that were registered are gone`);
  const unexpected = [...statuses].filter(([status]) => status !== 201 && status !== 503);
  broken.push(
    ...unexpected.map(([status, times]) => `${times} writes were answered ${status === 0 ? 'never' : status}`),
  );
  return { note: [...statuses].map(([status, times]) => `${times} × ${status}`).join(', '), broken };
}

async function missingOf(lab: Lab, clientIds: readonly string[]): Promise<number> {
  let missing = 0;
  for (const clientId of clientIds) {
    let status = 0;
    // The database may not answer yet; that is another fault than a lost client.
    await until(async () => {
      ({ status } = await lab.admin.call('GET', `/v1/api/clients/${clientId}`));
      return status !== 503;
    }, RECOVERY_MS);
    if (status !== 200) missing += 1;
  }
  return missing;
}

export const storageFaults: readonly Fault[] = [fileAway, diskFull];
