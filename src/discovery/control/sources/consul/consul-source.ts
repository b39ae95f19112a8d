/**
 * Instances of a service that pass their checks in Consul, by blocking queries: each waits for a change for a minute.
 * Source: https://developer.hashicorp.com/consul/api-docs/features/blocking
 */
import { fieldOf, parseJson } from '../json-value.ts';
import { callRegistry, type RegistryCall } from '../registry-http.ts';
import { refusal, RegistryError, type RegistryPorts, repeatRounds, shortened } from '../registry-rounds.ts';
import { RegistryHistory } from '../registry-history.ts';
import type { RegistryTls } from '../registry-tls.ts';
import { readInstance } from './consul-instance.ts';
import type { Member } from '../../../core/member.ts';
import type { Source } from '../../source.ts';

export interface ConsulDefinition {
  readonly service: string;
  /** An instance needs all of them. */
  readonly tags: readonly string[];
  /** Null: that of the agent. */
  readonly datacenter: string | null;
  /** Consul Enterprise. Null: that of the token. */
  readonly namespace: string | null;
  readonly partition: string | null;
}

export interface ConsulProvider {
  readonly url: string;
  readonly token: string | null;
  readonly tls: Pick<RegistryTls, 'read'>;
}

const WAIT_SECONDS = 60;
/** Consul waits up to a sixteenth longer, so that clients do not all come back at once; the rest is for the answer. */
const CALL_MS = (WAIT_SECONDS + WAIT_SECONDS / 16) * 1000 + 10_000;

export function createConsulSource(
  definition: ConsulDefinition,
  provider: ConsulProvider,
  ports: RegistryPorts,
): Source {
  const history = new RegistryHistory();
  /** Of the last answer; 0: answer at once. */
  let index = 0n;

  const round = async (signal: AbortSignal): Promise<void> => {
    const from = index;
    // A failure begins anew, so that it is not waited for a change that was missed.
    index = 0n;
    const call = await callOf(definition, provider, from);
    const calls = { signal, schedule: ports.schedule, lookup: ports.lookup };
    const { status, headers, text } = await callRegistry(call, calls, from === 0n ? undefined : CALL_MS);
    if (status === 403) throw new RegistryError(`the token may not read the service (403): ${shortened(text)}`);
    if (status !== 200) throw refusal(status, headers['retry-after'], text);
    if (headers['x-consul-results-filtered-by-acls'] === 'true') {
      const rule = `service "${definition.service}" { policy = "read" }, node_prefix "" { policy = "read" }`;
      throw new RegistryError(`the token may not read all instances; its policy needs ${rule}`);
    }
    const { members, refused } = readInstances(text);
    const given = headers['x-consul-index'];
    if (typeof given !== 'string' || !/^\d{1,19}$/.test(given)) throw new Error('it answered without X-Consul-Index');
    const now = BigInt(given);
    const isLost = history.note(
      '',
      now,
      members.map(({ address, port }) => `${address} ${port}`),
    );
    if (isLost)
      ports.log.warn({ service: definition.service, index: given }, 'the index of Consul went back: it was restored');
    // One that went back means nothing to the next query, and neither does 0.
    index = now < from || now === 0n ? 0n : now;
    ports.report({ kind: 'list', members, refused });
  };

  return {
    get isStrong() {
      return history.isWhole;
    },
    ...repeatRounds(round, ports),
  };
}

async function callOf(
  definition: ConsulDefinition,
  { url, token, tls }: ConsulProvider,
  from: bigint,
): Promise<RegistryCall> {
  const { service, tags, datacenter, namespace, partition } = definition;
  const query = new URLSearchParams({ passing: 'true' });
  for (const tag of tags) query.append('tag', tag);
  if (datacenter !== null) query.set('dc', datacenter);
  if (namespace !== null) query.set('ns', namespace);
  if (partition !== null) query.set('partition', partition);
  if (from > 0n) {
    query.set('index', String(from));
    query.set('wait', `${WAIT_SECONDS}s`);
  }
  return {
    method: 'GET',
    url: new URL(`${url.replace(/\/+$/, '')}/v1/health/service/${encodeURIComponent(service)}?${query.toString()}`),
    headers: token === null || token === '' ? {} : { 'x-consul-token': token },
    body: null,
    tls: await tls.read(),
  };
}

function readInstances(text: string): { readonly members: readonly Member[]; readonly refused: readonly string[] } {
  const instances = parseJson(text, 'the answer of Consul');
  if (!Array.isArray(instances)) throw new Error('Consul did not answer with a list of instances');
  const members: Member[] = [];
  const refused: string[] = [];
  for (const instance of instances as readonly unknown[]) {
    if (fieldOf(instance, 'Service') === undefined || fieldOf(instance, 'Node') === undefined)
      throw new Error('Consul did not answer with a list of instances');
    const member = readInstance(instance);
    if (typeof member === 'string') refused.push(member);
    else members.push(member);
  }
  return { members, refused };
}
