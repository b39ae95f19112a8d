import { createHash } from 'node:crypto';

/** A Lua script with one key. */
export interface RedisScript {
  readonly source: string;
  /** The name that EVALSHA knows it by. */
  readonly sha: string;
}

export function redisScript(source: string): RedisScript {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
