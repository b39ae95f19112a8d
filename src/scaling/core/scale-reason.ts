/** Advice in words, for operators. */
import { round } from '../../core/round.ts';
import type { Advice, JudgedReading, ReplicaBounds } from './replica-advice.ts';
import type { ScaleLimit, ScaleSignal } from './scaling-vocabulary.ts';

/** `rps 812, 200 each: 5; at most 4 (max)` */
export function scaleReason(advice: Advice & ReplicaBounds): string {
  const { by, readings, limitedBy, asked } = advice;
  const unknown = readings.filter(({ value }) => value === null).map(({ signal }) => signal);
  const missing = unknown.length === 0 ? [] : [`${unknown.join(', ')} not known`];
  const decisive = readings.find(({ signal }) => signal === by);
  if (decisive === undefined) return [...missing, 'as many as there are'].join('; ');
  const held = limitedBy === null ? missing : [LIMIT_TEXTS[limitedBy](advice), ...missing];
  return [`${readingText(decisive)}: ${asked}`, ...held].join('; ');
}

function readingText({ signal, value, target }: JudgedReading): string {
  const { unit, isShare } = UNITS[signal];
  const shown = (amount: number): string => (isShare ? `${Math.round(amount * 100)} %` : `${round(amount)}${unit}`);
  return `${signal} ${shown(value!)}, target ${shown(target)}`;
}

const UNITS: Readonly<Record<ScaleSignal, { readonly unit: string; readonly isShare: boolean }>> = {
  rps: { unit: '', isShare: false },
  in_flight: { unit: '', isShare: false },
  p95: { unit: ' ms', isShare: false },
  cpu: { unit: '', isShare: true },
};

const LIMIT_TEXTS: Readonly<Record<ScaleLimit, (advice: Advice & ReplicaBounds) => string>> = {
  min: ({ min }) => `min is ${min}`,
  max: ({ max }) => `max is ${max}`,
  growth: ({ wanted }) => `${wanted} for now, at most twice as many at once`,
  stabilization: ({ wanted }) => `${wanted} were wanted within the stabilization time`,
  unknown: ({ wanted }) => `${wanted} stay`,
};
