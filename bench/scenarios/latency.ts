/** The slowest hundredth of the requests, with each gateway at half of its maximum rate (h2load, HTTP/1.1). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WARM_UP_SECONDS } from '../compare.ts';
import { findVersion } from '../machine.ts';
import { CADDY, peerNamed, SLUICE } from '../peers.ts';
import { start } from '../processes.ts';
import { median } from '../report.ts';
import { type Finding, type Scenario } from '../scenario.ts';
import type { Contestant, Lab } from '../lab.ts';

const CONNECTIONS = 64;
/** The median of this many is a gateway's own maximum. */
const RATE_ROUNDS = 5;

export const latency: Scenario = {
  name: 'latency',
  run: async (lab, effort) => {
    if (findVersion('h2load', ['--version']) === undefined) return [];
    const contestants = [await lab.require(peerNamed(CADDY)), await lab.require(peerNamed(SLUICE))];
    const rates: number[] = [];
    for (const contestant of contestants) {
      await lab.measure(contestant, { seconds: WARM_UP_SECONDS, connections: CONNECTIONS });
      const seen: number[] = [];
      for (let round = 0; round < RATE_ROUNDS; round += 1) {
        const load = { seconds: effort.seconds, connections: CONNECTIONS };
        seen.push((await lab.measure(contestant, load)).requestsPerSecond);
      }
      rates.push(median(seen) / 2);
    }
    const p99s: number[][] = contestants.map(() => []);
    for (let round = 0; round < effort.rounds; round += 1) {
      for (const [at, contestant] of contestants.entries()) {
        p99s[at]!.push(await p99At(lab, contestant, rates[at]!, effort.seconds));
      }
    }
    for (const contestant of contestants) await lab.leave(contestant);
    const [caddy, sluice] = p99s.map(median) as [number, number];
    const finding: Finding = {
      work: `p99 at half its own maximum (${Math.round(rates[1]!)}/s; Caddy ${Math.round(rates[0]!)}/s)`,
      measured: `${sluice.toFixed(2)} ms (Caddy ${caddy.toFixed(2)} ms)`,
      target: '≤ 0.7 × Caddy',
      isMet: sluice <= 0.7 * caddy,
    };
    return [finding];
  },
};

/** ms, from the log that h2load writes of every request: start in µs, status, time in µs. */
export async function p99At(lab: Lab, { url }: Contestant, rate: number, seconds: number): Promise<number> {
  const log = join(lab.folder('latency'), `${Math.random()}.log`);
  const perConnection = Math.max(1, Math.round(rate / CONNECTIONS));
  const load = ['--h1', '-t1', `-c${CONNECTIONS}`, `--rps=${perConnection}`, `-D${seconds}`, `--log-file=${log}`];
  const running = start('h2load', ['h2load', ...load, url], lab.loadCore);
  await running.exited;
  const micros = readFileSync(log, 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number(line.split('\t')[2]))
    .sort((one, other) => one - other);
  if (micros.length === 0) throw new Error(`h2load failed:\n${running.output()}`);
  return micros[Math.floor(micros.length * 0.99)]! / 1000;
}
