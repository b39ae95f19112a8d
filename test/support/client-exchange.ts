/** A client's request without a connection, and its answer, for what is tested below the wire. */
import { Socket } from 'node:net';
import { Http1Request } from '../../src/http1/server/http1-request.ts';
import { type AnswerSink, Http1Response } from '../../src/http1/server/http1-response.ts';

const SINK: AnswerSink = {
  keepAliveSeconds: 5,
  mayGoOn: () => true,
  onHeld: () => {},
  onEnded: () => {},
  onCut: () => {},
};

export function clientResponse(method = 'GET', fields: string[] = []): Http1Response {
  const head = { method, target: '/', version: '1.1', fields } as const;
  return new Http1Response(new Http1Request(new Socket(), { onDemand: () => {} }, head), SINK);
}
