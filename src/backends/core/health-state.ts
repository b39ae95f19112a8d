/** One word for how a backend is, and why, of everything that is known about it. */

import type { HealthState } from './backends-vocabulary.ts';

/** What is known of a backend at a moment. */
export interface HealthSigns {
  readonly isEnabled: boolean;
  /** Its host name was never found: it has no address. */
  readonly isUnresolved: boolean;
  /** By the probes; `unchecked`: there are none; `unknown`: none has answered yet. */
  readonly probes: 'up' | 'down' | 'unknown' | 'unchecked';
  /** What the probes said when they found it down: `3 failed probes: connect refused`; null: nothing. */
  readonly probeReason: string | null;
  /** Taken out for failing real requests. */
  readonly isEjected: boolean;
  readonly circuit: 'closed' | 'open' | 'half-open' | 'forced-open';
  /** In the circuit's window. */
  readonly requests: number;
  readonly failures: number;
}

export interface StateVerdict {
  readonly state: HealthState;
  /** Null when there is nothing to say: it is healthy. */
  readonly reason: string | null;
  /** Names the rule that decided: with the same one, the state has not changed, though figures in `reason` may have. */
  readonly rule: string;
}

/** An error rate above this is degraded. */
const DEGRADED_ERROR_RATE = 0.5;
/** With fewer requests in the window, an error rate says nothing. */
const DEGRADED_MINIMUM_REQUESTS = 5;

/**
 * Down: it gets no requests because of how it is. Degraded: it gets some, and something is wrong. The first rule that
 * applies decides. A backend that is drained has a state like any other: draining says nothing about its health.
 */
export function healthState(signs: HealthSigns): StateVerdict {
  const { requests, failures } = signs;
  if (!signs.isEnabled) return verdict('down', 'disabled', 'disabled');
  if (signs.isUnresolved) return verdict('down', 'unresolved', 'its host name never resolved');
  if (signs.probes === 'down') return verdict('down', 'probes', signs.probeReason ?? 'its probes fail');
  if (signs.circuit === 'forced-open') return verdict('down', 'forced', 'circuit forced open');
  if (signs.circuit === 'open')
    return verdict('down', 'circuit', `circuit open${ofRequests(': ', failures, requests)}`);
  if (signs.isEjected)
    return verdict('down', 'ejected', `ejected for consecutive errors${ofRequests(': ', failures, requests)}`);
  if (signs.circuit === 'half-open') return verdict('degraded', 'half-open', 'circuit half-open: trial requests only');
  if (requests >= DEGRADED_MINIMUM_REQUESTS && failures / requests > DEGRADED_ERROR_RATE) {
    return verdict(
      'degraded',
      'errors',
      `error rate ${Math.round((failures / requests) * 100)} % of ${requests} requests`,
    );
  }
  if (signs.probes === 'unknown') return verdict('degraded', 'unknown', 'no probe has answered yet');
  return verdict('healthy', 'healthy', null);
}

function verdict(state: HealthState, rule: string, reason: string | null): StateVerdict {
  return { state, rule, reason };
}

function ofRequests(before: string, failures: number, requests: number): string {
  return requests === 0 ? '' : `${before}${failures} of ${requests} requests failed`;
}
