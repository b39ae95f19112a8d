/** Faults of a backend: it dies, hangs, is slow, cuts answers, fails, comes and goes; and all of them at once. */
import { setTimeout as wait } from 'node:timers/promises';
import { atMost, type Fault, NOTHING_FAILS, type Seen } from '../fault.ts';
import { CONNECTIONS, type Lab } from '../chaos-lab.ts';
import type { Totals } from '../chaos-tally.ts';

const QUIET: Seen = { note: '', broken: [] };
/** More than are ever in flight to one backend with a POST; a POST that a backend may have received is not retried. */
const IN_FLIGHT = 12;
const FLAP_MS = 1000;

const killed: Fault = {
  name: 'backend killed',
  expects: 'kill -9: no GET fails, only POSTs in flight; calm without it; back after its restart',
  isShort: true,
  judge: atMost(0, IN_FLIGHT),
  run: async (lab, holdMs) => {
    const backend = lab.backends[0]!;
    await backend.kill();
    await wait(Math.max(holdMs, 2000));
    const broken = lab.hasNoFailures() ? [] : ['requests failed or were slow with two backends left'];
    await backend.restart();
    return { note: '', broken };
  },
};

const hangs: Fault = {
  name: 'backend hangs',
  expects:
    'it takes requests and never answers: fails only requests it got before it was taken out, each within its timeout',
  isShort: false,
  // Until probes or timeouts take it out, every connection may run into it, once.
  judge: atMost(CONNECTIONS, CONNECTIONS),
  run: (lab, holdMs) => hold(lab, { hang: true }, { hang: false }, holdMs + 6000),
};

const slow: Fault = {
  name: 'backend slow',
  expects: '2 s an answer: nothing fails',
  isShort: false,
  judge: NOTHING_FAILS,
  run: (lab, holdMs) => hold(lab, { delayMs: 2000 }, { delayMs: 0 }, holdMs),
};

const cuts: Fault = {
  name: 'answers cut',
  expects: 'its connections end in mid-body: the client can tell, nothing else fails',
  isShort: true,
  judge: (totals) => others(totals, / cut in its body$/),
  run: (lab, holdMs) => hold(lab, { cutRate: 1 }, { cutRate: 0 }, holdMs),
};

const bursts: Fault = {
  name: '503 bursts',
  expects: 'all answers of one backend are 503, a second on, a second off: no GET fails, few POSTs',
  isShort: true,
  judge: atMost(0, 40),
  run: async (lab, holdMs) => {
    for (let leftMs = holdMs; leftMs > 0; leftMs -= 2 * FLAP_MS) {
      await hold(lab, { errorRate: 1 }, { errorRate: 0 }, FLAP_MS);
      await wait(FLAP_MS);
    }
    return QUIET;
  },
};

const flaps: Fault = {
  name: 'backend flaps',
  expects: 'its port closes and opens each second: no GET fails, only POSTs in flight',
  isShort: false,
  judge: atMost(0, 3 * IN_FLIGHT),
  run: async (lab, holdMs) => {
    for (let leftMs = holdMs; leftMs > 0; leftMs -= 2 * FLAP_MS) {
      await hold(lab, { down: true }, { down: false }, FLAP_MS);
      await wait(FLAP_MS);
    }
    return QUIET;
  },
};

const allKilled: Fault = {
  name: 'all backends killed',
  expects: 'every request is answered 502 or 503, none is kept waiting; everything works when they are back',
  isShort: false,
  judge: (totals) => [
    ...others(totals, / 50[23] GW_[A-Z_]+$/),
    ...(totals.p95Ms > 2000 ? [`they took ${Math.round(totals.p95Ms)} ms`] : []),
  ],
  run: async (lab, holdMs) => {
    await Promise.all(lab.backends.map((backend) => backend.kill()));
    await wait(holdMs);
    await Promise.all(lab.backends.map((backend) => backend.restart()));
    return QUIET;
  },
};

type Behaviour = Parameters<Lab['backends'][number]['set']>[0];

async function hold(lab: Lab, on: Behaviour, off: Behaviour, holdMs: number): Promise<Seen> {
  const backend = lab.backends[1]!;
  await backend.set(on);
  await wait(holdMs);
  await backend.set(off);
  return QUIET;
}

/** Failures other than the expected ones. */
function others({ failures }: Totals, expected: RegExp): readonly string[] {
  return [...failures].filter(([name]) => !expected.test(name)).map(([name, count]) => `${count} × ${name}`);
}

export const backendFaults: readonly Fault[] = [killed, hangs, slow, cuts, bursts, flaps, allKilled];
