/** What went wrong with a command, as far as callers and metrics distinguish it. */
export const REDIS_ERROR_KINDS = [
  'down',
  'timeout',
  'oom',
  'readonly',
  'auth',
  'noperm',
  'loading',
  'clusterdown',
  'moved',
  'other',
] as const;

export type RedisErrorKind = (typeof REDIS_ERROR_KINDS)[number];

/** By the first word of the server's answer. */
const BY_PREFIX: Readonly<Record<string, RedisErrorKind>> = {
  OOM: 'oom',
  // It cannot save its data, and refuses writes until it can.
  MISCONF: 'oom',
  READONLY: 'readonly',
  // A master that has lost its replicas (min-replicas-to-write) refuses writes, too.
  NOREPLICAS: 'readonly',
  NOAUTH: 'auth',
  WRONGPASS: 'auth',
  // Protected mode.
  DENIED: 'auth',
  NOPERM: 'noperm',
  LOADING: 'loading',
  MASTERDOWN: 'loading',
  BUSY: 'loading',
  CLUSTERDOWN: 'clusterdown',
  TRYAGAIN: 'clusterdown',
  MOVED: 'moved',
  ASK: 'moved',
};

/** Kind of an error that the server sent, from its text. */
export function replyErrorKind(text: string): RedisErrorKind {
  const word = text.split(' ', 1)[0]!;
  if (Object.hasOwn(BY_PREFIX, word)) return BY_PREFIX[word]!;
  // Redis 5 has no WRONGPASS, and a script's own errors begin with ERR in some versions.
  if (/invalid password|no password is set|without any password configured/i.test(text)) return 'auth';
  if (/command not allowed when used memory/i.test(text)) return 'oom';
  if (/can't write against a read only/i.test(text)) return 'readonly';
  return 'other';
}
