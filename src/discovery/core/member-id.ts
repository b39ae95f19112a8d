import { hashString32 } from '../../core/hash.ts';
import type { Member } from './member.ts';

/** Ids have at most 128 characters; pools and host names together may have more. */
const LONGEST = 120;

/** The id of the backend that a member becomes: `web-10.0.0.7-8080`. Derived from nothing else, so it never changes. */
export function memberId(pool: string, { address, port }: Pick<Member, 'address' | 'port'>): string {
  // Pools that were found are named after where: `web@docker`.
  const id = `${pool.replaceAll('@', '.')}-${address.replaceAll(/[^A-Za-z0-9.]/g, '-')}-${port}`;
  if (id.length <= LONGEST) return id;
  const hash = hashString32(id, 0).toString(16).padStart(8, '0');
  return `${id.slice(0, LONGEST - 9)}-${hash}`;
}
