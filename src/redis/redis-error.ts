import type { RedisErrorKind } from './core/redis-error-kind.ts';

/** Why a command has no reply. Shared by all commands that fail for the same reason, so it says nothing of one command. */
export class RedisError extends Error {
  readonly kind: RedisErrorKind;

  constructor(kind: RedisErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RedisError';
    this.kind = kind;
  }
}
