/** Which containers are members of a pool: those whose label names it, and those of its Compose service. */
import { isIP } from 'node:net';
import { WEIGHT } from '../../../../backends/core/backends-vocabulary.ts';
import type { DiscoverSettings } from '../../../../config/settings.ts';
import type { Member } from '../../../core/member.ts';
import { boundRefused, type ReadEntries } from '../../../read-entry.ts';
import type { Container } from './container.ts';

export type DockerDiscoverSettings = NonNullable<DiscoverSettings['docker']>;

/** Labels that make a container a member, after `sluice.`. */
export const MEMBER_LABELS: readonly string[] = ['pool', 'port', 'network', 'weight', 'backup', 'zone', 'enable'];

/** Labels of Compose: its specification's reserved ones. */
const SERVICE = 'com.docker.compose.service';
const PROJECT = 'com.docker.compose.project';
/** `docker compose run`: a command, not a server. */
const ONE_OFF = 'com.docker.compose.oneoff';

/**
 * @param stopping ids of containers that were asked to stop and still run
 * @throws if it is not clear which containers are meant
 */
export function containerMembers(
  pool: string,
  settings: DockerDiscoverSettings,
  containers: readonly Container[],
  stopping: ReadonlySet<string>,
): ReadEntries {
  const chosen = containers.filter(
    (container) => !STOPPED.includes(container.state) && isOfPool(container, pool, settings),
  );
  refuseSeveralProjects(chosen, settings);
  const members: Member[] = [];
  const refused: string[] = [];
  for (const container of chosen) {
    if (!isUp(container)) continue;
    const read = readMember(container, settings, stopping);
    if (typeof read === 'string') refused.push(`container ${container.name}: ${read}`);
    else members.push(read);
  }
  return { members, refused: boundRefused(refused) };
}

/** The label says more than the service: a container that names another pool is not of this one. */
function isOfPool({ labels }: Container, pool: string, { service, project }: DockerDiscoverSettings): boolean {
  if (labels['sluice.enable'] === 'false') return false;
  const named = labels['sluice.pool'];
  if (named !== undefined) return named === pool;
  return (
    service !== null &&
    labels[SERVICE] === service &&
    !isOneOff(labels) &&
    (project === null || labels[PROJECT] === project)
  );
}

/** Null: it is of none. */
export function composeServiceOf({ labels }: Pick<Container, 'labels'>): {
  readonly service: string | null;
  readonly project: string | null;
  readonly isOneOff: boolean;
} {
  return { service: labels[SERVICE] ?? null, project: labels[PROJECT] ?? null, isOneOff: isOneOff(labels) };
}

function isOneOff(labels: Container['labels']): boolean {
  return labels[ONE_OFF]?.toLowerCase() === 'true';
}

/** Traffic must not go to another deployment because it has a service of the same name. */
function refuseSeveralProjects(chosen: readonly Container[], { service, project }: DockerDiscoverSettings): void {
  if (project !== null) return;
  const ofService = chosen.filter(({ labels }) => labels['sluice.pool'] === undefined);
  const projects = [...new Set(ofService.map(({ labels }) => labels[PROJECT] ?? ''))].sort();
  if (projects.length < 2) return;
  throw new Error(`the projects ${listed(projects)} have a service ${service}: set project in discover.docker`);
}

const STOPPED = ['created', 'exited', 'dead', 'removing'];

/** A container whose HEALTHCHECK has not passed yet is not ready. */
function isUp({ state, health }: Container): boolean {
  return (state === 'running' || state === 'paused') && health !== 'starting';
}

/** A text says what is wrong. */
function readMember(
  container: Container,
  settings: DockerDiscoverSettings,
  stopping: ReadonlySet<string>,
): Member | string {
  const { id, labels, state, health } = container;
  const enable = labels['sluice.enable'] ?? 'true';
  if (enable !== 'true') return `label sluice.enable is "${start(enable)}"; allowed: true or false`;
  const backup = labels['sluice.backup'] ?? 'false';
  if (!['true', 'false'].includes(backup)) return `label sluice.backup is "${start(backup)}"; allowed: true or false`;
  const weight = numberIn(labels['sluice.weight'], WEIGHT.minimum, WEIGHT.maximum, 'sluice.weight') ?? 1;
  if (typeof weight === 'string') return weight;
  const { 'sluice.region': region = null, 'sluice.zone': zone = null } = labels;
  for (const [label, name] of Object.entries({ region, zone })) {
    if (name !== null && !/^[A-Za-z0-9._-]{1,63}$/.test(name))
      return `label sluice.${label} is "${start(name)}"; allowed: 1 to 63 letters, digits, dots, dashes and underscores`;
  }
  const port = portOf(container, settings);
  if (typeof port === 'string') return port;
  const address = addressOf(container, settings);
  if (isIP(address) === 0) return address;
  return {
    address,
    port,
    weight,
    backup: backup === 'true',
    draining: stopping.has(id) || state === 'paused' || health === 'unhealthy',
    region,
    zone,
    uid: id,
  };
}

/** A text says what is wrong. */
function portOf({ labels, ports }: Container, settings: DockerDiscoverSettings): number | string {
  const named = numberIn(labels['sluice.port'], 1, 65_535, 'sluice.port') ?? settings.port;
  if (named !== null) return named;
  const [port] = ports;
  if (port === undefined) return `it exposes no TCP port: ${SET_PORT}`;
  return ports.length === 1 ? port : `it exposes the ports ${listed(ports.map(String))}: ${SET_PORT}`;
}

const SET_PORT = 'set the label sluice.port, or port in discover.docker';
const SET_NETWORK = 'set the label sluice.network, or network in discover.docker';

/** An address, or what is wrong. */
function addressOf({ labels, networks }: Container, settings: DockerDiscoverSettings): string {
  const wanted = labels['sluice.network'] ?? settings.network;
  const names = [...networks.keys()].sort();
  if (names.length === 0) return 'it is in no network';
  if (wanted === null && names.length > 1) return `it is in the networks ${listed(names)}: ${SET_NETWORK}`;
  // Compose puts the project's name in front of its own networks.
  const name = [wanted ?? names[0]!, `${labels[PROJECT]}_${wanted}`].find((each) => networks.has(each));
  if (name === undefined) return `it is not in the network ${start(wanted!)}, but in ${listed(names)}`;
  return networks.get(name) ?? `it has no address in the network ${name}: list it under backends`;
}

/** Undefined: there is no such label. A text says what is wrong. */
function numberIn(text: string | undefined, from: number, to: number, label: string): number | string | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return number >= from && number <= to ? number : `label ${label} is "${start(text)}"; allowed: ${from} to ${to}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

function start(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
