import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { followEvents, type EventAnswer } from '../../../src/cli/operate/follow-events.ts';
import { CommandFailure } from '../../../src/cli/read-words.ts';
import { EventLog } from '../../../src/events/event-log.ts';
import { freePort } from '../../support/free-port.ts';
import { adminServer, command } from '../../support/admin-server.ts';

/** A log of which every event has a time of its own. */
function logOf(first = 0): EventLog {
  let nowMs = Date.UTC(2026, 0, 2) + first;
  return new EventLog(() => (nowMs += 1000));
}

function append(events: EventLog, message: string, kind: 'health' | 'limit' = 'health'): void {
  events.append({ kind, severity: kind === 'limit' ? 'warn' : 'info', subject: 'b1', message });
}

describe('sluice events', () => {
  test('shows the latest, oldest first, by kind and severity', async (t) => {
    const events = logOf();
    append(events, 'b1 is up');
    append(events, 'many are refused', 'limit');
    append(events, 'b1 is down');
    const admin = ['--admin', await adminServer(t, { events })];
    const { code, out } = await command(['events', ...admin]);
    assert.equal(code, 0);
    assert.deepEqual(out.split('\n'), [
      '2026-01-02T00:00:01Z  info   health         b1 is up',
      '2026-01-02T00:00:02Z  warn   limit          b1: many are refused',
      '2026-01-02T00:00:03Z  info   health         b1 is down',
      '',
    ]);
    assert.match((await command(['events', '--kind', 'health', '-n', '1', ...admin])).out, /^[^\n]*b1 is down\n$/);
    const { out: json } = await command(['events', '--severity', 'warn', '--json', ...admin]);
    assert.deepEqual(
      json
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as EventAnswer).message),
      ['many are refused'],
    );
    const wrong = await command(['events', '--kind', 'helth']);
    assert.match(wrong.err, /^sluice events: --kind: found 'helth'; did you mean "health"\?; allowed: health, /);
    assert.equal(wrong.code, 2);
  });

  test('follows, across an outage and a restart of the gateway, and misses nothing', async (t) => {
    let events = logOf();
    append(events, 'one');
    const live = Object.assign(Object.create(EventLog.prototype) as EventLog, {
      page: (query: Parameters<EventLog['page']>[0]) => events.page(query),
    });
    const url = await adminServer(t, { events: live });
    const stop = new AbortController();
    const seen: string[] = [];
    // What happens next follows from what was seen: no time is waited for.
    const steps: Readonly<Record<string, () => void>> = {
      one: () => ['two', 'three'].forEach((message) => append(events, message)),
      three: () => {
        events = logOf(100_000);
        append(events, 'four');
      },
      four: () => {
        for (let at = 0; at < 60; at += 1) append(events, `many ${at}`);
      },
      'many 59': () => stop.abort(),
    };
    const note = (message: string): void => {
      seen.push(message);
      steps[message]?.();
    };
    await followEvents(
      { url, token: undefined },
      {
        last: null,
        pauseMs: 1,
        signal: stop.signal,
        onEvents: (fresh) => fresh.forEach(({ message }) => note(message)),
        onGap: (why) => note(`gap: ${why}`),
        onTrouble: assert.fail,
      },
    );
    assert.deepEqual(seen.slice(0, 5), ['one', 'two', 'three', 'gap: the gateway has restarted', 'four']);
    assert.deepEqual(
      seen.slice(5),
      Array.from({ length: 60 }, (_, at) => `many ${at}`),
    );
  });

  test('waits while there is no answer, says so once, and ends if it may no longer ask', async (t) => {
    const token = 'the-token-of-this-test';
    const stop = new AbortController();
    const troubles: string[] = [];
    const options = { last: null, pauseMs: 1, signal: stop.signal, onEvents: () => undefined, onGap: assert.fail };
    const url = await adminServer(t, { admin: { token } });
    await assert.rejects(
      followEvents({ url, token: 'another-one' }, { ...options, onTrouble: assert.fail }),
      (error) => error instanceof CommandFailure && error.message.startsWith('401 '),
    );
    let asked = 0;
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const away = {
      token,
      get url() {
        asked += 1;
        if (asked === 6) stop.abort();
        return nowhere;
      },
    };
    await followEvents(away, { ...options, onTrouble: (why) => troubles.push(why) });
    assert.equal(troubles.length, 1);
    assert.match(troubles[0]!, /^cannot reach the admin API at http:.*: connection refused; start the gateway/);
  });
});
