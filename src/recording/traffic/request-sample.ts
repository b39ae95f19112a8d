/** One request that is recorded, from its route to the end of its answer. */
import type { ClientRequest } from '../../http/client-side.ts';
import { maskFields, maskTarget } from '../core/mask-message.ts';
import type { RecordedRequest } from '../core/recording-vocabulary.ts';
import { SmallBody } from '../small-body.ts';
import type { ActiveRecording, Recorder } from './recorder.ts';

export interface SampledRequest {
  readonly request: ClientRequest;
  readonly requestId: string;
  readonly target: string;
  readonly route: string;
  /** Of the shared clock. */
  readonly startMs: number;
}

export interface SampledEnd {
  readonly status: number;
  readonly error: string | null;
  readonly durationMs: number;
  readonly isAborted: boolean;
}

export class RequestSample {
  readonly #recorder: Recorder;
  readonly #recording: ActiveRecording;
  readonly #sampled: SampledRequest;
  /** Null: bodies are not recorded. */
  readonly #body: SmallBody | null;
  readonly #answerBody: SmallBody | null;
  #answerFields: readonly string[] | null = null;

  constructor(recorder: Recorder, recording: ActiveRecording, sampled: SampledRequest) {
    this.#recorder = recorder;
    this.#recording = recording;
    this.#sampled = sampled;
    this.#body = recording.bodies ? new SmallBody() : null;
    this.#answerBody = recording.bodies ? new SmallBody() : null;
  }

  /** A piece of the request's body. */
  onBody(piece: Buffer): void {
    this.#body?.add(piece);
  }

  /** A backend's answer; null: its body is not recorded. @param fields name and value alternating */
  watch(fields: readonly string[]): AnswerRecorder | null {
    this.#answerFields = fields;
    return this.#answerBody === null ? null : new AnswerRecorder(this.#answerBody);
  }

  end(end: SampledEnd): void {
    this.#recorder.add(this.#recording, () => `${JSON.stringify(this.#line(end))}\n`);
  }

  #line({ status, error, durationMs, isAborted }: SampledEnd): RecordedRequest {
    const { secrets, startMs } = this.#recording;
    const { request, requestId, target, route, startMs: atMs } = this.#sampled;
    const { headers } = request;
    const answered = this.#answerFields;
    const body = this.#body?.recorded(textOf(headers['content-type']), textOf(headers['content-encoding']), secrets);
    const answerBody = this.#answerBody?.recorded(
      fieldOf(answered, 'content-type'),
      fieldOf(answered, 'content-encoding'),
      secrets,
    );
    return {
      type: 'request',
      offset_ms: rounded(atMs - startMs),
      request_id: requestId,
      route,
      method: request.method,
      scheme: request.scheme,
      host: textOf(headers['host']),
      target: maskTarget(target, secrets),
      headers: maskFields(request.rawHeaders, secrets),
      ...(body === undefined ? {} : { body }),
      status,
      ...(error === null ? {} : { error }),
      ...(answered === null ? {} : { answer_headers: maskFields(answered, secrets) }),
      ...(answerBody === undefined ? {} : { answer_body: answerBody }),
      duration_ms: rounded(durationMs),
      ...(isAborted ? { aborted: true } : {}),
    };
  }
}

class AnswerRecorder {
  readonly #body: SmallBody;

  constructor(body: SmallBody) {
    this.#body = body;
  }

  onChunk(bytes: Buffer): void {
    this.#body.add(bytes);
  }

  onEnd(): void {}

  onCut(): void {}
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

function fieldOf(fields: readonly string[] | null, name: string): string {
  for (let at = 0; at < (fields?.length ?? 0); at += 2)
    if (fields![at]!.toLowerCase() === name) return fields![at + 1]!;
  return '';
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
