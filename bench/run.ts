/**
 * `npm run bench`: every installed gateway, side by side, in alternating rounds, and the cost of a request for each;
 * then other workloads against their targets (bench/scenarios).
 *
 * The measured program runs on one core, the load and the backends on another; only loopback. `--quick` ends within a
 * minute, measures half-warm programs, skips the other workloads, and writes no document. `--only NAME,…` selects peers
 * and workloads whose names begin so, and writes no document either, except the parts of `fleet`, `policies` and `tracing`. `--profile` measures only what a request allocates
 * and what another Node costs, and writes that part of the document. `--rounds N`, `--seconds N`, `--connections N`
 * change the load.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BODY } from './backend.ts';
import { REWARM_SECONDS, turns, WARM_UP_SECONDS } from './compare.ts';
import { Lab, type Contestant } from './lab.ts';
import { describeLimiter, measureDecisions, measureExactness } from './limiter.ts';
import { describeMachine } from './machine.ts';
import { measureAllocations } from './profile/allocations.ts';
import { describeProfile } from './profile/describe-profile.ts';
import { compareNodes } from './profile/node-versions.ts';
import { allPeers, LIMIT, limitedSluice, type Peer, SLUICE_OFF } from './peers.ts';
import { residentMiB } from './processes.ts';
import { describe, medianRound, targets, withResults, type PeerResult, type Results, type Round } from './report.ts';
import type { Effort, Finding, Scenario } from './scenario.ts';
import { embeddedDatabase } from './scenarios/embedded-database.ts';
import { fleet } from './scenarios/fleet.ts';
import { grpc } from './scenarios/grpc.ts';
import { idleConnections } from './scenarios/idle-connections.ts';
import { largeAnswers } from './scenarios/large-answers.ts';
import { latency } from './scenarios/latency.ts';
import { manyBackends } from './scenarios/many-backends.ts';
import { manyCertificates } from './scenarios/many-certificates.ts';
import { manyClients } from './scenarios/many-clients.ts';
import { policies } from './scenarios/policies.ts';
import { post } from './scenarios/post.ts';
import { refused } from './scenarios/refused.ts';
import { smallGetFindings } from './scenarios/small-get.ts';
import { startTime } from './scenarios/start-time.ts';
import { tls } from './scenarios/tls.ts';
import { threads } from './scenarios/threads.ts';
import { tracing } from './scenarios/tracing.ts';

const SCENARIOS: readonly Scenario[] = [
  post,
  largeAnswers,
  refused,
  latency,
  threads,
  manyBackends,
  manyClients,
  idleConnections,
  startTime,
  embeddedDatabase,
  tls,
  manyCertificates,
  grpc,
];

/** Parts of the document of their own, because `--only` writes them, too. */
const PARTS: readonly { readonly scenario: Scenario; readonly introduction: string }[] = [
  {
    scenario: fleet,
    introduction:
      '## Shared limits\n\n' +
      'Limits that gateways share by one Redis on the core of the load ([redis.md](redis.md)), compared with limits of one gateway.',
  },
  {
    scenario: policies,
    introduction:
      '## Policies\n\n' +
      'What the policies of a route ([policies.md](policies.md)) add to a small GET, compared with a route without any. The token was verified before; the request is the same for all.',
  },
  {
    scenario: tracing,
    introduction:
      '## Tracing\n\n' +
      'What traces ([tracing.md](tracing.md)) add to a small GET, compared with the same gateway without any: a request that is not recorded gets a trace context, and one that is recorded the text of two spans. A collector on another core takes them. One gateway is reloaded with one configuration after the other, as two starts differ by more than the first line.',
  },
];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string', default: '' },
    profile: { type: 'boolean', default: false },
  },
});
const { quick: isQuick, only, profile: isProfileOnly } = values;
// Many short rounds: a shared machine is slow for seconds at a time, and a median excludes those.
const rounds = Number(values.rounds ?? (isQuick ? 3 : 17));
const seconds = Number(values.seconds ?? 1);
const connections = Number(values.connections);
const effort: Effort = { isQuick, rounds: Math.min(rounds, 13), seconds };

const lab = new Lab();
if (lab.gatewayCore === undefined) console.log('Nothing is pinned to a core: that takes Linux, taskset and two cores.');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void lab.close().then(() => process.exit(1)));
}
try {
  await lab.startBackends();
  if (!isProfileOnly) await measureAll();
  if (!isProfileOnly && (!isQuick || only !== '')) {
    for (const part of PARTS) if (isAsked(part.scenario)) await measurePart(part);
  }
  if (isProfileOnly || (!isQuick && only === '')) await profile();
} finally {
  await lab.close();
}

async function measureAll(): Promise<void> {
  const { peers, skipped } = await comparePeers();
  write({
    limiter: only === '' ? await measureLimiter() : undefined,
    date: new Date().toISOString(),
    machine: describeMachine(),
    load: describeLoad(),
    peers,
    skipped,
    findings: [...smallGetFindings(peers), ...(await runScenarios())],
  });
}

/** On the way to the document: what a request allocates, and what it costs on another Node. */
async function profile(): Promise<void> {
  console.log('work: profile');
  const text = describeProfile(await measureAllocations(lab, effort), await compareNodes(lab, effort));
  console.log(`\n${text}\n`);
  if (!isQuick) writePage(text, 'profile');
}

