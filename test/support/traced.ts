/** A traffic thread whose spans a test reads: each is also judged by the official serializer. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { payload } from '../../src/otlp/core/payload.ts';
import { attributesOf, type OtlpBody, type OtlpSpan } from './collector.ts';
import { eventually } from './eventually.ts';
import { officially } from './official-otlp.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export interface ReadSpan extends Omit<OtlpSpan, 'attributes'> {
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Traced extends Traffic {
  /** As soon as there are so many: those of kind SERVER and those of kind CLIENT. */
  spans(count: number): Promise<{ readonly server: readonly ReadSpan[]; readonly client: readonly ReadSpan[] }>;
  /** Of the access log, as soon as there are so many. */
  lines(count: number): Promise<readonly Record<string, unknown>[]>;
}

/** @param traces keys of `telemetry.traces` besides the endpoint */
export async function startTraced(t: TestContext, yaml: string, traces = 'sample: 1'): Promise<Traced> {
  const telemetry = `telemetry: { traces: { endpoint: "http://127.0.0.1:4318", ${traces} } }\n`;
  const traffic = await startTraffic(`${yaml}${yaml.endsWith('\n') ? '' : '\n'}${telemetry}`);
  t.after(() => traffic.close());
  const all = (): readonly OtlpSpan[] => {
    const batches = traffic.messages.flatMap((message) =>
      message.type === 'telemetry' && message.signal === 'traces' ? [message.batch.bytes] : [],
    );
    const body = JSON.parse(payload('traces', { version: '1', resource: { a: 'b' } }, batches).toString()) as OtlpBody;
    const spans = body.resourceSpans![0]!.scopeSpans[0]!.spans!;
    if (spans.length > 0) assert.deepEqual(officially(body), body);
    return spans;
  };
  return {
    ...traffic,
    spans: async (count) => {
      await eventually(`there are ${count} spans`, () => all().length >= count);
      const spans = all().map((span) => ({ ...span, attributes: attributesOf(span) }));
      assert.equal(spans.length, count);
      return { server: spans.filter(({ kind }) => kind === 2), client: spans.filter(({ kind }) => kind === 3) };
    },
    lines: async (count) => {
      const lines = (): Record<string, unknown>[] => traffic.log.filter(({ msg }) => msg === 'request');
      await eventually(`there are ${count} lines`, () => lines().length >= count);
      return lines();
    },
  };
}
