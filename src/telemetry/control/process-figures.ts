/** Data from the operating system and the engine about this process. */
import { readdir, readFile } from 'node:fs/promises';
import type { ProcessFigures } from './scrape-report.ts';

export async function processFigures(): Promise<ProcessFigures> {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: rss,
    openFds: await openFds(),
    maxFds: await maxFds(),
    startTimeSeconds: performance.timeOrigin / 1000,
    nodeVersion: process.version,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
  };
}

async function openFds(): Promise<number | null> {
  return readdir('/proc/self/fd').then(
    (names) => names.length,
    () => null,
  );
}

async function maxFds(): Promise<number | null> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}
