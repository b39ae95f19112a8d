/** Starts, streams and stops recordings of traffic. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import fp from 'fastify-plugin';
import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import {
  RecordingBody,
  RecordingPath,
  RecordingView,
  recordingView,
  wantedRecording,
} from '../../../src/recording/api/recording-view.ts';
import type { RecordingControl } from '../../../src/recording/recordings-port.ts';

export interface RecordingsOptions {
  readonly recordings: RecordingControl;
}

const PREFIX = '/v1/api/recordings';
const tags = ['recordings'];
const config = { role: 'admin' } as const;
const found = errorAnswers('GW_NOT_FOUND', ...COMMON_ERRORS);

const plugin: FastifyPluginAsyncTypebox<RecordingsOptions> = async (app, { recordings }) => {
  app.get(
    PREFIX,
    {
      schema: {
        tags,
        operationId: 'listRecordings',
        summary: 'List recordings: the one that runs, or has ended and is still to be read',
        response: {
          200: Type.Array(refTo(RecordingView), { description: 'One, or none' }),
          ...errorAnswers(...COMMON_ERRORS),
        },
      },
    },
    async () => recordings.list().map(recordingView),
  );

  app.post(
    PREFIX,
    {
      config,
      preValidation: async (request) => {
        request.body ??= {};
      },
      schema: {
        tags,
        operationId: 'startRecording',
        summary: 'Start recording requests and answers, without their secrets',
        description:
          'One at a time, for a bounded time and size. It ends if nobody reads it within 30 s. Needs the role admin.',
        body: RecordingBody,
        response: {
          201: refTo(RecordingView, { description: 'Every thread records' }),
          ...errorAnswers(...BODY_ERRORS, 'GW_RECORDING_EXISTS', ...COMMON_ERRORS),
        },
      },
    },
    async (request, reply) => {
      request.audited = { target: request.body.route ?? null };
      const started = recordingView(await recordings.start(wantedRecording(request.body)));
      request.audited = { target: started.id, after: started };
      reply.code(201).header('location', `${PREFIX}/${started.id}/lines`);
      return started;
    },
  );

  app.get(
    `${PREFIX}/:id/lines`,
    {
      config,
      schema: {
        tags,
        operationId: 'readRecording',
        summary: 'Stream a recording: a line of JSON for each request',
        description:
          'From its beginning until it ends; once. If the caller leaves before, it ends. The lines are described in ' +
          'docs/operations/recording.md.',
        params: RecordingPath,
        produces: ['application/x-ndjson'],
        response: {
          200: {
            description: 'The lines',
            content: { 'application/x-ndjson': { schema: Type.String() } },
          },
          ...errorAnswers('GW_NOT_FOUND', 'GW_RECORDING_EXISTS', ...COMMON_ERRORS),
        },
      },
    },
    async (request, reply) => {
      const lines = recordings.read(request.params.id);
      lines.once(
        'close',
        app.watchPrincipal(request, () => lines.destroy()),
      );
      // A stream is sent as it is; the types know the schema only.
      return reply
        .type('application/x-ndjson')
        .header('cache-control', 'no-store')
        .send(lines as unknown as string);
    },
  );

  app.delete(
    `${PREFIX}/:id`,
    {
      config,
      schema: {
        tags,
        operationId: 'stopRecording',
        summary: 'Stop a recording; what was recorded can still be read',
        params: RecordingPath,
        response: { 200: refTo(RecordingView, { description: 'It has ended' }), ...found },
      },
    },
    async (request) => {
      const { id } = request.params;
      const before = recordings.list().find((each) => each.id === id);
      const stopped = recordingView(await recordings.stop(id));
      request.audited = { target: id, before: before && recordingView(before), after: stopped };
      return stopped;
    },
  );
};

export default fp(plugin, { name: 'recordings', dependencies: ['schemas', 'audit'] });
