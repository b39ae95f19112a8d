/** Tells that a backend's state has changed, with what follows from it: in history, event log and log. */
import type { Logger } from 'pino';
import type { HealthState } from '../../backends/core/backends-vocabulary.ts';
import type { StateVerdict } from '../../backends/core/health-state.ts';
import type { BackendHistory } from '../../backends/backend-history.ts';
import type { EventLog } from '../../events/event-log.ts';

export interface StateChange {
  readonly id: string;
  readonly pool: string;
  readonly before: StateVerdict;
  readonly now: StateVerdict;
}

const SEVERITY = { healthy: 'info', degraded: 'warn', down: 'error' } as const;

export function reportStateChange(
  to: { readonly history: BackendHistory; readonly events: EventLog; readonly log: Pick<Logger, 'info' | 'warn'> },
  { id, pool, before, now }: StateChange,
): void {
  const { reason } = now;
  to.history.append(id, { kind: 'state', from: before.state, to: now.state, reason });
  // The first probe of a backend says that all is as it should be: no news.
  if (before.rule === 'unknown' && now.state === 'healthy') return;
  const severity = now.rule === 'disabled' ? 'info' : SEVERITY[now.state];
  const action = actionFor(now);
  const message = `${before.state} → ${now.state}${reason === null ? '' : `: ${reason}`}; it ${action}`;
  to.events.append({ kind: 'health', severity, subject: id, message });
  const about = { backend: id, pool, from: before.state, to: now.state, reason, action };
  if (severity === 'info') to.log.info(about, 'backend state changed');
  else to.log.warn(about, 'backend state changed');
}

const ACTIONS: Readonly<Record<HealthState, string>> = {
  healthy: 'gets requests',
  degraded: 'still gets requests',
  down: 'gets no requests',
};

function actionFor({ state, rule }: StateVerdict): string {
  if (rule === 'half-open') return 'gets trial requests';
  return rule === 'unknown' ? 'gets requests when no other does' : ACTIONS[state];
}
