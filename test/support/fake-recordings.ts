/** Recordings without threads: a test plays their part. */
import type { RecordingSpec } from '../../src/recording/recording-spec.ts';
import { Recordings } from '../../src/recording/control/recordings.ts';

export interface FakeRecordings {
  readonly recordings: Recordings;
  /** What the threads were told to record, in order. */
  readonly told: readonly (RecordingSpec | null)[];
  /** What was logged. */
  readonly logged: readonly object[];
  /** Timers that run, by their time, ms. */
  readonly timers: ReadonlyMap<number, () => void>;
}

/** @param beforeEnd what the threads still send before they acknowledge the end */
export function fakeRecordings(beforeEnd: (recordings: Recordings, id: string) => void = () => {}): FakeRecordings {
  const told: (RecordingSpec | null)[] = [];
  const logged: object[] = [];
  const timers = new Map<number, () => void>();
  const recordings: Recordings = new Recordings({
    change: async (recording) => {
      if (recording === null) beforeEnd(recordings, told.at(-1)?.id ?? '');
      told.push(recording);
    },
    routes: () => ['api', 'web'],
    secretNames: () => ['x-api-key', 'x-our-own'],
    gateway: () => 'gw-1',
    nowMs: () => 5000,
    wallMs: (atMs) => Date.parse('2026-12-01T12:00:00Z') + atMs,
    after: (ms, callback) => {
      timers.set(ms, callback);
      return () => void timers.delete(ms);
    },
    log: { info: (details) => logged.push(details), error: (details) => logged.push(details) },
  });
  return { recordings, told, logged, timers };
}
