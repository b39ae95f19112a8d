/** Answers of the what-if routes in words, for the command line and the dashboard. Fields are as on the wire. */
export interface ToldOutcome {
  readonly refused: number;
  readonly smallest_capacity: number;
  readonly smallest_rate_per_second: number | null;
}

export interface ToldVerdict<Outcome extends ToldOutcome = ToldOutcome> {
  readonly limit: ToldLimit;
  /** As if the requests of each second were spread evenly. */
  readonly even: Outcome;
  /** As if they all came at its beginning. */
  readonly at_once: Outcome;
}

export interface ToldLimit {
  readonly capacity: number;
  readonly rate_per_second: number;
  readonly window_seconds: number | null;
}

/** `would have refused 14 to 31 of 3,201 requests in the last 60 min; smallest capacity that refuses none: 180` */
export function whatIfText(requests: number, seconds: number, verdict: ToldVerdict): string {
  if (requests === 0) return `no requests in ${spanText(seconds)}`;
  const { even, at_once: atOnce } = verdict;
  const refused = `would have refused ${countsText(even.refused, atOnce.refused)} of ${countText(requests)} requests`;
  return `${refused} in ${spanText(seconds)}; smallest capacity that refuses none: ${countText(atOnce.smallest_capacity)}`;
}

/** `14 to 31`, or `14` if they are the same; the order does not matter. */
export function countsText(one: number, other: number): string {
  if (one === other) return one === 0 ? 'none' : countText(one);
  return `${countText(Math.min(one, other))} to ${countText(Math.max(one, other))}`;
}

/** The smallest rate; a window has none. */
export function rateText({ limit, at_once: { smallest_rate_per_second: rate } }: ToldVerdict): string {
  if (rate === null) return limit.window_seconds === null ? 'no rate' : '–';
  return rate === 0 ? 'any rate' : `${countText(rate)}/s`;
}

export function limitText({ capacity, rate_per_second: rate, window_seconds: seconds }: ToldLimit): string {
  return seconds === null
    ? `${countText(capacity)}, then ${countText(rate)}/s`
    : `${countText(capacity)} in any ${countText(seconds)} s`;
}

function spanText(seconds: number): string {
  return seconds < 120 ? `the last ${seconds} s` : `the last ${Math.round(seconds / 60)} min`;
}

function countText(count: number): string {
  return count.toLocaleString('en-US', { maximumSignificantDigits: Number.isInteger(count) ? 21 : 4 });
}
