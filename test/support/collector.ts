/** A collector: takes OTLP/HTTP in JSON, keeps what it gets, and answers as a test wants. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

export interface OtlpAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly events: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes: readonly OtlpAttribute[];
  }[];
  readonly status: { readonly code: number };
  readonly flags: number;
}

export interface OtlpLogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly OtlpAttribute[];
  readonly traceId?: string;
  readonly spanId?: string;
}

export interface OtlpPoint {
  readonly attributes: readonly OtlpAttribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
}

export interface OtlpMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly sum?: {
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
    readonly dataPoints: readonly OtlpPoint[];
  };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly OtlpPoint[] };
  readonly summary?: { readonly dataPoints: readonly OtlpPoint[] };
}

interface Scoped<Value> {
  readonly scope: { readonly name: string; readonly version: string };
  readonly spans?: readonly Value[];
  readonly metrics?: readonly Value[];
  readonly logRecords?: readonly Value[];
}

export interface OtlpBody {
  readonly resourceSpans?: readonly {
    readonly resource: OtlpResource;
    readonly scopeSpans: readonly Scoped<OtlpSpan>[];
  }[];
  readonly resourceMetrics?: readonly {
    readonly resource: OtlpResource;
    readonly scopeMetrics: readonly Scoped<OtlpMetric>[];
  }[];
  readonly resourceLogs?: readonly {
    readonly resource: OtlpResource;
    readonly scopeLogs: readonly Scoped<OtlpLogRecord>[];
  }[];
}

export interface OtlpResource {
  readonly attributes: readonly OtlpAttribute[];
}

export interface CollectedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: OtlpBody;
}

export interface Collector {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly CollectedRequest[];
  /** Of all requests that it has accepted, in their order. */
  spans(): readonly OtlpSpan[];
  metrics(): readonly OtlpMetric[];
  logs(): readonly OtlpLogRecord[];
}

/** @param answer to a request; default: 200. */
export async function startCollector(
  t: Pick<TestContext, 'after'>,
  answer: (response: ServerResponse, request: CollectedRequest, at: number) => void = accept,
): Promise<Collector> {
  const requests: CollectedRequest[] = [];
  const accepted: OtlpBody[] = [];
  const server = createServer((message, response) => {
    const pieces: Buffer[] = [];
    message.on('data', (piece: Buffer) => pieces.push(piece));
    message.on('error', () => undefined);
    message.on('end', () => {
      const bytes = Buffer.concat(pieces);
      const text = (message.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
      const request = { path: message.url!, headers: message.headers, text, body: JSON.parse(text) as OtlpBody };
      requests.push(request);
      response.on('finish', () => {
        if (response.statusCode === 200) accepted.push(request.body);
      });
      answer(response, request, requests.length - 1);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    spans: () =>
      accepted.flatMap(({ resourceSpans = [] }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans = [] }) => spans)),
      ),
    metrics: () =>
      accepted.flatMap(({ resourceMetrics = [] }) =>
        resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics = [] }) => metrics)),
      ),
    logs: () =>
      accepted.flatMap(({ resourceLogs = [] }) =>
        resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords = [] }) => logRecords)),
      ),
  };
}

export function accept(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
}

/** By key. */
export function attributesOf({
  attributes,
}: {
  readonly attributes: readonly OtlpAttribute[];
}): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue,
    ]),
  );
}
