/** A reporter for `node --test` that writes one line of JSON: how many tests passed and failed. */
import type { TestEvent } from 'node:test/reporters';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export default async function* summary(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    // With a process per file each file has a summary too; the one without a file is the whole run's.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    // The rest failed or was cancelled.
    const totals: Totals = { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo };
    yield `${JSON.stringify(totals)}\n`;
  }
}
