/**
 * `npm run soak`: a gateway under mixed load with reloads, failures and rude clients, and whether its resource usage
 * stays flat.
 *
 * node tools/soak.ts [--minutes 10]
 *
 * Exit code 0: flat; 1: something grew, was left open, or failed unexpectedly. --minutes 0.5 is a smoke test: memory
 * says little then.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Lab } from './chaos/chaos-lab.ts';
import { SLOT_MS } from './chaos/chaos-tally.ts';
import { chart } from './soak/chart.ts';
import { disturbances, FLOODER } from './soak/disturbances.ts';
import { type Sample, takeSample } from './soak/samples.ts';
import { faultsOf, type Soak } from './soak/verdict.ts';

const SAMPLE_EVERY_MS = 5000;
const MIN_SAMPLES = 20;
const BETWEEN_DISTURBANCES_MS = 4000;
const REST_WITHIN_MS = 20_000;
/** Longer than the gateway and the backends keep an idle connection. */
const UNCHANGED_MS = 6000;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const totalMs = Number(values.minutes) * 60_000;
if (!(totalMs > 0)) throw new RangeError(`--minutes: found '${values.minutes}', allowed is a number above 0`);
const everyMs = Math.min(SAMPLE_EVERY_MS, totalMs / MIN_SAMPLES);
const betweenMs = Math.min(BETWEEN_DISTURBANCES_MS, totalMs / MIN_SAMPLES);

const starting = Lab.start();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void starting.then((each) => each.close()).finally(() => process.exit(1)));
}
const lab = await starting;
try {
  await lab.register(FLOODER, 20, 20);
  const soaked = await soak();
  show(soaked);
  const faults = faultsOf(soaked);
  console.log(faults.length === 0 ? 'soak: PASSED' : ['soak: FAILED', ...faults].join('\n  '));
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await lab.close();
}

async function soak(): Promise<Soak> {
  const before = await atRest();
  const counts = { sent: 0, wrong: 0, failedIdempotent: 0, failedOther: 0 };
  const failures = new Map<string, number>();
  const samples: Sample[] = [];
  let fromSlot = slotOf(performance.now());
  const count = (): void => {
    const toSlot = slotOf(performance.now());
    if (toSlot === fromSlot) return;
    const totals = lab.load.tally.totals(fromSlot * SLOT_MS, toSlot * SLOT_MS - 1);
    fromSlot = toSlot;
    counts.sent += totals.sent;
    counts.wrong += totals.wrong;
    counts.failedOther += totals.failedOther;
    for (const [name, times] of totals.failures) {
      failures.set(name, (failures.get(name) ?? 0) + times);
      if (/^GET (?!cut)/.test(name)) counts.failedIdempotent += times;
    }
  };

  lab.load.start();
  const startMs = performance.now();
  const endMs = startMs + totalMs;
  const disturbed = disturb(startMs, endMs);
  while (performance.now() < endMs) {
    await wait(everyMs);
    samples.push(await takeSample(lab.gateway));
    count();
  }
  await disturbed;
  const after = await atRest();
  count();
  const { in_flight: inFlightAfter } = await lab.admin.metrics();
  console.log(`failures: ${[...failures].map(([name, times]) => `${times} × ${name}`).join(', ') || 'none'}`);
  return { samples, before, after, inFlightAfter, ...counts };
}

/** One after the other, until the end. */
async function disturb(startMs: number, endMs: number): Promise<void> {
  const all = Object.entries(disturbances);
  for (let turn = 0; performance.now() < endMs; turn += 1) {
    await wait(betweenMs);
    const [name, disturbance] = all[turn % all.length]!;
    console.log(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(5)} s  ${name}`);
    await disturbance(lab, turn);
  }
}

/** Without load: once the number of open files has been stable for a while, because idle connections have ended. */
async function atRest(): Promise<Sample> {
  await lab.load.stop();
  const endMs = performance.now() + REST_WITHIN_MS;
  let sample = await takeSample(lab.gateway);
  let sinceMs = performance.now();
  while (performance.now() < endMs && performance.now() - sinceMs < UNCHANGED_MS) {
    await wait(250);
    const next = await takeSample(lab.gateway);
    if (next.files !== sample.files) sinceMs = performance.now();
    sample = next;
  }
  return sample;
}

function slotOf(nowMs: number): number {
  return Math.floor(nowMs / SLOT_MS);
}

function show({ samples, before, after, sent, failedIdempotent, failedOther }: Soak): void {
  const series: [string, (sample: Sample) => number][] = [
    ['memory, MiB', ({ rssMiB }) => rssMiB],
    ['heap, MiB', ({ heapMiB }) => heapMiB],
    ['file descriptors', ({ files }) => files],
  ];
  for (const [title, of] of series) {
    const values = samples.map(of);
    const ends = `at rest ${of(before).toFixed(0)} before, ${of(after).toFixed(0)} after`;
    console.log(
      `\n${Number.isNaN(values[0]) ? `${title}: not known on this platform` : chart(`${title}: ${ends}`, values)}`,
    );
  }
  console.log(`\n${sent} requests, ${failedIdempotent} GET failed, ${failedOther} POST failed`);
}
