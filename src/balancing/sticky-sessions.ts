/** The sticky sessions of one pool: which backend a request's cookie binds it to, and the cookie that binds the next. */
import type { StickyKey, StickySettings } from '../config/settings.ts';
import { eachCookie } from '../net/cookie.ts';
import { opaqueId } from '../net/opaque-id.ts';
import { type BoundSession, type CookieScope, readSession, sessionField, writeSession } from '../net/session-cookie.ts';

/** Checking a signature takes 2.7 µs, looking up a cookie that was already checked 0.02 µs; about 150 bytes each. */
const MAX_KNOWN = 4096;
/** A cookie is renewed after this share of the idle time has passed, not with every answer. */
const RENEWED_AFTER = 0.1;
/** Cookies checked per request: callers choose how many cookies of that name they send. */
const MAX_CHECKED = 32;

export class StickySessions<Backend extends { readonly id: string }> {
  /** The cookie's name. */
  readonly cookie: string;
  readonly #idleS: number;
  readonly #maxAgeS: number;
  readonly #secure: StickySettings['secure'];
  readonly #scope: CookieScope;
  readonly #key: StickyKey;
  readonly #secrets: ReadonlyMap<string, string>;
  /** By key id and opaque id: each key produces its own opaque ids. */
  readonly #backends = new Map<string, Backend>();
  readonly #opaqueIds = new Map<Backend, string>();
  /** Checked cookies, the oldest first. */
  readonly #known = new Map<string, BoundSession<Backend>>();

  /** @param secret signs when no key is configured. */
  constructor(settings: StickySettings, secret: string, backends: readonly Backend[]) {
    const keys = settings.keys.length > 0 ? settings.keys : [{ id: 'auto', secret }];
    this.cookie = settings.cookie;
    this.#idleS = settings.idleMs / 1000;
    this.#maxAgeS = settings.maxAgeMs / 1000;
    this.#secure = settings.secure;
    this.#scope = settings;
    this.#key = keys[0]!;
    this.#secrets = new Map(keys.map((key) => [key.id, key.secret]));
    for (const backend of backends) {
      for (const key of keys) this.#backends.set(`${key.id}.${opaqueId(key.secret, backend.id)}`, backend);
      this.#opaqueIds.set(backend, opaqueId(this.#key.secret, backend.id));
    }
  }

  /**
   * The session of a cookie that is genuine, not too old, and names a backend of the pool; of several such cookies,
   * which may have been set for other paths or domains, the most recent one. Null: none. @param field Cookie.
   */
  find(field: string | undefined, nowS: number): BoundSession<Backend> | null {
    let found: BoundSession<Backend> | null = null;
    let checked = 0;
    eachCookie(field, this.cookie, (value) => {
      const session = this.#known.get(value) ?? this.#check(value);
      checked += 1;
      const isOver =
        session === null || nowS - session.seenS >= this.#idleS || nowS - session.startedS >= this.#maxAgeS;
      if (!isOver && (found === null || session.seenS > found.seenS)) found = session;
      return checked < MAX_CHECKED;
    });
    return found;
  }

  /** The Set-Cookie field of an answer from `backend`; null: the client's cookie is still good. */
  fieldFor(backend: Backend, session: BoundSession<Backend> | null, nowS: number, isSecure: boolean): string | null {
    const isSame = session !== null && session.backend === backend;
    if (isSame && !session.isOldKey && nowS - session.seenS <= this.#idleS * RENEWED_AFTER) return null;
    const startedS = isSame ? session.startedS : Math.floor(nowS);
    const seenS = Math.floor(nowS);
    const cookie = { keyId: this.#key.id, opaqueId: this.#opaqueIds.get(backend)!, startedS, seenS };
    const maxAgeS = Math.ceil(Math.min(this.#idleS, startedS + this.#maxAgeS - nowS));
    const isOverTls = this.#secure === 'always' || (this.#secure === 'auto' && isSecure);
    return sessionField(this.cookie, writeSession(cookie, this.#key.secret), this.#scope, maxAgeS, isOverTls);
  }

  #check(value: string): BoundSession<Backend> | null {
    const cookie = readSession(value, (keyId) => this.#secrets.get(keyId));
    const backend = cookie === undefined ? undefined : this.#backends.get(`${cookie.keyId}.${cookie.opaqueId}`);
    if (cookie === undefined || backend === undefined) return null;
    const { startedS, seenS, keyId } = cookie;
    const session = { backend, startedS, seenS, isOldKey: keyId !== this.#key.id };
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    // A copy: a substring keeps the whole header alive.
    this.#known.set(Buffer.from(value, 'latin1').toString('latin1'), session);
    return session;
  }
}
