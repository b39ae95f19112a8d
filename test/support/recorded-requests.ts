/** Requests as a recording has them. */
import type { RecordedRequest } from '../../src/recording/core/recording-vocabulary.ts';
import type { FiledRequest } from '../../src/cli/replay/recording-file.ts';

export function recordedRequest(change: Partial<RecordedRequest> = {}): RecordedRequest {
  return {
    type: 'request',
    offset_ms: 0,
    request_id: 'r',
    route: 'api',
    method: 'GET',
    scheme: 'http',
    host: 'example.com',
    target: '/a',
    headers: [
      ['Host', 'example.com'],
      ['Accept', '*/*'],
    ],
    status: 200,
    duration_ms: 1,
    ...change,
  };
}

/** In lines 2, 3 … */
export function filedRequests(...changes: readonly Partial<RecordedRequest>[]): FiledRequest[] {
  return changes.map((change, at) => ({ line: at + 2, recorded: recordedRequest(change) }));
}

/** The text of the file. */
export function recordingText(...changes: readonly Partial<RecordedRequest>[]): string {
  const head = {
    type: 'recording',
    format: 1,
    id: 'x',
    gateway: '',
    started_at: '2026-12-01T12:00:00.000Z',
    route: null,
    sample: 1,
    bodies: true,
  };
  const tail = { type: 'end', reason: 'time', recorded: changes.length, dropped: 0 };
  return [head, ...changes.map(recordedRequest), tail].map((line) => `${JSON.stringify(line)}\n`).join('');
}
