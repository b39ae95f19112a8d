/** Spans, metrics and log records as we write them, and as OpenTelemetry's own serializers do. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logRecord } from '../../../src/otlp/log-record.ts';
import { MetricText } from '../../../src/otlp/core/metric-text.ts';
import { AttributeText, nanoText } from '../../../src/otlp/core/otlp-json.ts';
import type { Signal } from '../../../src/otlp/core/otlp-vocabulary.ts';
import { payload } from '../../../src/otlp/core/payload.ts';
import { eventText, type Span, SPAN_KIND, spanText } from '../../../src/otlp/core/span-text.ts';
import { labelText } from '../../../src/telemetry/exposition.ts';
import type { OtlpBody, OtlpLogRecord, OtlpMetric, OtlpSpan } from '../../support/collector.ts';
import { attributesOf } from '../../support/collector.ts';
import { officially } from '../../support/official-otlp.ts';

const SOURCE = { version: '1.2.3', resource: { 'service.name': 'slu"ice', 'service.version': '1.2.3', replica: 4 } };
const NOW = 1_798_700_000_123;

const SPAN: Span = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: '',
  isParentRemote: false,
  traceState: '',
  name: 'GET api',
  kind: SPAN_KIND.server,
  startMs: NOW + 0.25,
  endMs: NOW + 12.0625,
  attributes: '[]',
  events: '',
  isError: false,
};

/** @param items JSON objects with commas in between */
function judge(signal: Signal, items: string): void {
  const ours = JSON.parse(payload(signal, SOURCE, [Buffer.from(items)]).toString()) as OtlpBody;
  assert.deepEqual(officially(ours), ours);
}

describe('spans', () => {
  test('are written as the official serializer writes them', () => {
    const attributes = new AttributeText()
      .add('http.request.method', 'GET')
      .add('url.path', '/a"b\\c\nd/ü\u2028€')
      .add('http.response.status_code', 200)
      .add('ratio', 0.5)
      .add('sluice.aborted', true)
      .add('long', 'x'.repeat(65))
      .add('delete', '\x7f')
      .addAll(new AttributeText().add('a', 'b').add('c', 1))
      .addAll(new AttributeText())
      .add('left.out', null)
      .add('also.left.out', undefined).text;
    const events = `${eventText('sluice.queued', NOW + 1, attributes)},${eventText('other', NOW + 2, '[]')}`;
    const spans = [
      SPAN,
      { ...SPAN, attributes, events, isError: true },
      { ...SPAN, parentSpanId: '1122334455667788', isParentRemote: true, traceState: 'a=1,b="2"' },
      { ...SPAN, parentSpanId: '1122334455667788', kind: SPAN_KIND.client, name: 'ü "quoted"' },
    ];
    judge('traces', spans.map(spanText).join(','));
  });

  test('have times in nanoseconds, and flags that say where the parent is', () => {
    const [root, remote, local] = [
      SPAN,
      { ...SPAN, parentSpanId: '1122334455667788', isParentRemote: true },
      { ...SPAN, parentSpanId: '1122334455667788' },
    ].map((span) => JSON.parse(spanText(span)) as OtlpSpan);
    assert.equal(root!.startTimeUnixNano, '1798700000123250000');
    assert.equal(root!.endTimeUnixNano, '1798700000135062500');
    assert.deepEqual([root!.flags, remote!.flags, local!.flags], [0x101, 0x301, 0x101]);
    assert.equal(nanoText(1005), '"1005000000"');
    assert.equal(nanoText(NOW + 0.9997), '"1798700000123999755"');
  });
});

