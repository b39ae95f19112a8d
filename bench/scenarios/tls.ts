/** TLS and HTTP/2, side by side with Caddy and nginx: requests, handshakes, idle connections. */
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { type Compared, compareCosts } from '../compare.ts';
import type { Contestant, Lab } from '../lab.ts';
import { cpuMicros, residentMiB, start } from '../processes.ts';
import { median } from '../report.ts';
import { type Effort, type Finding, limitFinding, ratioFinding, type Scenario } from '../scenario.ts';
import type { Peer } from '../peers.ts';
import { BARE_HTTP2, TLS_PIPE, tlsPeers } from '../tls-peers.ts';

const IDLE_CONNECTIONS = 1000;
const IDLE_MS = 20_000;
const HANDSHAKE_ROUNDS = 7;

export const tls: Scenario = {
  name: 'tls',
  run: async (lab, effort) => {
    const contestants: Contestant[] = [];
    for (const peer of tlsPeers()) {
      if (peer.version !== undefined) contestants.push(await lab.require(peer, undefined, 200, 'https'));
    }
    const findings = [
      ...(await requests(lab, effort, contestants)),
      ...(await handshakes(lab, effort, contestants, 'full', 1.2)),
      ...(await handshakes(lab, effort, contestants, 'resumed', 1.2)),
    ];
    for (const contestant of contestants) await lab.leave(contestant);
    // Another one: the memory of this one has grown with the handshakes.
    const sluice = await idleKiB(lab, tlsPeers()[0]!);
    const floor = await idleKiB(lab, BARE_HTTP2);
    const work = `1,000 idle HTTP/2 connections over TLS: memory each (of a server that is only node:http2, ${floor.toFixed(1)} KiB)`;
    findings.push(limitFinding(work, sluice, 'KiB', 64, 1));
    return findings;
  },
};

async function requests(lab: Lab, effort: Effort, contestants: readonly Contestant[]): Promise<Finding[]> {
  const pipe = await lab.require(TLS_PIPE, undefined, 200, 'https');
  const [sluice, floor, ...overHttp1] = (await compareCosts(lab, effort, [
    contestants[0]!,
    pipe,
    ...contestants.slice(1),
  ])) as [Compared, Compared, ...Compared[]];
  await lab.leave(pipe);
  const pipes = `of node:tls that passes bytes on unread, ${(floor.cpuMicrosPerRequest / sluice.cpuMicrosPerRequest).toFixed(2)} of that`;
  const findings = overHttp1.map(({ toFirst }, at) =>
    ratioFinding(
      `HTTP/1.1 over TLS, small GET: CPU (${pipes})`,
      nameOf(contestants[at + 1]!),
      1 / toFirst,
      at === 0 ? 0.5 : 2.8,
    ),
  );
  if (!lab.hasH2load) return findings;
  const [, ...overHttp2] = await compareCosts(lab, effort, contestants, { streams: 16, connections: 4 });
  return findings.concat(
    overHttp2.map(({ toFirst }, at) =>
      ratioFinding('HTTP/2 over TLS, small GET: CPU', nameOf(contestants[at + 1]!), 1 / toFirst, at === 0 ? 0.6 : 2.8),
    ),
  );
}

async function handshakes(
  lab: Lab,
  effort: Effort,
  contestants: readonly Contestant[],
  kind: 'full' | 'resumed',
  target: number,
): Promise<Finding[]> {
  const both = contestants.slice(0, 2);
  const rounds: number[][] = both.map(() => []);
  for (let round = 0; round < (effort.isQuick ? 1 : HANDSHAKE_ROUNDS); round += 1) {
    for (const [at, contestant] of both.entries()) rounds[at]!.push(await handshakeMicros(lab, contestant, kind));
  }
  const [sluice, caddy] = rounds.map(median);
  if (caddy === undefined) return [];
  const work = `TLS 1.3 handshake, ${kind}: CPU (${sluice!.toFixed(0)} µs)`;
  return [ratioFinding(work, nameOf(contestants[1]!), sluice! / caddy, target)];
}

async function handshakeMicros(lab: Lab, { running, url }: Contestant, kind: string): Promise<number> {
  const script = fileURLToPath(new URL('../handshakes.ts', import.meta.url));
  const before = cpuMicros(running.pid);
  const load = start('handshakes', [process.execPath, script, new URL(url).port, '2', kind], lab.loadCore);
  await load.exited;
  const { count, errors } = JSON.parse(load.output()) as { count: number; errors: number };
  if (errors > 0 || count === 0) throw new Error(`${running.name}: ${errors} of ${count + errors} handshakes failed`);
  return (cpuMicros(running.pid) - before) / count;
}

/** Of each further connection: with the first ones, the heap grows to the size that opening them needs. */
async function idleKiB(lab: Lab, peer: Peer): Promise<number> {
  const contestant = await lab.require(peer, undefined, 200, 'https');
  const { running, url } = contestant;
  await lab.measure(contestant, { seconds: 3, connections: 64 });
  const sessions: ClientHttp2Session[] = [];
  const memoryWithMore = async (): Promise<number> => {
    for (let count = 0; count < IDLE_CONNECTIONS; count += 50) {
      sessions.push(...(await Promise.all(Array.from({ length: 50 }, () => usedOnce(url)))));
    }
    await wait(IDLE_MS);
    return residentMiB(running.pid);
  };
  const before = await memoryWithMore();
  const kib = (((await memoryWithMore()) - before) * 1024) / IDLE_CONNECTIONS;
  for (const session of sessions) session.destroy();
  await lab.leave(contestant);
  return kib;
}

/** Kept open after one request and its answer. */
function usedOnce(url: string): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url, { rejectUnauthorized: false });
    session.once('error', reject);
    const stream = session.request({ ':path': '/' });
    stream.resume();
    stream.once('end', () => resolve(session));
    stream.once('error', reject);
  });
}

function nameOf({ peer }: Contestant): string {
  return peer.name.replace(', TLS', '');
}
