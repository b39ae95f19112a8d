/** A link to Redis as a test uses it: with what it reported, and promises instead of callbacks. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { connectRedis } from '../../src/redis/connect-redis.ts';
import type { RedisErrorKind } from '../../src/redis/core/redis-error-kind.ts';
import type { RedisError } from '../../src/redis/redis-error.ts';
import type { RedisLink, RedisReply } from '../../src/redis/redis-link.ts';
import type { RedisScript } from '../../src/redis/redis-script.ts';
import type { RedisSettings } from '../../src/config/settings.ts';
import { loadText } from '../../src/config/load.ts';
import { POOL } from './config-problems.ts';
import { eventually } from './eventually.ts';
import { keptLog } from './kept-log.ts';

/** How a call ended. */
export interface Outcome {
  /** `ok`, or the kind of the error. */
  readonly kind: 'ok' | RedisErrorKind;
  readonly reply: readonly RedisReply[];
  readonly message: string;
  readonly ms: number;
}

export interface TestLink {
  readonly link: RedisLink;
  readonly log: ReturnType<typeof keptLog>;
  /** `up`, or the kind of the error, in order. */
  readonly changes: readonly string[];
  run(script: RedisScript, key: string, args?: readonly string[], deadlineMs?: number): Promise<Outcome>;
  ping(deadlineMs?: number): Promise<Outcome>;
  isUp(): Promise<void>;
  isDown(): Promise<void>;
}

const DEFAULTS = loadText(`${POOL}redis: { url: "redis://h" }`, 'c.yaml', {}, {}).redis!;

export function redisSettings(settings: Partial<RedisSettings>): RedisSettings {
  return { ...DEFAULTS, url: null, ...settings };
}

/** It is closed at the end of the test. */
export function openLink(t: Pick<TestContext, 'after'>, settings: Partial<RedisSettings>): TestLink {
  const log = keptLog();
  const changes: string[] = [];
  const link = connectRedis(redisSettings(settings), {
    name: 'sluice-test',
    onUp: () => changes.push('up'),
    onDown: ({ kind }) => changes.push(kind),
    log: log as unknown as NonNullable<Parameters<typeof connectRedis>[1]['log']>,
  });
  t.after(() => link.close());
  const timed = (start: (done: (error: RedisError | null, reply: readonly RedisReply[]) => void) => void) => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const startMs = performance.now();
    let calls = 0;
    start((error, reply) => {
      // Thrown here, it ends the whole file.
      assert.equal(++calls, 1, 'called back once');
      const ms = performance.now() - startMs;
      resolve({ kind: error?.kind ?? 'ok', reply, message: error?.message ?? '', ms });
    });
    assert.equal(calls, 0, 'not before it returned');
    return promise;
  };
  return {
    link,
    log,
    changes,
    run: (script, key, args = [], deadlineMs = 5000) => timed((done) => link.run(script, key, args, deadlineMs, done)),
    ping: (deadlineMs = 5000) => timed((done) => link.ping(deadlineMs, (error) => done(error, []))),
    isUp: () => eventually('the link is up', () => link.isUp),
    isDown: () => eventually('the link is down', () => !link.isUp),
  };
}
