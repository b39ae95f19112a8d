/** The requirements of a soak: nothing grows, nothing is left open, and only expected failures happened. */
import type { Sample } from './samples.ts';
import { floorOf, isFlat, secondHalf } from './trend.ts';

export interface Soak {
  /** Evenly spaced. */
  readonly samples: readonly Sample[];
  /** At rest, before the load and after it. */
  readonly before: Sample;
  readonly after: Sample;
  readonly inFlightAfter: number;
  readonly sent: number;
  readonly wrong: number;
  /** GETs, except those whose answer a backend cut in its body. */
  readonly failedIdempotent: number;
  readonly failedOther: number;
}

/** Over the second half, as a share of the mean. */
const GROWTH_SHARE = 0.1;
/** The collector's own ups and downs. */
const NOISE_MIB = 24;
/** Briefly kept by the gateway: an idle upstream connection, a file being written. */
const SPARE_FILES = 8;
const MAX_FAILED_SHARE = 0.01;
const FLOOR_SAMPLES = 4;

/** Empty: it passed. */
export function faultsOf(soak: Soak): readonly string[] {
  const { samples, before, after, inFlightAfter, sent, wrong, failedIdempotent, failedOther } = soak;
  const left = after.files - before.files;
  return [
    ...growth(
      'memory',
      samples.map(({ rssMiB }) => rssMiB),
    ),
    ...growth(
      'heap',
      samples.map(({ heapMiB }) => heapMiB),
    ),
    ...(left > SPARE_FILES ? [`${left} file descriptors are left open at rest, allowed ${SPARE_FILES}`] : []),
    ...(inFlightAfter > 0 ? [`at rest ${inFlightAfter} requests are in flight`] : []),
    ...(sent === 0 ? ['nothing could be sent'] : []),
    ...(wrong > 0 ? [`${wrong} answers were not the right ones`] : []),
    ...(failedIdempotent > 0 ? [`${failedIdempotent} GET failed`] : []),
    ...(failedOther > sent * MAX_FAILED_SHARE ? [`${failedOther} POST failed, allowed 1 % of all requests`] : []),
  ];
}

function growth(name: string, values: readonly number[]): readonly string[] {
  const trend = secondHalf(floorOf(values, FLOOR_SAMPLES));
  if (isFlat(trend, GROWTH_SHARE, NOISE_MIB)) return [];
  return [`${name} grew by ${trend.growth.toFixed(0)} MiB over the second half, mean ${trend.mean.toFixed(0)} MiB`];
}