describe('metrics', () => {
  function written(text: MetricText): OtlpMetric[] {
    return text.pieces(100).flatMap(({ text: items }) => JSON.parse(`[${items}]`) as OtlpMetric[]);
  }

  test('are written as the official serializer writes them, with their labels as attributes', () => {
    const text = new MetricText(NOW - 60_000, NOW);
    text.family('sluice_requests_total', 'counter', 'Completed "requests"');
    text.sample(labelText({ route: 'a"b\\c\nd,e="f"', pool: '' }), 12);
    text.sample(labelText({ route: 'api', pool: 'web' }), 0);
    text.family('sluice_pool_queued_requests', 'gauge', 'Waiting');
    text.sample('', 1.5);
    text.family('sluice_request_duration_seconds', 'histogram', 'Duration');
    text.histogram(labelText({ route: 'api' }), [0.001, 0.5, 10], [1, 3, 4, 4], 1.25);
    judge('metrics', text.pieces(100)[0]!.text);
    const [requests, , duration] = written(text);
    assert.deepEqual(requests!.sum!.dataPoints.map(attributesOf), [
      { route: 'a"b\\c\nd,e="f"', pool: '' },
      { route: 'api', pool: 'web' },
    ]);
    const [point] = duration!.histogram!.dataPoints;
    assert.deepEqual(point!.bucketCounts, [1, 2, 1, 0]);
    assert.deepEqual(point!.explicitBounds, [0.001, 0.5, 10]);
    assert.equal(point!.startTimeUnixNano, `${NOW - 60_000}000000`);
  });

  test('have their units, and families without samples are left out', () => {
    const text = new MetricText(0, NOW);
    for (const name of ['a_seconds', 'a_seconds_total', 'a_bytes', 'a_ratio', 'a_total', 'nothing']) {
      text.family(name, 'gauge', 'A');
      if (name !== 'nothing') text.sample('', 1);
    }
    assert.deepEqual(
      written(text).map(({ unit }) => unit),
      ['s', 's', 'By', '1', ''],
    );
  });

  test('summaries keep their quantiles, sum and count', () => {
    const text = new MetricText(0, NOW);
    text.family('delay_seconds', 'summary', 'Delay');
    text.sample('thread="control",quantile="0.5"', 0.001);
    text.sample('thread="control",quantile="0.99"', 0.002);
    text.sample('thread="control"', 3, '_sum');
    text.sample('thread="control"', 1000, '_count');
    const [{ summary }] = written(text) as [OtlpMetric];
    const [point] = summary!.dataPoints as unknown as [Record<string, unknown>];
    assert.deepEqual(
      { ...point, attributes: attributesOf(point as never) },
      {
        attributes: { thread: 'control' },
        startTimeUnixNano: '0000000000',
        timeUnixNano: `${NOW}000000`,
        count: 1000,
        sum: 3,
        quantileValues: [
          { quantile: 0.5, value: 0.001 },
          { quantile: 0.99, value: 0.002 },
        ],
      },
    );
  });

  test('come in pieces, none of them larger than asked, and nothing is lost', () => {
    const text = new MetricText(0, NOW);
    for (const [name, count] of [
      ['one', 3],
      ['two', 9],
      ['three', 1],
    ] as const) {
      text.family(name, 'gauge', 'A');
      for (let at = 0; at < count; at += 1) text.sample(`at="${at}"`, at);
    }
    const pieces = text.pieces(5);
    assert.deepEqual(
      pieces.map(({ count }) => count),
      [5, 5, 3],
    );
    const points = pieces
      .flatMap((piece) => JSON.parse(`[${piece.text}]`) as OtlpMetric[])
      .flatMap(({ name, gauge }) => gauge!.dataPoints.map((point) => `${name} ${String(attributesOf(point)['at'])}`));
    assert.equal(new Set(points).size, 13);
  });
});

describe('lines of the log', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-12-01T10:00:00.123Z',
    name: 'traffic',
    thread: 1,
    request_id: 'r1',
    trace_id: SPAN.traceId,
    span_id: SPAN.spanId,
    status: 502,
    duration_ms: 1.5,
    aborted: true,
    nothing: null,
    list: [1, 'a'],
    nested: { inner: { deep: 'x' } },
    err: { type: 'TypeError', message: 'bad', stack: 'TypeError: bad\n at x', code: 'E1' },
    msg: 'request',
  });

  test('are log records, as the official serializer writes them', () => {
    judge('logs', `${logRecord(line, NOW)!},${logRecord('{"level":"info","msg":"x"}', NOW)!}`);
  });

  test('have a severity, a body, ids of their span, and everything else as attributes', () => {
    const record = JSON.parse(logRecord(line, NOW)!) as OtlpLogRecord;
    assert.equal(record.timeUnixNano, `${Date.parse('2026-12-01T10:00:00.123Z')}000000`);
    assert.equal(record.observedTimeUnixNano, `${NOW}000000`);
    assert.deepEqual([record.severityNumber, record.severityText], [13, 'WARN']);
    assert.equal(record.body.stringValue, 'request');
    assert.deepEqual([record.traceId, record.spanId], [SPAN.traceId, SPAN.spanId]);
    assert.deepEqual(attributesOf(record), {
      name: 'traffic',
      thread: 1,
      request_id: 'r1',
      status: 502,
      duration_ms: 1.5,
      aborted: true,
      list: '[1,"a"]',
      'nested.inner.deep': 'x',
      'exception.type': 'TypeError',
      'exception.message': 'bad',
      'exception.stacktrace': 'TypeError: bad\n at x',
      'error.code': 'E1',
    });
  });

  test('that are not JSON are left out, and ids that are none', () => {
    assert.equal(logRecord('not json', NOW), undefined);
    const record = JSON.parse(
      logRecord('{"level":"info","trace_id":"x","span_id":7,"msg":"m"}', NOW)!,
    ) as OtlpLogRecord;
    assert.equal('traceId' in record || 'spanId' in record, false);
    assert.equal(record.timeUnixNano, `${NOW}000000`);
  });
});