async function measurePart({ scenario, introduction }: (typeof PARTS)[number]): Promise<void> {
  const findings = await runScenario(scenario);
  if (findings.length === 0) return;
  const { cpu, cores, node } = describeMachine();
  const date = new Date().toISOString().slice(0, 10);
  const text = `${introduction}\n\n${targets(findings)}\n\nMedians of ${effort.rounds} rounds. Measured on ${date}: ${cpu}, ${cores} cores, Node ${node}.`;
  console.log(`\n${text}\n`);
  if (!isQuick) writePage(text, scenario.name);
}

async function comparePeers(): Promise<Pick<Results, 'peers' | 'skipped'>> {
  const skipped: { name: string; why: string }[] = [];
  const contestants: (Contestant & { readonly rounds: Round[] })[] = [];
  const asked = allPeers().filter(isAsked).filter(isInTime);
  const entering = asked.map((peer) => (peer.version === undefined ? 'not installed' : lab.enter(peer)));
  for (const [at, peer] of asked.entries()) {
    const contestant = await entering[at]!;
    if (typeof contestant === 'string') skipped.push({ name: peer.name, why: contestant });
    else contestants.push({ ...contestant, rounds: [] });
  }
  for (const { name, why } of skipped) console.log(`${name} is left out: ${why}`);
  for (const contestant of contestants)
    await lab.measure(contestant, { seconds: isQuick ? 1 : WARM_UP_SECONDS, connections });
  // Alternating, so that other activity on the machine affects all alike.
  for (let round = 1; round <= rounds; round += 1) {
    for (const at of turns(contestants.length, round)) {
      const contestant = contestants[at]!;
      if (!isQuick) await lab.measure(contestant, { seconds: REWARM_SECONDS, connections });
      const cost = await lab.measure(contestant, { seconds, connections });
      contestant.rounds.push({ ...cost, residentMiB: residentMiB(contestant.running.pid) });
      console.log(`round ${round}: ${contestant.peer.name}: ${cost.cpuMicrosPerRequest.toFixed(1)} µs`);
    }
  }
  for (const contestant of contestants) await lab.leave(contestant);
  const peers = contestants.map(({ peer, rounds: measured }): PeerResult => ({
    name: peer.name,
    version: peer.version!,
    rounds: measured,
    median: medianRound(measured),
  }));
  return { peers, skipped };
}

async function runScenarios(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const scenario of SCENARIOS.filter(isAsked)) {
    if (isQuick && only === '') continue;
    findings.push(...(await runScenario(scenario)));
  }
  return findings;
}

async function runScenario(scenario: Scenario): Promise<Finding[]> {
  console.log(`work: ${scenario.name}`);
  const findings = await scenario.run(lab, effort);
  for (const { work, measured, target } of findings) console.log(`  ${work}: ${measured}, target ${target}`);
  return findings;
}

async function measureLimiter(): Promise<string> {
  const decisions = measureDecisions(isQuick ? 100_000 : 1_000_000);
  if (isQuick) return describeLimiter(decisions, undefined);
  console.log('limiter: exactness');
  const entered = await lab.enter({ name: 'Sluice, limited', version: '', command: limitedSluice }, 'any');
  if (typeof entered === 'string')
    return `${describeLimiter(decisions, undefined)}\nExactness was not measured: ${entered}`;
  const exactness = await measureExactness({
    port: Number(new URL(entered.url).port),
    requests: 1_000_000,
    connections: 64,
    capacity: LIMIT.capacity,
    ratePerSecond: LIMIT.rate_per_second,
  });
  await lab.leave(entered);
  return describeLimiter(decisions, exactness);
}

/** A minute is short, so the cost of the features is not measured. */
function isInTime({ name }: Peer): boolean {
  return !isQuick || only !== '' || name !== SLUICE_OFF;
}

function isAsked({ name }: { readonly name: string }): boolean {
  const wanted = only.toLowerCase().split(',');
  return wanted.some((word) => name.toLowerCase().startsWith(word.trim()));
}

function describeLoad(): string {
  const pinned = lab.gatewayCore === undefined ? 'not pinned' : 'the gateway on one core, load and backends on another';
  return (
    `Small GET (${BODY.length} bytes of JSON), ${connections} kept connections by ${lab.hasWrk ? 'wrk' : 'autocannon'}, ` +
    `${pinned}; ${rounds} alternating rounds of ${seconds} s.`
  );
}

function write(results: Results): void {
  console.log(`\n${describe(results)}\n`);
  const isPart = isQuick || only !== '';
  save(isPart ? 'results/tmp/part.json' : 'results/latest.json', `${JSON.stringify(results, null, 2)}\n`);
  if (isPart) return;
  writePage(describe(results));
}

function writePage(text: string, part?: string): void {
  const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
  const old = existsSync(page) ? readFileSync(page, 'utf8') : '# Performance\n\nWritten by `npm run bench`.\n';
  save('../docs/performance.md', withResults(old, text, part));
}

function save(name: string, text: string): void {
  const path = fileURLToPath(new URL(name, import.meta.url));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
