/** Vocabulary of events. */

/** The subject of an event. */
export const EVENT_KINDS = [
  'health',
  'circuit',
  'backend',
  'discovery',
  'pool',
  'client',
  'configuration',
  'thread',
  'database',
  'limit',
  'certificate',
  'fleet',
  'auth',
  'telemetry',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** The worst last. */
export const SEVERITIES = ['info', 'warn', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];
