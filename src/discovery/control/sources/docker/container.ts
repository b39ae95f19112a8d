/** Containers as the Docker Engine lists them: the part of `GET /containers/json` that makes members. */

export interface Container {
  readonly id: string;
  /** Without the slash that the API puts in front. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since the epoch; 0: unknown. */
  readonly createdS: number;
  /** `running`, `paused`, `restarting`, `exited` … */
  readonly state: string;
  /** What its HEALTHCHECK says; null: it has none. */
  readonly health: 'healthy' | 'unhealthy' | 'starting' | null;
  /** TCP ports that the image or the container exposes. */
  readonly ports: readonly number[];
  /** By name: its address; null: it has none there, as on the host's network. */
  readonly networks: ReadonlyMap<string, string | null>;
}

/** Throws with a reason if it is no such list. */
export function readContainers(text: string): readonly Container[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('its answer is not JSON');
  }
  if (!Array.isArray(value)) throw new Error('its answer is no list of containers');
  return value.map(readContainer);
}

function readContainer(value: unknown): Container {
  const { Id: id, Names: names, Labels: labels, State: state, Status: status, ...rest } = recordOf(value);
  if (typeof id !== 'string' || id === '' || typeof state !== 'string') {
    throw new Error('its list has a container without Id or State');
  }
  const [name] = Array.isArray(names) ? (names as readonly unknown[]) : [];
  return {
    id,
    name: typeof name === 'string' ? name.replace(/^\//, '') : id.slice(0, 12),
    labels: Object.fromEntries(
      Object.entries(recordOf(labels)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    createdS: typeof rest['Created'] === 'number' ? rest['Created'] : 0,
    state,
    health: healthIn(typeof status === 'string' ? status : ''),
    ports: portsIn(rest['Ports']),
    networks: networksIn(recordOf(rest['NetworkSettings'])['Networks']),
  };
}

/** `Up 2 minutes (healthy)`, `Up 1 second (health: starting)`: only newer daemons list it by itself. */
function healthIn(status: string): Container['health'] {
  const [, word] = /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(status) ?? [];
  return (word as Container['health'] | undefined) ?? null;
}

function portsIn(value: unknown): readonly number[] {
  const ports = (Array.isArray(value) ? (value as readonly unknown[]) : []).flatMap((each) => {
    const { PrivatePort: port, Type: type } = recordOf(each);
    return type === 'tcp' && typeof port === 'number' ? [port] : [];
  });
  // A published port is listed once for each kind of address.
  return [...new Set(ports)].sort((one, other) => one - other);
}

function networksIn(value: unknown): Container['networks'] {
  return new Map(
    Object.entries(recordOf(value)).map(([name, network]) => {
      const { IPAddress: four, GlobalIPv6Address: six } = recordOf(network);
      const [address] = [four, six].filter((each) => typeof each === 'string' && each !== '');
      return [name, (address as string | undefined) ?? null];
    }),
  );
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
