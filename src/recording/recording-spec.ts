/** What is to be recorded: control thread to traffic threads. */
export interface RecordingSpec {
  readonly id: string;
  /** Null: all routes. */
  readonly route: string | null;
  /** Share of requests, above 0 to 1. */
  readonly sample: number;
  /** Small ones. */
  readonly bodies: boolean;
  /** Of the shared clock. */
  readonly startMs: number;
  /** Names whose values are secret, besides those that look like it. */
  readonly secretNames: readonly string[];
}

/** What a traffic thread has recorded. */
export interface RecordedBatch {
  /** Id of the recording. */
  readonly recording: string;
  /** NDJSON. */
  readonly lines: string;
  readonly count: number;
  /** Chosen, but not recorded, since the last batch. */
  readonly dropped: number;
}
