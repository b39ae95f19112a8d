/**
 * Users with passwords (RFC 7617). What was verified is remembered by a keyed hash for a few minutes, so that a page with
 * fifty images costs one hash of a password; wrong ones are remembered, too, and limited by address.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { AttemptLimit } from '../../admin-access/attempt-limit.ts';
import { DecisionCache } from '../../core/decision-cache.ts';
import { GatewayError } from '../../errors.ts';
import { basicToken, parseBasic } from '../core/basic-credentials.ts';
import { parsePasswordHash, type PasswordHash } from '../core/password-hash.ts';
import { Waiters } from '../core/waiters.ts';
import { isPassword } from '../password.ts';
import type { PasswordQueue } from './password-queue.ts';
import type { CredentialCheck, Foreseen, GuardedRequest, Refused, Verdict } from './verdict.ts';

export interface PasswordSettings {
  readonly users: readonly { readonly name: string; readonly hash: string }[];
  readonly realm: string;
  readonly forwardCredentials: boolean;
}

export interface PasswordPorts {
  readonly queue: PasswordQueue;
  /** By caller: an address, or a block of them. */
  readonly attempts: AttemptLimit;
  /** The key of an address in `attempts`. */
  readonly callerKey: (address: string) => string;
  readonly nowMs: () => number;
  /** Whether the password has this hash. Default: {@link isPassword}. */
  readonly isPassword?: typeof isPassword;
}

/** Wrong passwords of a caller in a row, and further ones. */
const ATTEMPTS = { capacity: 10, ratePerSecond: 0.1 };
const MAX_CALLERS = 10_000;
const MAX_REMEMBERED = 1000;
const REMEMBERED_MS = 300_000;

/** Stands for all who ask for explanations; no address is spelled like it. */
const FORESEEN = 'explained';

export function passwordAttempts(): AttemptLimit {
  return new AttemptLimit(ATTEMPTS, MAX_CALLERS);
}

export class PasswordCheck implements CredentialCheck {
  readonly kind = 'basic';
  readonly names = ['authorization'];
  readonly cookies = [];
  readonly challenge: string;
  readonly #ports: PasswordPorts;
  readonly #forwardCredentials: boolean;
  readonly #hashes: ReadonlyMap<string, PasswordHash>;
  /** For a name that does not exist: it must take as long to find out. */
  readonly #anyHash: PasswordHash;
  readonly #key = randomBytes(32);
  /** Names by what was verified. The users never change: with others, the guard is another one. */
  readonly #right = new DecisionCache<string>(MAX_REMEMBERED);
  /** Apart from the right ones, so that guesses do not push those out. */
  readonly #wrong = new DecisionCache<true>(MAX_REMEMBERED);
  readonly #waiters = new Waiters<string | null>();
  /** Of explanations: otherwise they would be a way to guess without being counted. */
  readonly #guesses = passwordAttempts();
  readonly #invalid: Refused;

