/** A parser that can be resumed at every byte reads the same however its input is cut. */
import assert from 'node:assert/strict';
import { type Reading, type Stream } from '../../tools/fuzz/reading.ts';
import { type Limits, readWithSluice } from '../../tools/fuzz/sluice-reading.ts';

/** Read whole, one byte at a time, and cut in two at every point: all the same. @returns what was read whole */
export function readInEverySplit(text: string, options: Partial<Omit<Stream, 'bytes'>> & Limits = {}): Reading {
  const { isResponse = false, heads = [] } = options;
  const stream: Stream = { isResponse, heads, bytes: Buffer.from(text, 'latin1') };
  const read = (cuts: readonly number[]): Reading => readWithSluice(stream, cuts, options);
  const whole = read([]);
  const points = Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => at + 1);
  assert.deepEqual(comparable(read(points)), comparable(whole), 'one byte at a time');
  for (const point of points) assert.deepEqual(comparable(read([point])), comparable(whole), `cut at ${point}`);
  return whole;
}

/** Of a fault, its kind: which of two faults of a message comes first depends on what has come of it. */
function comparable(reading: Reading): Reading {
  return { ...reading, fault: reading.fault === null ? null : reading.fault.split(':', 1)[0]! };
}
