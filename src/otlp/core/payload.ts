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

/** @param items JSON objects with commas in between */
export function payload(signal: Signal, { resource, version }: PayloadSource, items: string): string {
  const [resources, scopes, list] = LISTS[signal];
  return (
    `{"${resources}":[{"resource":{"attributes":${attributesText(resource)},"droppedAttributesCount":0}` +
    `,"${scopes}":[{"scope":{"name":"sluice","version":${JSON.stringify(version)}},"${list}":[${items}]}]}]}`
  );
}
