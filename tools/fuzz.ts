/**
 * `npm run fuzz`: reads requests and responses, valid and mutated, with Sluice's HTTP/1.1 parsers and with llhttp, the
 * parser of Node. Every difference must be documented (tools/fuzz/documented.ts).
 *
 *   node tools/fuzz.ts [--seed 1] [--count 200000] [--seconds 0]
 *
 * Without --seed, one is drawn and printed. --seconds 0: no limit. Exit code 1: an undocumented difference.
 */
import { parseArgs } from 'node:util';
import { type Finding, judgeStream, kindOfFinding, runCampaign } from './fuzz/campaign.ts';
import { corpusCase } from './fuzz/corpus-case.ts';
import { Draw } from './fuzz/draw.ts';
import { readWithLlhttp } from './fuzz/llhttp-reading.ts';
import { roundTripFault } from './fuzz/round-trip.ts';
import { shrink } from './fuzz/shrink.ts';
import { readWithSluice } from './fuzz/sluice-reading.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    count: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '0' },
  },
});
const [seed, count, seconds] = [values.seed, values.count, values.seconds].map(Number) as [number, number, number];
for (const [name, value] of Object.entries({ seed, count, seconds })) {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name}: allowed is a whole number from 0 on`);
}

const startMs = performance.now();
const isTimeUp = (): boolean => seconds > 0 && performance.now() - startMs > seconds * 1000;
const { messages, streams, readByBoth, documented, findings } = runCampaign({ seed, count, isTimeUp, maxFindings: 40 });
const written = new Draw(seed);
let roundTrips = 0;
let unreadable: string | undefined;
while (unreadable === undefined && roundTrips < count / 20) {
  unreadable = roundTripFault(written);
  roundTrips += 1;
}
const tookSeconds = (performance.now() - startMs) / 1000;
console.log(
  `seed ${seed}: ${messages} messages on ${streams} connections in ${tookSeconds.toFixed(1)} s, ${readByBoth} read by both`,
);
for (const [name, times] of [...documented].sort(([, one], [, other]) => other - one)) {
  console.log(`${String(times).padStart(9)}  ${name}`);
}
for (const finding of findings) show(finding);
console.log(`${roundTrips} requests written as to a backend, and read back by llhttp`);
if (unreadable !== undefined) console.log(`\nread as another request\n${unreadable}`);
const failures = findings.length + (unreadable === undefined ? 0 : 1);
console.log(failures === 0 ? 'fuzz: PASSED' : `fuzz: FAILED, ${failures} findings`);
process.exitCode = failures === 0 ? 0 : 1;

function show({ stream, what, limits }: Finding): void {
  const kind = kindOfFinding(what);
  const smallest = shrink(stream, (smaller) => {
    // If the cut matters, try every single one.
    const cuts = what.startsWith('cut') ? smaller.bytes.keys() : [0];
    return Array.from(cuts).some((cut) => {
      const { verdict } = judgeStream(smaller, [cut], limits);
      return verdict.is === 'finding' && kindOfFinding(verdict.what) === kind;
    });
  });
  const ours = readWithSluice(smallest, [], limits ?? {});
  const theirs = readWithLlhttp(smallest);
  console.log(`\n${what}${limits === null ? '' : `, ${Object.keys(limits).join()} limited`}`);
  console.log(`  sluice: ${JSON.stringify([ours.fault, ours.messages])}`);
  console.log(`  llhttp: ${JSON.stringify([theirs.fault, theirs.messages])}`);
  console.log(`  corpus: ${JSON.stringify(corpusCase(smallest))}`);
  console.log(`  again:  npm run fuzz -- --seed ${seed} --count ${count}`);
}
