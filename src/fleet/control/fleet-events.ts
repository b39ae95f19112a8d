/** What happened in the fleet, as a sentence for operators. */
import type { Severity } from '../../events/core/events-vocabulary.ts';
import type { DriftKind } from '../core/fleet-vocabulary.ts';
import { driftText } from '../core/drift-text.ts';
import type { FleetChange } from '../core/membership.ts';

export interface FleetEvent {
  readonly severity: Severity;
  /** Name of the gateway; null: several. */
  readonly subject: string | null;
  readonly message: string;
}

const COMINGS = {
  joined: ['info', 'joined'],
  left: ['info', 'left'],
  lost: ['error', 'is lost: it stopped reporting without leaving'],
  back: ['info', 'is back'],
  restarted: ['info', 'restarted'],
} as const;

const AGREED: Readonly<Record<DriftKind, string>> = {
  config: 'all gateways have the same configuration',
  version: 'all gateways run the same version',
  name: 'all gateways have different names',
};

export function fleetEvent(change: FleetChange): FleetEvent {
  if (change.kind === 'drift') return { severity: 'warn', subject: null, message: driftText(change.drift) };
  if (change.kind === 'agreed') return { severity: 'info', subject: null, message: AGREED[change.drift] };
  const [severity, what] = COMINGS[change.kind];
  return { severity, subject: change.gateway, message: `gateway ${change.gateway} ${what}` };
}
