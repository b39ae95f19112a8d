import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseEvents, reloadEvents, threadEvents } from '../../../../src/gateway/control/gateway-events.ts';
import type { Database } from '../../../../src/database/database-port.ts';
import { EventLog } from '../../../../src/events/event-log.ts';

test("reports of the gateway's parts become events, each with its kind, severity and subject", () => {
  const events = new EventLog(() => 0);
  let tell: (isAvailable: boolean) => void = () => {};
  const database = { onAvailability: (listener: typeof tell) => ((tell = listener), () => (tell = () => {})) };
  const end = databaseEvents(events, database as unknown as Database);
  tell(false);
  tell(true);
  end();
  tell(false);
  threadEvents(events)(1, 'died', 'd');
  threadEvents(events)(1, 'back', 'b');
  reloadEvents(events)({ result: 'applied', message: 'r' });
  reloadEvents(events)({ result: 'refused', message: 'w' });
  assert.deepEqual(
    events
      .page({ limit: 10 })
      .items.map(({ kind, severity, subject }) => [kind, severity, subject])
      .reverse(),
    [
      ['database', 'error', null],
      ['database', 'info', null],
      ['thread', 'error', '1'],
      ['thread', 'info', '1'],
      ['configuration', 'info', null],
      ['configuration', 'error', null],
    ],
  );
});
