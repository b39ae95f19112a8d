import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Http2Session, Http2Stream } from 'node:http2';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { handleOf, SessionLife } from '../../../src/net/session-life.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const HANDLE = Symbol('kHandle');

/** As Node's, with a native part that it forgets when it is destroyed. */
class FakeSession extends EventEmitter {
  [HANDLE]: object | undefined = {};

  destroy(): void {
    this[HANDLE] = undefined;
    process.nextTick(() => this.emit('close'));
  }
}

/** Returns whether its native part is still there. @param stream that it must outlive */
function destroyed(stream?: object): () => boolean {
  const session = new FakeSession();
  const handle = new WeakRef(session[HANDLE]!);
  const life = new SessionLife(session as unknown as Http2Session);
  if (stream !== undefined) life.outlive(stream as Http2Stream);
  session.destroy();
  return () => handle.deref() !== undefined;
}

/** What a WeakRef has returned lives until the end of the turn. */
async function collected(): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    await turn();
    collect();
  }
}

describe('the native part of a session', () => {
  it('is there until the turn after its end', async () => {
    const isThere = destroyed();
    collect();
    assert.equal(isThere(), true);
    await collected();
    assert.equal(isThere(), false);
  });

  it('is there while there is a stream that it must outlive', async () => {
    const streams = [{}];
    const isThere = destroyed(streams[0]);
    await collected();
    assert.equal(isThere(), true);
    streams.pop();
    await collected();
    assert.equal(isThere(), false);
  });

  it('is not needed where there is none', () => {
    const session = new EventEmitter() as unknown as Http2Session;
    assert.equal(handleOf(session), null);
    new SessionLife(session).outlive({} as Http2Stream);
  });
});
