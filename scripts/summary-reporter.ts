/** A reporter for `node --test` that writes one line of JSON: how many tests passed and failed, and which ran. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

import type { RanTest } from './ran-tests.ts';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Summary extends Totals {
  readonly ran: readonly RanTest[];
}

export default async function* summary(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const ran: RanTest[] = [];
  for await (const event of events) {
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { name, file, skip, todo } = event.data;
      if (file !== undefined && isUnset(skip) && isUnset(todo))
        ran.push({ file: relative('.', file), name, passed: event.type === 'test:pass' });
    }
    // With a process per file each file has a summary too; the one without a file is the whole run's.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    // The rest failed or was cancelled.
    const all: Summary = { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo, ran };
    yield `${JSON.stringify(all)}\n`;
  }
}

/** `t.skip('why')` gives the reason, `t.skip()` an empty one. */
function isUnset(mark: string | boolean | undefined): boolean {
  return mark === undefined || mark === false;
}
