/**
 * Nanoseconds per operation of the functions on the hot path. Run: `node bench/core.ts`; takes a few seconds. The
 * median of five rounds, after one to warm up; every operation's result is used, so that none is optimized away.
 */
import { createStrategy } from '../src/balancing/core/create-strategy.ts';
import type { StrategyName } from '../src/balancing/core/balancing-vocabulary.ts';
import type { Candidate, StrategyPorts } from '../src/balancing/core/strategy.ts';
import { admit, onTrialReleased, trip } from '../src/breaker/core/circuit-breaker.ts';
import { recordOutcome, WINDOW_CELLS } from '../src/breaker/core/failure-window.ts';
import { hashString32, KeyedHash, mix32 } from '../src/core/hash.ts';
import { bucketOf } from '../src/core/histogram.ts';
import { seededRandom } from '../src/core/random.ts';
import { takeTokens } from '../src/limits/core/token-bucket.ts';
import { TopTalkers } from '../src/limits/core/top-talkers.ts';
import { RateLimitFields } from '../src/limits/rate-limit-fields.ts';
import { allocateClientTable } from '../src/limits/client-table-memory.ts';
import { ClientTable } from '../src/limits/client-table.ts';
import { RateLimiter } from '../src/limits/rate-limiter.ts';

const ROUNDS = 5;
const ROUND_NS = 60e6;

let sink = 0;

/** `run(count)` does the operation `count` times and returns something that depends on all of them. */
function measure(run: (count: number) => number): number {
  let count = 1000;
  let elapsed = timed(run, count);
  while (elapsed < ROUND_NS / 4) elapsed = timed(run, (count *= 2));
  count = Math.ceil((count * ROUND_NS) / elapsed);
  const rounds = Array.from({ length: ROUNDS }, () => timed(run, count) / count);
  return rounds.sort((left, right) => left - right)[ROUNDS >> 1]!;
}

function timed(run: (count: number) => number, count: number): number {
  const start = process.hrtime.bigint();
  sink += run(count);
  return Number(process.hrtime.bigint() - start);
}

const results: { operation: string; ns: number }[] = [];

function bench(operation: string, run: (count: number) => number): void {
  results.push({ operation, ns: Math.round(measure(run) * 10) / 10 });
}

bench('nothing (the loop itself)', (count) => {
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += at & 7;
  return sum;
});

for (const [what, stepMs] of [
  ['taken', 100],
  ['mostly refused', 0.001],
] as const) {
  bench(`takeTokens, ${what}`, (count) => {
    let tatMs = 0;
    let taken = 0;
    for (let at = 0; at < count; at += 1) {
      const next = takeTokens(tatMs, 1, 100, 10, at * stepMs);
      if (next < 0) continue;
      tatMs = next;
      taken += 1;
    }
    return taken;
  });
}

const BREAKER = {
  windowMs: 10_000,
  minimumRequests: 20,
  errorRatio: 0.5,
  consecutiveFailures: 5,
  openMs: 10_000,
  maxOpenMs: 300_000,
  halfOpenTrials: 3,
  halfOpenSuccesses: 2,
  forgetMs: 60_000,
};

bench('breaker admit, closed', (count) => {
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += admit((at & 15) << 14, at, 0, BREAKER);
  return sum;
});

bench('breaker admit and release, half-open', (count) => {
  let word = admit(trip(0), 0, 0, BREAKER);
  for (let at = 0; at < count; at += 1) word = onTrialReleased(admit(word, at, 0, BREAKER), 2);
  return word;
});

const cells = new Float64Array(new SharedArrayBuffer(WINDOW_CELLS * 8));
bench('recordOutcome', (count) => {
  for (let at = 0; at < count; at += 1) recordOutcome(cells, 0, (at & 7) === 0, at * 0.01, 10_000);
  return cells[1]!;
});

bench('bucketOf', (count) => {
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += bucketOf((at * 37) & 0xfffff);
  return sum;
});

