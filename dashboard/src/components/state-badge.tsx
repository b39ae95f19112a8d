/** A state as colour, icon and word: any two are enough. */
import type { CircuitState } from '../../../src/breaker/core/breaker-vocabulary.ts';
import type { ReportedState } from '../../../src/certificates/core/certificates-vocabulary.ts';
import type { Backend } from '../api/types.ts';
import type { BackendState } from '../live/verdict.ts';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'ok' | 'warn' | 'bad' | 'plain' | 'accent';

const TONES: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  plain: 'bg-sunken text-muted',
  accent: 'bg-accent-soft text-accent',
};

export interface BadgeProps {
  readonly tone: Tone;
  readonly icon?: IconName;
  readonly children: React.ReactNode;
}

export function Badge({ tone, icon, children }: BadgeProps) {
  return (
    <span
      className={`inline-flex items-center gap-1 align-middle rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {icon && <Icon name={icon} className="size-3" />}
      {children}
    </span>
  );
}

const STATES: Readonly<Record<BackendState, readonly [Tone, IconName]>> = {
  healthy: ['ok', 'check'],
  degraded: ['warn', 'warning'],
  down: ['bad', 'cross'],
  draining: ['accent', 'drain'],
  disabled: ['plain', 'off'],
};

export function StateBadge({ state }: { readonly state: BackendState }) {
  const [tone, icon] = STATES[state];
  return (
    <Badge tone={tone} icon={icon}>
      {state}
    </Badge>
  );
}

/** It gets requests, and nothing checks its health. */
export function UncheckedBadge({ backend: { probes, hint } }: { readonly backend: Pick<Backend, 'probes' | 'hint'> }) {
  if (probes !== 'unchecked') return null;
  return (
    <span title={hint ?? 'Health checks are off'}>
      <Badge tone={hint === null ? 'plain' : 'warn'}>unchecked</Badge>
    </span>
  );
}

const CERTIFICATES: Readonly<Record<ReportedState, readonly [Tone, IconName, string]>> = {
  ok: ['ok', 'check', 'ok'],
  pending: ['accent', 'more', 'pending'],
  expiring: ['warn', 'warning', 'expiring'],
  expired: ['bad', 'cross', 'expired'],
  not_yet_valid: ['bad', 'cross', 'not yet valid'],
};

export function CertificateBadge({ state }: { readonly state: ReportedState }) {
  const [tone, icon, text] = CERTIFICATES[state];
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}

const CIRCUITS: Readonly<Record<CircuitState, Tone>> = { closed: 'ok', 'half-open': 'warn', open: 'bad' };

export function CircuitBadge({ state }: { readonly state: CircuitState }) {
  return (
    <Badge tone={CIRCUITS[state]} icon={state === 'closed' ? 'check' : state === 'open' ? 'cross' : 'warning'}>
      {state}
    </Badge>
  );
}
