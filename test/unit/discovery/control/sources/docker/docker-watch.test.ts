import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Container } from '../../../../../../src/discovery/control/sources/docker/container.ts';
import type { DockerApi, EventHandlers } from '../../../../../../src/discovery/control/sources/docker/docker-api.ts';
import { createDockerSource } from '../../../../../../src/discovery/control/sources/docker/docker-source.ts';
import { DockerWatch } from '../../../../../../src/discovery/control/sources/docker/docker-watch.ts';
import { SourceWorld } from '../../../../../support/source-world.ts';

const SETTINGS = { service: null, project: null, port: 80, network: null };
const MINUTES = 60_000;

function container(id: string, pool = 'web'): Container {
  return {
    id,
    name: id,
    state: 'running',
    health: null,
    createdS: 0,
    ports: [80],
    labels: { 'sluice.pool': pool },
    networks: new Map([['front', `10.99.0.${id.length}`]]),
  };
}

/** A daemon whose answers the test sets. */
class FakeDaemon {
  containers: readonly Container[] = [];
  /** Why lists fail; null: they do not. */
  fault: string | null = null;
  /** Streams of events open at once. */
  opens = true;
  lists = 0;
  readonly streams: EventHandlers[] = [];
  closed = 0;
  stopSignals: Record<string, string> = {};

  readonly api: DockerApi = {
    list: async () => {
      this.lists += 1;
      if (this.fault !== null) throw new Error(this.fault);
      return this.containers;
    },
    stopSignal: async (id) => this.stopSignals[id] ?? 'SIGTERM',
    events: (handlers) => {
      this.streams.push(handlers);
      if (this.opens) queueMicrotask(handlers.onOpen);
      return () => {
        this.closed += 1;
      };
    },
  };

  emit(action: string, id: string, signal: string | null = null): void {
    this.streams.at(-1)!.onEvent({ action, id, signal });
  }

  /** The connection breaks. */
  cut(): void {
    this.streams.at(-1)!.onEnd('it ended the stream of events');
  }
}

function setUp(t: TestContext) {
  const daemon = new FakeDaemon();
  const world = new SourceWorld();
  const watch = new DockerWatch({ ...world.ports, api: daemon.api });
  const source = (pool: string, to = world) => createDockerSource(pool, SETTINGS, watch, to.ports);
  return { daemon, world, source, start: () => world.start(t, source('web')) };
}

function draining(world: SourceWorld): readonly boolean[] {
  assert.ok(world.last?.kind === 'list');
  return world.last.members.map((each) => each.draining);
}

test('containers are listed at once, and again a moment after events, which come in groups', async (t) => {
  const { daemon, world, start } = setUp(t);
  daemon.containers = [container('a')];
  assert.equal(start().isStrong, true);
  await world.pass(0);
  assert.deepEqual(world.listed, ['10.99.0.1:80']);
  const { lists } = daemon;
  daemon.containers = [container('a'), container('bb')];
  for (const action of ['die', 'stop', 'connect', 'start']) daemon.emit(action, 'bb');
  await world.pass(99);
  assert.equal(daemon.lists, lists);
  await world.pass(1);
  assert.equal(daemon.lists, lists + 1);
  assert.deepEqual(world.listed, ['10.99.0.1:80', '10.99.0.2:80']);
});

test('what happens while the containers are listed has them listed again', async (t) => {
  const { daemon, world, start } = setUp(t);
  const slow = Promise.withResolvers<readonly Container[]>();
  const list = daemon.api.list;
  (daemon.api as { list: DockerApi['list'] }).list = () => slow.promise;
  start();
  await world.pass(0);
  daemon.emit('start', 'a');
  await world.pass(100);
  daemon.containers = [container('a')];
  (daemon.api as { list: DockerApi['list'] }).list = list;
  slow.resolve([]);
  await world.pass(0);
  assert.deepEqual(world.listed, ['10.99.0.1:80']);
});

test('a container drains from the signal that asks it to stop until it has ended', async (t) => {
  const { daemon, world, start } = setUp(t);
  daemon.containers = [container('a'), container('bb')];
  start();
  await world.pass(0);
  daemon.emit('kill', 'bb', '15');
  await world.pass(0);
  assert.deepEqual(draining(world), [false, true]);
  daemon.emit('health_status: healthy', 'a');
  await world.pass(100);
  assert.deepEqual(draining(world), [false, true]);
  daemon.containers = [container('a')];
  daemon.emit('die', 'bb');
  await world.pass(100);
  daemon.containers = [container('a'), container('bb')];
  daemon.emit('start', 'bb');
  await world.pass(100);
  assert.deepEqual(draining(world), [false, false]);
});