const addresses = Array.from({ length: 256 }, (_, at) => `203.0.113.${at}`);
bench('hashString32, an IPv4 address', (count) => {
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += hashString32(addresses[at & 255]!, 0);
  return sum;
});

const keyed = new KeyedHash(new Uint32Array([1, 2]));
bench('KeyedHash.hash, an IPv4 address', (count) => {
  let sum = 0;
  for (let at = 0; at < count; at += 1) {
    keyed.hash(addresses[at & 255]!);
    sum += keyed.lo;
  }
  return sum;
});

const talkers = new TopTalkers();
const talkerKeys = Array.from({ length: 65_536 }, (_, at) => `ip:10.0.${at >> 8}.${at & 255}`);
for (const [what, keys] of [
  ['256 clients', 256],
  ['65,536 clients', 65_536],
] as const) {
  const hashes = Int32Array.from({ length: keys * 2 }, (_, at) => mix32(at + 1));
  bench(`TopTalkers.add, ${what}`, (count) => {
    for (let at = 0; at < count; at += 1) {
      const key = (at * 7919) & (keys - 1);
      talkers.add(talkerKeys[key]!, hashes[key * 2]!, hashes[key * 2 + 1]!, false, at * 0.01);
    }
    return talkers.list(0).length;
  });
}

for (const [what, capacity] of [
  ['taken', 1e9],
  ['mostly refused', 100],
] as const) {
  const table = new ClientTable(allocateClientTable(1000), 0);
  const policy = { capacity, ratePerSecond: capacity / 60, windowMs: 60_000 };
  bench(`ClientTable.take of a sliding window, ${what}`, (count) => {
    let taken = 0;
    for (let at = 0; at < count; at += 1) if (table.take(5, 6, 1, policy, 1 + at * 0.001)) taken += 1;
    return taken;
  });
}

{
  const limiter = new RateLimiter(new ClientTable(allocateClientTable(1000), 0), new Uint32Array([1, 2]));
  const client = limiter.hash('ip:203.0.113.1');
  const limits = { default: { capacity: 100, ratePerSecond: 10, windowMs: 0 }, global: null };
  const fields = new RateLimitFields();
  let nowMs = 0;
  bench('RateLimiter.take, taken', (count) => {
    let taken = 0;
    for (let at = 0; at < count; at += 1) if (limiter.take(client, 1, limits, (nowMs += 100)) === 'allowed') taken += 1;
    return taken;
  });
  bench('RateLimitFields.of what was let through', (count) => {
    let length = 0;
    for (let at = 0; at < count; at += 1) {
      limiter.take(client, 1, limits, (nowMs += 100));
      length += fields.of(limiter.state, false)[3]!.length;
    }
    return length;
  });
}

const random = seededRandom(1);
const inFlight = Int32Array.from({ length: 1000 }, () => Math.floor(random() * 50));
const latency = Float64Array.from({ length: 1000 }, () => 1 + random() * 20);
let turn = 0;
const ports: StrategyPorts = {
  random: Math.random,
  load: { inFlight: (index) => inFlight[index]!, latencyMs: (index) => latency[index]! },
  nextTurn: () => (turn = (turn + 1) >>> 0),
};
const names: StrategyName[] = [
  'round-robin',
  'weighted-round-robin',
  'least-connections',
  'random',
  'two-choices',
  'consistent-hash',
];
for (const name of names) {
  for (const size of [3, 1000]) {
    const candidates: Candidate[] = Array.from({ length: size }, (_, index) => ({
      index,
      idHash: hashString32(`backend-${index}`, 0),
      weight: 1 + (index % 3),
    }));
    const strategy = createStrategy(name, ports);
    bench(`pick, ${name}, ${size} candidates`, (count) => {
      let sum = 0;
      for (let at = 0; at < count; at += 1) sum += strategy.pick(candidates, at);
      return sum;
    });
  }
}

console.table(results);
if (Number.isNaN(sink)) process.exitCode = 1;
