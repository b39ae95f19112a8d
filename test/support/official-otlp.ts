/** What the serializers of OpenTelemetry make of the same spans, metrics and log records: the judge of ours. */
import type { Attributes, HrTime, Link } from '@opentelemetry/api';
import { JsonLogsSerializer, JsonMetricsSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { OtlpAttribute, OtlpBody, OtlpLogRecord, OtlpMetric, OtlpPoint, OtlpSpan } from './collector.ts';

type Spans = Parameters<typeof JsonTraceSerializer.serializeRequest>[0];
type Metrics = Parameters<typeof JsonMetricsSerializer.serializeRequest>[0];
type Logs = Parameters<typeof JsonLogsSerializer.serializeRequest>[0];

/** A body of ours, taken apart and written again by the official serializer of its signal. */
export function officially({ resourceSpans, resourceMetrics, resourceLogs }: OtlpBody): unknown {
  if (resourceSpans !== undefined) {
    const spans = resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans: all = [] }) =>
        all.map((span) => readable(span, resourceOf(resource), scope)),
      ),
    );
    return parsed(JsonTraceSerializer.serializeRequest(spans as unknown as Spans));
  }
  if (resourceMetrics !== undefined) {
    const [{ resource, scopeMetrics }] = resourceMetrics as [(typeof resourceMetrics)[0]];
    const all = {
      resource: resourceOf(resource),
      scopeMetrics: scopeMetrics.map(({ scope, metrics = [] }) => ({ scope, metrics: metrics.map(metricData) })),
    };
    return parsed(JsonMetricsSerializer.serializeRequest(all as unknown as Metrics));
  }
  const records = resourceLogs!.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords = [] }) =>
      logRecords.map((record) => logRecord(record, resourceOf(resource), scope)),
    ),
  );
  return parsed(JsonLogsSerializer.serializeRequest(records as unknown as Logs));
}

function parsed(bytes: Uint8Array | undefined): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The same object each time, because the serializers group by it. */
const resources = new Map<string, object>();

function resourceOf(resource: { readonly attributes: readonly OtlpAttribute[] }): object {
  const key = JSON.stringify(resource);
  const known = resources.get(key) ?? { attributes: attributesOf(resource.attributes) };
  resources.set(key, known);
  return known;
}

function readable(span: OtlpSpan, resource: object, instrumentationScope: object): object {
  const { traceId, spanId, parentSpanId, traceState } = span;
  const traceFlags = span.flags & 0xff;
  const state = traceState === undefined ? {} : { traceState: { serialize: () => traceState } };
  const parent =
    parentSpanId === undefined
      ? {}
      : { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags, isRemote: (span.flags & 0x200) !== 0 } };
  return {
    resource,
    instrumentationScope,
    name: span.name,
    // The SDK counts from 0.
    kind: span.kind - 1,
    spanContext: () => ({ traceId, spanId, traceFlags, ...state }),
    ...parent,
    startTime: hrTime(span.startTimeUnixNano),
    endTime: hrTime(span.endTimeUnixNano),
    status: span.status,
    attributes: attributesOf(span.attributes),
    links: [] as Link[],
    events: span.events.map((event) => ({
      name: event.name,
      time: hrTime(event.timeUnixNano),
      attributes: attributesOf(event.attributes),
      droppedAttributesCount: 0,
    })),
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Of a metric that the SDK knows: it has no summaries. */
function metricData({ name, description, unit, sum, gauge, histogram }: OtlpMetric): object {
  const data = sum ?? gauge ?? histogram!;
  return {
    descriptor: { name, description, unit, valueType: 1 },
    dataPointType: sum === undefined ? (gauge === undefined ? 0 : 2) : 3,
    aggregationTemporality: 1,
    isMonotonic: sum?.isMonotonic,
    dataPoints: data.dataPoints.map((point) => ({
      attributes: attributesOf(point.attributes),
      startTime: hrTime(point.startTimeUnixNano),
      endTime: hrTime(point.timeUnixNano),
      value: histogram === undefined ? point.asDouble : bucketsOf(point),
    })),
  };
}

function bucketsOf({ bucketCounts, explicitBounds, count, sum }: OtlpPoint): object {
  return { buckets: { counts: bucketCounts, boundaries: explicitBounds }, count, sum };
}

function logRecord(record: OtlpLogRecord, resource: object, instrumentationScope: object): object {
  const { traceId, spanId } = record;
  return {
    resource,
    instrumentationScope,
    hrTime: hrTime(record.timeUnixNano),
    hrTimeObserved: hrTime(record.observedTimeUnixNano),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    body: record.body.stringValue,
    attributes: attributesOf(record.attributes),
    droppedAttributesCount: 0,
    ...(traceId === undefined ? {} : { spanContext: { traceId, spanId } }),
  };
}

function attributesOf(attributes: readonly OtlpAttribute[]): Attributes {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, Object.values(value)[0] as string | number | boolean]),
  );
}

function hrTime(nano: string): HrTime {
  return [Number(nano.slice(0, -9)), Number(nano.slice(-9))];
}
