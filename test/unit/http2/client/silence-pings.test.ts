import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SilencePings } from '../../../../src/http2/client/silence-pings.ts';

const ANSWER_BYTES = 17;

describe('pings in a silence', () => {
  /** Rounds in which a PING was sent, of as many rounds; each is answered, and nothing else arrives. */
  function pingedRounds(count: number, intervalMs: number, onRound: (round: number) => void = () => undefined) {
    const session = {
      streams: 1,
      bytesRead: 1,
      onSilent: () => assert.fail('it answered'),
      ping: (onAnswer: () => void) => {
        pinged.push(round);
        session.bytesRead += ANSWER_BYTES;
        onAnswer();
      },
    };
    const pings = new SilencePings({ intervalMs, timeoutMs: 1000 }, session);
    const pinged: number[] = [];
    let round = 0;
    for (; round <= count; round += 1) {
      onRound(round);
      pings.round();
    }
    pings.stop();
    return { pinged, session };
  }

  test('come twice at the interval, then every five minutes, as servers of gRPC allow', () => {
    assert.deepEqual(pingedRounds(25, 30_000).pinged, [1, 2, 12, 22]);
    assert.deepEqual(pingedRounds(4, 600_000).pinged, [1, 2, 3, 4]);
  });

  test('are not needed while data arrives, and start over after it', () => {
    const session = { streams: 1, bytesRead: 0, onSilent: () => undefined, ping: () => sent.push(1) };
    const sent: number[] = [];
    const pings = new SilencePings({ intervalMs: 30_000, timeoutMs: 1000 }, session);
    for (let round = 0; round < 5; round += 1) {
      session.bytesRead += 1;
      pings.round();
    }
    assert.equal(sent.length, 0);
    pings.round();
    assert.equal(sent.length, 1);
    pings.stop();
  });

  test('are not needed without streams', () => {
    const session = { streams: 0, bytesRead: 0, onSilent: () => undefined, ping: () => assert.fail() };
    const pings = new SilencePings({ intervalMs: 30_000, timeoutMs: 1000 }, session);
    for (let round = 0; round < 5; round += 1) pings.round();
    pings.stop();
  });

  test('one that is not answered in time is reported, and no other is sent meanwhile', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    let sent = 0;
    let silent = 0;
    const session = { streams: 1, bytesRead: 0, onSilent: () => (silent += 1), ping: () => (sent += 1) };
    const pings = new SilencePings({ intervalMs: 1000, timeoutMs: 2500 }, session);
    pings.start();
    t.mock.timers.tick(1000);
    assert.equal(sent, 1);
    t.mock.timers.tick(2499);
    assert.deepEqual([sent, silent], [1, 0]);
    t.mock.timers.tick(1);
    assert.equal(silent, 1);
    pings.stop();
  });
});