test('only the signal that its image stops it with makes a container drain, besides TERM and KILL', async (t) => {
  const { daemon, world, start } = setUp(t);
  daemon.containers = [container('a')];
  start();
  await world.pass(0);
  daemon.emit('kill', 'a', '1');
  await world.pass(0);
  assert.deepEqual(draining(world), [false]);
  for (const stopSignal of ['SIGQUIT', 'QUIT', '3']) {
    daemon.stopSignals = { a: stopSignal };
    daemon.emit('start', 'a');
    await world.pass(100);
    assert.deepEqual(draining(world), [false]);
    daemon.emit('kill', 'a', '3');
    await world.pass(0);
    assert.deepEqual(draining(world), [true], stopSignal);
  }
});

test('a container that outlives its signal for ten minutes gets requests again', async (t) => {
  const { daemon, world, start } = setUp(t);
  daemon.containers = [container('a')];
  start();
  await world.pass(0);
  daemon.emit('kill', 'a', '15');
  await world.pass(9 * MINUTES);
  assert.deepEqual(draining(world), [true]);
  await world.pass(6 * MINUTES);
  assert.deepEqual(draining(world), [false]);
});

// A stream may be silent because it is broken: traefik#2552.
test('every five minutes at the latest, the stream is opened anew and the containers are listed', async (t) => {
  const { daemon, world, start } = setUp(t);
  start();
  await world.pass(0);
  daemon.containers = [container('a')];
  await world.pass(5 * MINUTES);
  assert.deepEqual([daemon.streams.length, daemon.closed], [2, 1]);
  assert.deepEqual(world.listed, ['10.99.0.1:80']);
});

test('a stream that ends is opened again, and what was missed is in the list', async (t) => {
  const { daemon, world, start } = setUp(t);
  start();
  await world.pass(0);
  daemon.containers = [container('a')];
  daemon.cut();
  await world.pass(1000);
  assert.equal(daemon.streams.length, 2);
  assert.deepEqual(world.listed, ['10.99.0.1:80']);
});

test('a daemon that is away is a failure, tried again at growing intervals, until it is back', async (t) => {
  const { daemon, world, start } = setUp(t);
  daemon.containers = [container('a')];
  start();
  await world.pass(0);
  daemon.fault = 'connection refused';
  daemon.opens = false;
  const end = (): void => daemon.cut();
  end();
  const waits: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    waits.push(world.waits[0]!);
    await world.pass(world.waits[0]!);
    end();
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  assert.deepEqual(world.last, { kind: 'failed', reason: 'connection refused' });
  daemon.fault = null;
  daemon.opens = true;
  await world.pass(15_000);
  assert.deepEqual(world.listed, ['10.99.0.1:80']);
  daemon.cut();
  assert.deepEqual(world.waits, [500]);
});

test('without events, as behind a proxy that forbids them, the list is asked for every 30 s', async (t) => {
  const { daemon, world, start } = setUp(t);
  daemon.opens = false;
  world.random = 0.999;
  start();
  await world.pass(0);
  daemon.cut();
  for (let round = 0; round < 10; round += 1) {
    await world.pass(30_000);
    if (daemon.streams.length > round) daemon.cut();
  }
  daemon.containers = [container('a')];
  await world.pass(30_000);
  assert.deepEqual(world.listed, ['10.99.0.1:80']);
});

test('pools share one stream; a later one has the list at once, and the last one to leave closes it', async (t) => {
  const { daemon, world, source, start } = setUp(t);
  daemon.containers = [container('a'), container('bb', 'api')];
  const web = start();
  await world.pass(0);
  const other = new SourceWorld();
  const api = source('api', other);
  api.start();
  assert.deepEqual([world.listed, other.listed], [['10.99.0.1:80'], ['10.99.0.2:80']]);
  assert.equal(daemon.streams.length, 1);
  web.stop();
  assert.equal(daemon.closed, 0);
  api.stop();
  assert.equal(daemon.closed, 1);
  assert.deepEqual(world.waits, []);
  const { length } = world.answers;
  web.start();
  await world.pass(0);
  assert.ok(world.answers.length > length);
  assert.equal(daemon.streams.length, 2);
});

test('a pool that does not know which containers are meant fails alone', async (t) => {
  const { daemon, world, start } = setUp(t);
  const of = (project: string): Container => ({
    ...container(project),
    labels: { 'com.docker.compose.service': 'api', 'com.docker.compose.project': project },
  });
  daemon.containers = [container('a'), of('one'), of('other')];
  start();
  const other = new SourceWorld();
  const watch = new DockerWatch({ ...other.ports, api: daemon.api });
  other.start(t, createDockerSource('api', { ...SETTINGS, service: 'api' }, watch, other.ports));
  await world.pass(0);
  assert.equal(other.last?.kind, 'failed');
  assert.deepEqual(world.listed, ['10.99.0.1:80']);
});