  constructor({ users, realm, forwardCredentials }: PasswordSettings, ports: PasswordPorts) {
    this.#ports = ports;
    this.#forwardCredentials = forwardCredentials;
    this.#hashes = new Map(users.map(({ name, hash }) => [name, parsePasswordHash(hash)!]));
    this.#anyHash = this.#hashes.values().next().value!;
    this.challenge = `Basic realm="${realm}", charset="UTF-8"`;
    this.#invalid = {
      failure: 'invalid',
      error: new GatewayError('GW_AUTH_INVALID', {
        message: 'The name or the password is wrong',
        challenges: [this.challenge],
      }),
    };
  }

  credentialIn({ response }: GuardedRequest): string | undefined {
    return basicToken(response.req.headers.authorization);
  }

  judge(token: string, request: GuardedRequest, done: (verdict: Verdict) => void): Verdict | null {
    const { attempts, callerKey, nowMs, queue } = this.#ports;
    const digest = this.#digestOf(token);
    const now = nowMs();
    const known = this.#right.get(digest, now);
    if (known !== undefined) return this.#passed(known, token);
    if (this.#wrong.get(digest, now) === true) return this.#invalid;
    const credentials = parseBasic(Buffer.from(token, 'base64').toString('utf8'));
    if (credentials === undefined) return this.#invalid;
    const caller = callerKey(request.clientAddress);
    const waitMs = attempts.waitMs(caller, now);
    if (waitMs > 0) return tooMany(Math.round(waitMs));
    const { name, password } = credentials;
    const isFirst = this.#waiters.add(digest, (user) =>
      done(user === null ? this.#invalid : this.#passed(user, token)),
    );
    if (!isFirst) return null;
    const isQueued = queue.add(caller, async () => {
      const isRight = await this.#isRight(name, password);
      const untilMs = nowMs() + REMEMBERED_MS;
      if (isRight) this.#right.set(digest, name, untilMs);
      else {
        this.#wrong.set(digest, true, untilMs);
        attempts.fail(caller, nowMs());
      }
      this.#waiters.settle(digest, isRight ? name : null);
    });
    if (isQueued) return null;
    this.#waiters.drop(digest);
    return BUSY;
  }

  /** A hash takes its turn like all others; guesses are limited here, too, apart from those of callers. */
  async foresee(token: string, request: GuardedRequest): Promise<Foreseen> {
    const { attempts, callerKey, queue, nowMs } = this.#ports;
    const digest = this.#digestOf(token);
    const known = this.#right.get(digest, nowMs());
    const credentials = parseBasic(Buffer.from(token, 'base64').toString('utf8'));
    if (known !== undefined) return this.#foreseen(known, token);
    if (credentials === undefined || this.#wrong.get(digest, nowMs()) === true) return this.#foreseen(null, token);
    const waitMs = attempts.waitMs(callerKey(request.clientAddress), nowMs());
    if (waitMs > 0) {
      return { verdict: tooMany(Math.round(waitMs)), note: 'too many wrong passwords came from its address' };
    }
    if (this.#guesses.waitMs(FORESEEN, nowMs()) > 0) {
      return { verdict: null, note: 'too many wrong passwords were explained; try again later' };
    }
    const { name, password } = credentials;
    const { promise, resolve } = Promise.withResolvers<Foreseen>();
    const isQueued = queue.add(FORESEEN, async () => {
      const isRight = await this.#isRight(name, password);
      if (!isRight) this.#guesses.fail(FORESEEN, nowMs());
      resolve(this.#foreseen(isRight ? name : null, token));
    });
    return isQueued ? promise : { verdict: null, note: 'too many passwords are being verified; try again later' };
  }

  #foreseen(user: string | null, token: string): Foreseen {
    return user === null
      ? { verdict: this.#invalid, note: 'the name or the password is wrong' }
      : { verdict: this.#passed(user, token), note: `the password of ${user}` };
  }

  #digestOf(token: string): string {
    return createHmac('sha256', this.#key).update(token).digest('base64');
  }

  async #isRight(name: string, password: string): Promise<boolean> {
    const verify = this.#ports.isPassword ?? isPassword;
    const hash = this.#hashes.get(name);
    // Also the failure of one hash, because memory ran out: nobody passes, and the thread goes on.
    const isSame = await verify(password, hash ?? this.#anyHash).catch(() => false);
    return isSame && hash !== undefined;
  }

  #passed(user: string, token: string): Verdict {
    const fields = this.#forwardCredentials ? ['authorization', `Basic ${token}`] : [];
    return { failure: null, user, fields, cookie: '', claims: null, client: '' };
  }
}

const BUSY: Refused = {
  failure: 'attempts',
  error: new GatewayError('GW_AUTH_BUSY', { retryAfterMs: 1000 }),
};

function tooMany(retryAfterMs: number): Refused {
  const message = 'Too many wrong passwords from this address';
  return { failure: 'attempts', error: new GatewayError('GW_TOO_MANY_ATTEMPTS', { message, retryAfterMs }) };
}
