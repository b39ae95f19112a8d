import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PasswordCheck, passwordAttempts } from '../../../../src/auth/traffic/password-check.ts';
import { PasswordQueue } from '../../../../src/auth/traffic/password-queue.ts';
import type { GuardedRequest, Verdict } from '../../../../src/auth/traffic/verdict.ts';

const HASH = `scrypt:14:8:1:${'A'.repeat(22)}:${'B'.repeat(43)}`;

/** A check of the user alice, whose hashes the test computes: `settle` ends the one that runs. */
function checkOf({ waiting = 32, perCaller = 32 } = {}) {
  const running: ((isRight: boolean) => void)[] = [];
  const hashed: string[] = [];
  const clock = { nowMs: 1000 };
  const check = new PasswordCheck(
    { users: [{ name: 'alice', hash: HASH }], realm: 'test', forwardCredentials: false },
    {
      queue: new PasswordQueue(waiting, perCaller),
      attempts: passwordAttempts(),
      callerKey: (address) => address,
      nowMs: () => clock.nowMs,
      isPassword: (password) => {
        hashed.push(password);
        return new Promise((resolve) => running.push(resolve));
      },
    },
  );
  const judge = (text: string, clientAddress = '192.0.2.1'): Promise<Verdict> =>
    new Promise((resolve) => {
      const token = Buffer.from(text).toString('base64');
      const verdict = check.judge(token, { clientAddress } as GuardedRequest, resolve);
      if (verdict !== null) resolve(verdict);
    });
  return { judge, hashed, clock, settle: (isRight: boolean) => running.shift()!(isRight) };
}

async function codeOf(verdict: Promise<Verdict>): Promise<string> {
  const settled = await verdict;
  return settled.failure === null ? 'passed' : settled.error.code;
}

test('a password is hashed once for requests at the same time, and once for those of the next minutes', async () => {
  const { judge, hashed, clock, settle } = checkOf();
  const [one, other] = [judge('alice:right'), judge('alice:right')];
  settle(true);
  assert.equal(await codeOf(one), 'passed');
  assert.equal(await codeOf(other), 'passed');
  clock.nowMs += 299_999;
  assert.equal(await codeOf(judge('alice:right')), 'passed');
  assert.equal(hashed.length, 1);
  clock.nowMs += 1;
  const again = judge('alice:right');
  settle(false);
  assert.equal(await codeOf(again), 'GW_AUTH_INVALID');
  assert.equal(hashed.length, 2);
});

test('a name that does not exist takes a hash, and never passes', async () => {
  const { judge, hashed, settle } = checkOf();
  const verdict = judge('mallory:right');
  settle(true);
  assert.equal(await codeOf(verdict), 'GW_AUTH_INVALID');
  assert.deepEqual(hashed, ['right']);
});

test('after ten wrong passwords, an address has to wait; others do not', async () => {
  const { judge, hashed, clock, settle } = checkOf();
  for (let at = 0; at < 10; at += 1) {
    const verdict = judge(`alice:guess${at}`);
    settle(false);
    assert.equal(await codeOf(verdict), 'GW_AUTH_INVALID');
  }
  const refused = await judge('alice:right');
  assert.ok(refused.failure === 'attempts');
  assert.equal(refused.error.code, 'GW_TOO_MANY_ATTEMPTS');
  assert.equal(refused.error.retryAfterMs, 10_000);
  assert.equal(hashed.length, 10);
  const other = judge('alice:right', '192.0.2.2');
  settle(true);
  assert.equal(await codeOf(other), 'passed');
  clock.nowMs += 10_000;
  const late = judge('alice:late');
  settle(false);
  assert.equal(await codeOf(late), 'GW_AUTH_INVALID');
});

test('a wrong password that is sent again costs nothing', async () => {
  const { judge, hashed, settle } = checkOf();
  const first = judge('alice:wrong');
  settle(false);
  await first;
  for (let at = 0; at < 20; at += 1) assert.equal(await codeOf(judge('alice:wrong')), 'GW_AUTH_INVALID');
  assert.equal(hashed.length, 1);
});

test('no caller can take all places of the queue, and a full one refuses at once', async () => {
  const { judge } = checkOf({ waiting: 3, perCaller: 2 });
  void judge('alice:running');
  void judge('alice:1');
  void judge('alice:2');
  assert.equal(await codeOf(judge('alice:3')), 'GW_AUTH_BUSY');
  void judge('alice:4', '192.0.2.2');
  assert.equal(await codeOf(judge('alice:5', '192.0.2.3')), 'GW_AUTH_BUSY');
});

test('a hash that fails lets nobody pass', async () => {
  const check = new PasswordCheck(
    { users: [{ name: 'alice', hash: HASH }], realm: 'test', forwardCredentials: false },
    {
      queue: new PasswordQueue(1, 1),
      attempts: passwordAttempts(),
      callerKey: (address) => address,
      nowMs: () => 0,
      isPassword: () => Promise.reject(new Error('out of memory')),
    },
  );
  const token = Buffer.from('alice:right').toString('base64');
  const verdict = await new Promise<Verdict>((resolve) => {
    check.judge(token, { clientAddress: '192.0.2.1' } as GuardedRequest, resolve);
  });
  assert.equal(verdict.failure, 'invalid');
});
