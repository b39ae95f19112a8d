/** What a server says about itself in answer to INFO. */
export interface ServerInfo {
  /** Such as `7.2.4`; Valkey reports the version of Redis that it is compatible with. Empty: it does not say. */
  readonly version: string;
  readonly isReplica: boolean;
  /** It is reading its data from disk, and refuses commands until then. */
  readonly isLoading: boolean;
  readonly isCluster: boolean;
  /** Bytes; 0: no limit. */
  readonly maxMemory: number;
  readonly maxMemoryPolicy: string;
}

/** Oldest major version that is supported: scripts that write after reading the clock need it. */
const OLDEST_MAJOR = 5;
/** Policies that never take the bucket of a busy client. */
const SAFE_POLICIES = ['noeviction', 'volatile-ttl'];

export function parseInfo(text: string): ServerInfo {
  const fields = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/^([a-z_0-9]+):([^\r\n]*)/gm)) fields.set(name!, value!);
  return {
    version: fields.get('redis_version') ?? '',
    isReplica: fields.get('role') === 'slave',
    isLoading: fields.get('loading') === '1',
    isCluster: fields.get('cluster_enabled') === '1',
    maxMemory: Number(fields.get('maxmemory') ?? 0),
    maxMemoryPolicy: fields.get('maxmemory_policy') ?? '',
  };
}

/** Settings of a server that works, but not as intended. @param isClusterExpected of our own settings. */
export function serverWarnings(info: ServerInfo, isClusterExpected: boolean): readonly string[] {
  const { version, maxMemory, maxMemoryPolicy } = info;
  const warnings: string[] = [];
  if (version !== '' && Number.parseInt(version, 10) < OLDEST_MAJOR)
    warnings.push(`version ${version} is not supported: Redis ${OLDEST_MAJOR} or later is needed`);
  if (maxMemory > 0 && maxMemoryPolicy !== '' && !SAFE_POLICIES.includes(maxMemoryPolicy))
    warnings.push(
      `maxmemory-policy ${maxMemoryPolicy} evicts limits that are in use, and an evicted limit starts full; use noeviction or volatile-ttl`,
    );
  if (info.isCluster && !isClusterExpected)
    warnings.push('the server is a node of a Cluster, and keys of its other nodes are refused; set redis.nodes');
  return warnings;
}
