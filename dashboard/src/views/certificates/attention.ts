/** Which certificates need attention, and how urgently. */
import type { Certificate } from '../../api/types.ts';

type Judged = Pick<Certificate, 'source' | 'state' | 'error'>;
type Sorted = Judged & Pick<Certificate, 'hosts' | 'not_after'>;

/** 0: clients are or will be refused; 1: soon; 2: in progress; 3: nothing to do. */
function urgency({ source, state, error }: Judged): number {
  // A client asked for a name that cannot be ordered, or for none any more: both are in order.
  if (source === 'on_demand' && state === 'pending') return 2;
  if (source === 'on_demand' && state === 'expiring' && error === null) return 3;
  if (error !== null || state === 'expired' || state === 'not_yet_valid') return 0;
  if (state === 'expiring') return 1;
  return state === 'pending' ? 2 : 3;
}

export function needsAttention(certificate: Judged): boolean {
  return urgency(certificate) < 2;
}

/** The most urgent first, then those that expire first. */
export function byUrgency<T extends Sorted>(certificates: readonly T[]): readonly T[] {
  const expiry = ({ not_after: at }: Sorted): number => (at === null ? Infinity : Date.parse(at));
  return certificates.toSorted((one, other) => {
    const [first, second] = [expiry(one), expiry(other)];
    const byExpiry = first === second ? 0 : first - second;
    return urgency(one) - urgency(other) || byExpiry || (one.hosts[0] ?? '').localeCompare(other.hosts[0] ?? '');
  });
}

const DAY_MS = 86_400_000;
/** From here on, days are too coarse. */
const FEW_DAYS = 2;

/** Time until it expires, in words. @param seconds writes a duration */
export function timeLeft(notAfter: string, nowMs: number, seconds: (value: number) => string): string {
  const leftMs = Date.parse(notAfter) - nowMs;
  if (leftMs < 0) return `${seconds(-leftMs / 1000)} ago`;
  return leftMs >= FEW_DAYS * DAY_MS ? `in ${Math.floor(leftMs / DAY_MS)} days` : `in ${seconds(leftMs / 1000)}`;
}
