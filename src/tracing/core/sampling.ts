/** Which requests are recorded: those that a trusted caller records, or a share of all. */
import type { ParentMode } from './tracing-vocabulary.ts';

export interface SamplingSettings {
  /** Share of requests, 0 to 1. */
  readonly sample: number;
  readonly parent: ParentMode;
}

export interface TracingSettings extends SamplingSettings {
  /** Names of parameters whose values spans do not show. */
  readonly secretNames: readonly string[];
}

/** The request's traceparent: none, or from a trusted proxy, or from anybody else; and its flag. */
export interface TraceParent {
  readonly from: 'none' | 'trusted' | 'foreign';
  readonly isSampled: boolean;
}

/**
 * A stranger that asks for recording gets `sample` at most, or it could fill the storage of traces; one that asks for
 * none gets none.
 *
 * @param draw 0 up to but not including 1; independent of the trace id, which strangers choose
 */
export function isRecorded(
  { sample, parent }: SamplingSettings,
  { from, isSampled }: TraceParent,
  draw: number,
): boolean {
  if (parent === 'ignore' || from === 'none') return draw < sample;
  if (!isSampled) return false;
  return from === 'trusted' || draw < sample;
}
