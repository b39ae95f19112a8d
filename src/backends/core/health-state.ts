/** Sums up everything known about a backend in one word, with the reason. */

import type { HealthState, ProbeState } from './backends-vocabulary.ts';

/** What is known about a backend at a moment. */
export interface HealthSigns {
  readonly isEnabled: boolean;
  /** Its host name never resolved: it has no address. */
  readonly isUnresolved: boolean;
  /** Only an old list of its pool's members has it. */
  readonly isUnproven: boolean;
  readonly probes: ProbeState;
  /** The reason the probes gave when they found it down: `3 failed probes: connect refused`; null: none. */
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
  /** Null: it is healthy. */
  readonly reason: string | null;
  /**
   * Names the deciding rule: while it stays the same, the state has not changed, although figures in `reason` may have.
   */
  readonly rule: string;
}

/** An error rate above this is degraded. */
const DEGRADED_ERROR_RATE = 0.5;
/** With fewer requests in the window, an error rate means nothing. */
const DEGRADED_MINIMUM_REQUESTS = 5;

/**
 * Down: it gets no requests because something is wrong with it. Degraded: it gets some, and something is wrong. The
 * first matching rule decides. A draining backend has a state like any other: draining says nothing about its health.
 */
export function healthState(signs: HealthSigns): StateVerdict {
  const { requests, failures } = signs;
  if (!signs.isEnabled) return verdict('down', 'disabled', 'disabled');
  if (signs.isUnresolved) return verdict('down', 'unresolved', 'its host name never resolved');
  if (signs.isUnproven) return verdict('down', 'unproven', 'in the last known list only, and not checked yet');
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
