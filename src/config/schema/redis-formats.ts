/** Settings of the link to Redis. */
import { parseRedisNode, parseRedisUrl } from '../../net/redis-url.ts';
import { isHost } from './address-formats.ts';
import { type TextFormat, unless } from './text-format.ts';

export const REDIS_FORMATS = {
  'redis-url': {
    allowed: 'redis://USER:PASSWORD@HOST:PORT/DB, rediss://… for TLS, or unix:///PATH?db=DB',
    pattern: '^(rediss?://|unix:///|$|.*\\$\\{)',
    reject: rejectUrl,
  },
  'redis-node': {
    allowed: 'HOST, HOST:PORT, or [IPv6]:PORT',
    reject: rejectNode,
  },
  'redis-prefix': {
    allowed: '1 to 64 letters, digits, dots, colons, dashes and underscores',
    reject: (text) => {
      // In a Cluster, the part in braces alone decides about the node: all keys would be on one.
      if (/[{}]/.test(text)) return 'braces would put all keys on one node of a Cluster';
      return unless(/^[\w.:-]{1,64}$/.test(text));
    },
  },
  'redis-username': {
    allowed: '1 to 256 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{1,256}$/.test(text)),
  },
  'redis-password': {
    allowed: 'at most 512 characters',
    reject: (text) => unless(text.length <= 512),
  },
  'sentinel-name': {
    allowed: '1 to 128 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{1,128}$/.test(text)),
  },
} as const satisfies Record<string, TextFormat>;

function rejectUrl(text: string): string | undefined {
  if (text === '') return undefined;
  const parsed = parseRedisUrl(text);
  if ('problem' in parsed) return parsed.problem;
  return unless(parsed.host === null || isHost(parsed.host), 'it has no valid host');
}

function rejectNode(text: string): string | undefined {
  if (/^\w+:\/\//.test(text)) return 'no scheme here: TLS is turned on by redis.tls';
  const node = parseRedisNode(text, 1);
  return unless(node !== undefined && isHost(node.host));
}
