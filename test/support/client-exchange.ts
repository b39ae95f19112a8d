/** A client's request without a connection, and its answer, for what is tested below the wire. */
import { Socket } from 'node:net';
import { ClientRequest } from '../../src/http1/server/client-request.ts';
import { type AnswerSink, ClientResponse } from '../../src/http1/server/client-response.ts';

const SINK: AnswerSink = {
  keepAliveSeconds: 5,
  mayGoOn: () => true,
  onHeld: () => {},
  onEnded: () => {},
  onCut: () => {},
};

export function clientResponse(method = 'GET', fields: string[] = []): ClientResponse {
  const head = { method, target: '/', version: '1.1', fields } as const;
  return new ClientResponse(new ClientRequest(new Socket(), { onDemand: () => {} }, head), SINK);
}
