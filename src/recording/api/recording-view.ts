/** Bodies and answers of /v1/api/recordings. */
import { type Static, Type } from '@sinclair/typebox';
import { isoTime, nullable, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { RECORDING_BYTES, RECORDING_ENDS, RECORDING_SECONDS, SAMPLE } from '../core/recording-vocabulary.ts';
import type { RecordingReport, WantedRecording } from '../recordings-port.ts';

export const RecordingBody = Type.Object(
  {
    route: Type.Optional(nullable(Type.String({ description: 'Name of a route; null: all routes', examples: [null] }))),
    sample: Type.Optional(Type.Number({ ...SAMPLE, description: 'Share of its requests' })),
    seconds: Type.Optional(Type.Number({ ...RECORDING_SECONDS, description: 'It ends after this time' })),
    bodies: Type.Optional(Type.Boolean({ default: false, description: 'Also bodies of up to 4 KiB of text' })),
    max_bytes: Type.Optional(Type.Integer({ ...RECORDING_BYTES, description: 'It ends at this size' })),
  },
  { additionalProperties: false, examples: [{ route: null, sample: 0.1, seconds: 60, bodies: false }] },
);

export const RecordingView = Type.Object(
  {
    id: Type.String(),
    started_at: timestamp(),
    route: nullable(Type.String({ description: 'Null: all routes' })),
    sample: Type.Number(),
    seconds: Type.Number(),
    bodies: Type.Boolean(),
    max_bytes: Type.Integer(),
    recorded: Type.Integer({ description: 'Requests' }),
    dropped: Type.Integer({ description: 'Requests that were chosen, but not recorded: a queue was full' }),
    bytes: Type.Integer(),
    ended: nullable(stringEnum(RECORDING_ENDS, { description: 'Why it ended; null: it is running' })),
  },
  { $id: 'Recording', title: 'Recording' },
);

export const RecordingPath = Type.Object({
  id: Type.String({ description: 'As in the list', examples: ['5f0c1a52-7d0e-4b36-9f4e-0c6b3a1d2e7f'] }),
});

export function wantedRecording(body: Static<typeof RecordingBody>): WantedRecording {
  return {
    route: body.route ?? null,
    sample: body.sample ?? SAMPLE.default,
    seconds: body.seconds ?? RECORDING_SECONDS.default,
    bodies: body.bodies ?? false,
    maxBytes: body.max_bytes ?? RECORDING_BYTES.default,
  };
}

export function recordingView({ startedAt, maxBytes, ...report }: RecordingReport): Static<typeof RecordingView> {
  const { id, route, sample, seconds, bodies, recorded, dropped, bytes, ended } = report;
  const counts = { recorded, dropped, bytes, ended };
  return { id, started_at: isoTime(startedAt), route, sample, seconds, bodies, max_bytes: maxBytes, ...counts };
}
