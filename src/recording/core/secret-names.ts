/**
 * Which header fields, parameters and JSON fields have secret values: by the words in their names, in any spelling, such
 * as `X-Api-Key`, `access_token`, `clientSecret` and `user[password]`.
 */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  'apikey',
  'apikeys',
  'assertion',
  'auth',
  'authorization',
  'cookie',
  'cookie2',
  'cookies',
  'credential',
  'credentials',
  'csrf',
  'jwt',
  'key',
  'keys',
  'otp',
  'pass',
  'passphrase',
  'passwd',
  'password',
  'pin',
  'pwd',
  'secret',
  'secrets',
  'session',
  'sessionid',
  'sid',
  'sig',
  'signature',
  'token',
  'tokens',
  'xsrf',
]);
/** `accesstoken`, `mypassword`: too long to be anything else. */
const SECRET_ENDS = /(?:token|secret|password|passwd|apikey|authorization|credentials|signature)$/;
/** Of numbers they are counts: `total_tokens`. */
const COUNTS = /(?:tokens|keys|session|sessions)$/i;

export class SecretNames {
  readonly #named: ReadonlySet<string>;

  /** @param named further names, in any case */
  constructor(named: readonly string[]) {
    this.#named = new Set(named.map((name) => name.toLowerCase()));
  }

  has(name: string): boolean {
    return this.#named.has(name.toLowerCase()) || wordsOf(name).some(isSecretWord);
  }

  /** Of a JSON field: true, false and null reveal nothing, nor do counts. */
  hidesField(name: string, value: unknown): boolean {
    if (value === null || typeof value === 'boolean') return false;
    return this.has(name) && !(typeof value === 'number' && COUNTS.test(name));
  }
}

function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

function isSecretWord(word: string): boolean {
  return SECRET_WORDS.has(word) || SECRET_ENDS.test(word);
}
