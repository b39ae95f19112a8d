/** Members of pools, as sources list them. */

/** A server that a source lists. With the pool's `discover.scheme` it becomes a backend. */
export interface Member {
  /** An IP address, or a host name that is resolved like those of `url`. */
  readonly address: string;
  readonly port: number;
  /** 1 to 1000. */
  readonly weight: number;
  readonly backup: boolean;
  /** Finishes its requests and gets no new ones. */
  readonly draining: boolean;
  /** For locality; null: unknown. */
  readonly region: string | null;
  readonly zone: string | null;
  /** Identity of the process behind the address: with another one, its health and circuit start anew. Null: none. */
  readonly uid: string | null;
}

/** What makes a member the same one in two lists. */
export function memberKey({ address, port }: Pick<Member, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** One member per address and port, in the order of their keys: the order of a list has no meaning. */
export function joinMembers(members: readonly Member[]): ReadonlyMap<string, Member> {
  const joined = new Map<string, Member>();
  for (const member of members) {
    const key = memberKey(member);
    const other = joined.get(key);
    joined.set(key, other === undefined ? member : join(other, member));
  }
  return new Map([...joined].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Whatever lists it as serving in full wins. */
function join(one: Member, other: Member): Member {
  return {
    ...one,
    weight: Math.max(one.weight, other.weight),
    backup: one.backup && other.backup,
    draining: one.draining && other.draining,
    region: least(one.region, other.region),
    zone: least(one.zone, other.zone),
    uid: least(one.uid, other.uid),
  };
}

function least(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

export function isSameMember(one: Member, other: Member): boolean {
  return (
    memberKey(one) === memberKey(other) &&
    one.weight === other.weight &&
    one.backup === other.backup &&
    one.draining === other.draining &&
    one.region === other.region &&
    one.zone === other.zone &&
    one.uid === other.uid
  );
}
