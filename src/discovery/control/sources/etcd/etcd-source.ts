/**
 * Members under a prefix of etcd, one a key: a list, then a watch of what changes, then a list again after at most four
 * minutes. A key that is gone, or whose lease expired, is a member that left.
 */
import { type MemberScheme, readEntry } from '../../../read-entry.ts';
import type { Member } from '../../../core/member.ts';
import type { Source } from '../../source.ts';
import { RegistryHistory } from '../registry-history.ts';
import { type RegistryPorts, repeatRounds } from '../registry-rounds.ts';
import { Compacted, EtcdClient, type EtcdProvider } from './etcd-client.ts';

export interface EtcdDefinition {
  readonly prefix: string;
}

/** With jitter up to a third more. Below the age that operators are alerted about. */
const WATCH_MS = 180_000;

/** @param scheme of the pool: a `url` must have it */
export function createEtcdSource(
  { prefix }: EtcdDefinition,
  provider: EtcdProvider,
  scheme: MemberScheme,
  ports: RegistryPorts,
): Source {
  const client = new EtcdClient(provider);
  const history = new RegistryHistory();

  const report = (values: ReadonlyMap<string, string>, clusterId: string, revision: bigint): void => {
    const isLost = history.note(clusterId, revision, [...values.keys()]);
    if (isLost) ports.log.warn({ prefix, keys: values.size }, 'etcd was emptied, restored or replaced');
    ports.report({ kind: 'list', ...membersOf(values, scheme) });
  };

  const round = async (signal: AbortSignal): Promise<void> => {
    const calls = { signal, schedule: ports.schedule, lookup: ports.lookup };
    const { clusterId, revision, values } = await client.range(prefix, calls);
    const known = new Map(values);
    report(known, clusterId, revision);
    const wallMs = WATCH_MS * (1 + ports.random() / 3);
    let latest = revision;
    try {
      for await (const answers of client.watch(prefix, revision + 1n, calls, wallMs)) {
        for (const { key, value } of answers.flatMap(({ events }) => events)) {
          if (value === null) known.delete(key);
          else known.set(key, value);
        }
        // Behind a load balancer, the watch may be of a server that is a little behind the one that listed.
        for (const answer of answers) if (answer.revision > latest) latest = answer.revision;
        report(known, clusterId, latest);
      }
    } catch (error) {
      if (!(error instanceof Compacted)) throw error;
    }
  };

  return {
    get isStrong() {
      return history.isWhole;
    },
    ...repeatRounds(round, ports),
  };
}

function membersOf(
  values: ReadonlyMap<string, string>,
  scheme: MemberScheme,
): { readonly members: readonly Member[]; readonly refused: readonly string[] } {
  const members: Member[] = [];
  const refused: string[] = [];
  for (const [key, value] of values) {
    const member = readValue(value, scheme);
    if (typeof member === 'string') refused.push(`key ${key}: ${member}`);
    else if (member !== null) members.push(member);
  }
  return { members, refused };
}

function readValue(text: string, scheme: MemberScheme): ReturnType<typeof readEntry> {
  try {
    return readEntry(JSON.parse(text), scheme);
  } catch {
    return 'the value is not JSON';
  }
}
