/** A comparison in words, for operators: `errors of route api rose from 0.5 % (2 of 400) to 31 % (62 of 200)`. */
import type { Comparison, Measured } from './judge-change.ts';

export function describeComparison({ route, measure, against, before, after }: Comparison): string {
  const where = route === null ? '' : ` of route ${route}`;
  if (measure === 'p95') return `p95${where} rose from ${ms(before)} to ${ms(after)}`;
  const [was, is] = [shareText(before), shareText(after)];
  if (measure === 'unrouted') return `requests that no route matches rose from ${was} to ${is}`;
  if (against === 'gateway') return `errors${where}, which is new, are ${is}; of the gateway before, ${was}`;
  return `errors${where === '' ? ' of routes with few requests' : where} rose from ${was} to ${is}`;
}

function shareText({ requests, share }: Measured): string {
  if (share === null) return 'none';
  const percent = share * 100;
  return `${Number(percent.toFixed(percent < 10 ? 1 : 0))} % (${Math.round(share * requests)} of ${requests})`;
}

function ms({ p95Ms, requests }: Measured): string {
  return `${p95Ms === null ? 'unknown' : `${Math.round(p95Ms)} ms`} (${requests} requests)`;
}
