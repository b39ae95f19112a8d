/**
 * Routes from labels of containers. A container that exists has its route, also while it is stopped: a restart must not
 * send its requests to another route.
 */
import { isPoolName, POOL_NAME_RULE } from '../../../../balancing/core/pool-name-rule.ts';
import type { Fragment } from '../../../../config/found/load-fragment.ts';
import type { FoundProblem } from '../../../../config/found/merge-found.ts';
import { foundName } from '../../../core/found-name.ts';
import type { Container } from '../../sources/docker/container.ts';
import { composeServiceOf } from '../../sources/docker/container-members.ts';
import type { DockerWatch } from '../../sources/docker/docker-watch.ts';
import type { RouteAnswer, RouteSource } from '../route-source.ts';
import { type LabelledRoute, readRouteLabels } from './route-labels.ts';

export function createDockerRoutes(
  watch: Pick<DockerWatch, 'listen'>,
  report: (answer: RouteAnswer) => void,
): RouteSource {
  let end = (): void => {};
  return {
    start: () => {
      end = watch.listen({
        onContainers: (containers) => report({ kind: 'list', ...containerRoutes(containers) }),
        onFailed: (reason) => report({ kind: 'failed', reason }),
      });
    },
    stop: () => end(),
  };
}

interface Found extends LabelledRoute {
  readonly container: Container;
  readonly pool: ContainerPool;
}

/** The containers that belong together. */
interface ContainerPool {
  readonly name: string;
  readonly docker: object;
}

const RUNNING = ['running', 'paused', 'restarting'];
const EXISTING = [...RUNNING, 'exited'];

/** The oldest pool wins, then the first by the name of the route: the order of containers makes no difference. */
export function containerRoutes(containers: readonly Container[]): {
  readonly fragments: readonly Fragment[];
  readonly problems: readonly FoundProblem[];
} {
  const problems: FoundProblem[] = [];
  const byName = new Map<string, Map<string, Found[]>>();
  const createdS = new Map<string, number>();
  for (const container of containers) {
    if (!EXISTING.includes(container.state) || container.labels['sluice.enable'] === 'false') continue;
    const { isOneOff } = composeServiceOf(container);
    // `docker compose run` has the labels of the service.
    if (isOneOff) continue;
    const { routes, mistakes } = readRouteLabels(container.labels);
    const subject = `container ${container.name}`;
    // Those of containers that are gone help nobody.
    if (RUNNING.includes(container.state)) for (const message of mistakes) problems.push({ subject, message });
    const pool = poolOf(container);
    if (typeof pool !== 'string')
      createdS.set(pool.name, Math.min(container.createdS, createdS.get(pool.name) ?? Infinity));
    for (const [name, route] of routes) {
      if (typeof pool === 'string') {
        problems.push({ subject: subjectOf(name, container), message: [...route.mistakes, pool].join('; ') });
        continue;
      }
      const byPool = byName.get(name) ?? new Map<string, Found[]>();
      byName.set(name, byPool);
      byPool.set(pool.name, [...(byPool.get(pool.name) ?? []), { ...route, container, pool }]);
    }
  }
  const isOlder = (one: string, other: string): number =>
    createdS.get(one)! - createdS.get(other)! || (one < other ? -1 : 1);
  const fragments = [...byName]
    .map(([name, byPool]) => {
      const [owner, ...others] = [...byPool.keys()].toSorted(isOlder);
      for (const other of others) refuseName(name, byPool.get(other)!, byPool.get(owner!)!, problems);
      return { name, owner: owner!, found: byPool.get(owner!)! };
    })
    .toSorted((one, other) =>
      one.owner === other.owner ? (one.name < other.name ? -1 : 1) : isOlder(one.owner, other.owner),
    )
    .flatMap(({ name, found }) => fragmentOf(name, found.toSorted(byAge), problems) ?? []);
  return { fragments, problems };
}

function subjectOf(name: string, container: Container): string {
  return `route ${name} of container ${container.name}`;
}

/** A name belongs to one pool: otherwise, a container of another project could take the route away. */
function refuseName(name: string, found: readonly Found[], of: readonly Found[], problems: FoundProblem[]): void {
  const [first] = found.toSorted(byAge);
  const [owner] = of.toSorted(byAge);
  problems.push({
    subject: subjectOf(name, first!.container),
    message:
      `the name belongs to container ${owner!.container.name}, whose pool ${owner!.pool.name} is older than ` +
      `${first!.pool.name}; rename the labels sluice.route.${name}.*`,
  });
}

/** Running ones come first, and of these the newest: a roll-out brings its labels. */
function byAge(one: Found, other: Found): number {
  const [a, b] = [one.container, other.container];
  return (
    Number(RUNNING.includes(b.state)) - Number(RUNNING.includes(a.state)) ||
    b.createdS - a.createdS ||
    (a.id < b.id ? -1 : 1)
  );
}

function fragmentOf(name: string, found: readonly Found[], problems: FoundProblem[]): Fragment | null {
  const [first, ...others] = found;
  const { container, pool, keys, mistakes } = first!;
  const subject = subjectOf(name, container);
  const refuse = (message: string): null => {
    problems.push({ subject, message });
    return null;
  };
  if (mistakes.length > 0) return refuse(mistakes.join('; '));
  for (const other of others) {
    if (!RUNNING.includes(other.container.state)) continue;
    if (JSON.stringify(sorted(other.keys)) !== JSON.stringify(sorted(keys)))
      refuse(`container ${other.container.name} says something else of it, and is not as new: ignored`);
  }
  return {
    subject,
    // HEALTHCHECK of the container is Docker's own check; this one sees what it does not.
    pools: { [pool.name]: { discover: { docker: pool.docker }, health_check: { type: 'tcp' } } },
    routes: [{ ...keys, pool: pool.name, name: foundName(name, 'docker') }],
  };
}

function sorted(keys: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Object.entries(keys).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** A text says why there is none. */
function poolOf(container: Container): ContainerPool | string {
  const label = container.labels['sluice.pool'];
  if (label !== undefined) {
    if (!isPoolName(label)) return `label sluice.pool is "${label.slice(0, 80)}"; allowed: ${POOL_NAME_RULE}`;
    return { name: foundName(label, 'docker'), docker: {} };
  }
  const { service, project } = composeServiceOf(container);
  if (service === null || project === null)
    return 'set the label sluice.pool: its containers share the requests; those of Docker Compose have their service';
  return { name: foundName(`${service}.${project}`, 'docker'), docker: { service, project } };
}
