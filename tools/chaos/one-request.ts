/** One request and its outcome: the answer must be complete, and the one to this request. */
import { type Agent, request as sendRequest, type IncomingMessage } from 'node:http';
import type { Outcome } from './chaos-tally.ts';

export interface RequestPlan {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | null;
  /** Must be part of the answer. */
  readonly proof: string;
}

/** After this, the client gives up and counts it as broken, ms: longer than any limit of the gateway. */
const TIMEOUT_MS = 10_000;

/** Never rejects. */
export function oneRequest(base: URL, agent: Agent, clientId: string, plan: RequestPlan): Promise<Outcome> {
  const startMs = performance.now();
  const { method, path, body, proof } = plan;
  return new Promise((resolve) => {
    const settle = (kind: Outcome['kind'], detail: string): void => {
      clearTimeout(timeout);
      resolve({ kind, detail, isIdempotent: method === 'GET', durationMs: performance.now() - startMs });
    };
    const request = sendRequest({
      agent,
      host: base.hostname,
      port: base.port,
      method,
      path,
      headers: {
        'x-client-id': clientId,
        ...(body === null ? {} : { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }),
      },
    });
    const timeout = setTimeout(() => request.destroy(Object.assign(new Error(), { code: 'no answer' })), TIMEOUT_MS);
    request.on('error', (error) => settle('broken', codeOf(error)));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', () => settle('cut', 'cut in its body'));
      response.on('end', () => {
        const [kind, detail] = judge(response, text, proof);
        settle(kind, detail);
      });
    });
    request.end(body);
  });
}

function judge({ statusCode = 0 }: IncomingMessage, text: string, proof: string): readonly [Outcome['kind'], string] {
  if (statusCode === 429) return ['refused', '429'];
  if (statusCode >= 400) return ['status', `${statusCode}${/ ?GW_[A-Z_]+/.exec(text)?.[0].replace(/^ ?/, ' ') ?? ''}`];
  return text.includes(proof) ? ['ok', ''] : ['wrong', `${statusCode} that is not its answer`];
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
