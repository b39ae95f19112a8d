/** The body of a request to a collector. */
import { type AttributeValue, attributesText } from './otlp-json.ts';
import type { Signal } from './otlp-vocabulary.ts';

/** What all signals say about their source. */
export interface PayloadSource {
  /** Of the gateway. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
  readonly version: string;
}

/** By signal: the names of its three lists. */
const LISTS: Readonly<Record<Signal, readonly [resources: string, scopes: string, items: string]>> = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
};

const COMMA = Buffer.from(',');

/**
 * UTF-8.
 *
 * @param items each of them JSON objects with commas in between, at least one
 * @param allocate a buffer of this size
 */
export function payload(
  signal: Signal,
  { resource, version }: PayloadSource,
  items: readonly Uint8Array[],
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const [resources, scopes, list] = LISTS[signal];
  const head =
    `{"${resources}":[{"resource":{"attributes":${attributesText(resource)},"droppedAttributesCount":0}` +
    `,"${scopes}":[{"scope":{"name":"sluice","version":${JSON.stringify(version)}},"${list}":[`;
  const pieces: Uint8Array[] = [Buffer.from(head)];
  for (const [at, each] of items.entries()) {
    if (at > 0) pieces.push(COMMA);
    pieces.push(each);
  }
  pieces.push(Buffer.from(']}]}]}'));
  const body = allocate(pieces.reduce((bytes, piece) => bytes + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}
