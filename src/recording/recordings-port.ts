/** The source of the recordings' routes. The control thread implements it. */
import type { Readable } from 'node:stream';
import type { RecordingEnd } from './core/recording-vocabulary.ts';

export interface WantedRecording {
  /** Null: all routes. */
  readonly route: string | null;
  readonly sample: number;
  readonly seconds: number;
  readonly bodies: boolean;
  readonly maxBytes: number;
}

export interface RecordingReport extends WantedRecording {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly recorded: number;
  readonly dropped: number;
  readonly bytes: number;
  /** Null: it is running. */
  readonly ended: RecordingEnd | null;
}

export interface RecordingControl {
  /** The current one, or the last if nobody has read it to its end. */
  list(): readonly RecordingReport[];
  /** Resolves when every thread records. Rejects with GW_RECORDING_EXISTS, or GW_VALIDATION if there is no such route. */
  start(wanted: WantedRecording): Promise<RecordingReport>;
  /**
   * Its lines, from the first; if they are read too slowly, some are left out. Closed before the end, it ends the
   * recording. Throws GW_NOT_FOUND, or GW_RECORDING_EXISTS if somebody else reads it.
   */
  read(id: string): Readable;
  /** Resolves when it has ended. Rejects with GW_NOT_FOUND. */
  stop(id: string): Promise<RecordingReport>;
}
