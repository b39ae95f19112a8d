import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrizzleQueryError } from 'drizzle-orm';
import { Availability } from '../../../drizzle/database-availability.ts';
import type { Connection } from '../../../drizzle/engine.ts';
import { DatabaseLink } from '../../../drizzle/database-link.ts';

test('the parameters of a query do not appear in the logged reason for an outage', async () => {
  const availability = new Availability();
  const link = new DatabaseLink({
    connect: () => ({ run: (work: () => unknown) => work() }) as unknown as Connection,
    availability,
    deadlineMs: 1000,
  });
  link.open();
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const wrapped = new DrizzleQueryError('insert into clients', ['secret name', 'secret hash'], refused);
  await assert.rejects(
    link.run(() => Promise.reject(wrapped)),
    { code: 'GW_DATABASE_UNAVAILABLE' },
  );
  assert.equal(availability.lastFailure, refused);
});
