/** Words, ranges and lines of recordings: for threads, the admin API and the command line. */

/** Stands for a value that was left out because it is secret. */
export const MASKED = '***';

/** Largest body that is recorded, bytes after decoding. */
export const MAX_RECORDED_BODY = 4096;
/** Share of requests. */
export const SAMPLE = { exclusiveMinimum: 0, maximum: 1, default: 1 } as const;
/** Longest time of a recording. */
export const RECORDING_SECONDS = { minimum: 1, maximum: 86_400, default: 60 } as const;
/** Largest size of a recording. */
export const RECORDING_BYTES = { minimum: 1024, maximum: 0x40000000, default: 0x4000000 } as const;

/** Why a recording ended. */
export const RECORDING_ENDS = ['time', 'size', 'stopped', 'disconnected', 'unread'] as const;
export type RecordingEnd = (typeof RECORDING_ENDS)[number];

export const RECORDING_FORMAT = 1;

/** A body as text, with secrets masked; or why it is not there. */
export type RecordedBody = { readonly text: string } | { readonly omitted: string };

export type RecordedFields = readonly (readonly [name: string, value: string])[];

/** The first line. */
export interface RecordingHead {
  readonly type: 'recording';
  readonly format: typeof RECORDING_FORMAT;
  readonly id: string;
  readonly gateway: string;
  readonly started_at: string;
  readonly route: string | null;
  readonly sample: number;
  readonly bodies: boolean;
}

/** A request and its answer. */
export interface RecordedRequest {
  readonly type: 'request';
  /** Since the start of the recording. */
  readonly offset_ms: number;
  readonly request_id: string;
  readonly route: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: RecordedFields;
  /** Left out: none, or bodies are not recorded. */
  readonly body?: RecordedBody;
  /** 0: the client left before there was one. */
  readonly status: number;
  /** Why the gateway answered itself. */
  readonly error?: string;
  /** Left out: the gateway answered itself. */
  readonly answer_headers?: RecordedFields;
  readonly answer_body?: RecordedBody;
  readonly duration_ms: number;
  /** The client left before the answer was complete. */
  readonly aborted?: true;
}

/** The last line. */
export interface RecordingTail {
  readonly type: 'end';
  readonly reason: RecordingEnd;
  readonly recorded: number;
  /** Requests that were chosen, but not recorded: a queue was full. */
  readonly dropped: number;
}

export type RecordingLine = RecordingHead | RecordedRequest | RecordingTail;
