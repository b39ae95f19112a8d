/** The manifests and the chart: valid, safe, and in agreement with the configuration that they ship. No cluster reads them here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { loadText } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import {
  GATEWAYS,
  HTTP_ROUTES,
  INGRESSES,
  REFERENCE_GRANTS,
  SERVICES,
} from '../../src/discovery/control/routes/kubernetes/route-kinds.ts';
import { ENDPOINT_SLICES } from '../../src/discovery/control/sources/kubernetes/kubernetes-source.ts';
import { readDockerfile, textsOf } from '../support/dockerfile.ts';
import { renderChart } from '../support/helm-chart.ts';
import { manifestFaults, type Manifest, type Yaml } from '../support/kubernetes-manifest.ts';

const folder = join(import.meta.dirname, '../../deploy/kubernetes');
const SECRETS = {
  SLUICE_ADMIN_TOKEN: 'x'.repeat(40),
  DATABASE_URL: 'postgres://sluice:secret@postgres:5432/sluice',
  REDIS_URL: 'redis://redis:6379',
  POD_NAME: 'sluice-0',
};
const CHART_POOLS = { config: { pools: { web: { backends: [{ url: 'http://web:8080' }] } } } };
const CHART_FLEET = { ...CHART_POOLS, replicas: 2, database: { enabled: true }, redis: { enabled: true } };

function rendered(name: string): readonly Manifest[] {
  return manifestsIn(readFileSync(join(folder, 'rendered', `${name}.yaml`), 'utf8'));
}

function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

function of(manifests: readonly Manifest[], kind: string): Manifest | undefined {
  return manifests.find((manifest) => manifest.kind === kind);
}

function podOf(manifests: readonly Manifest[]) {
  const { template } = of(manifests, 'Deployment')!.spec;
  return { pod: template.spec, container: template.spec.containers[0], labels: template.metadata.labels };
}

/** With the variables that the pod has, and no others. */
function settingsOf(manifests: readonly Manifest[]): Settings {
  const names = podOf(manifests).container.env.map(({ name }: { name: string }) => name) as (keyof typeof SECRETS)[];
  const env = Object.fromEntries(names.map((name) => [name, SECRETS[name]]));
  return loadText(of(manifests, 'ConfigMap')!.data!['sluice.yaml']!, 'sluice.yaml', env, {});
}

/** Exactly the kinds that the gateway watches for routes, and none of them with more than it needs. */
function assertReadsRoutes(manifests: readonly Manifest[]): void {
  const rules = of(manifests, 'ClusterRole')!['rules'] as readonly Record<string, readonly string[]>[];
  const watched = [SERVICES, ENDPOINT_SLICES, GATEWAYS, HTTP_ROUTES, REFERENCE_GRANTS, INGRESSES];
  const wanted = watched.map(({ apiVersion, plural }) => `${/^[^/]+(?=\/)/.exec(apiVersion)?.[0] ?? ''}/${plural}`);
  const allowed = rules.flatMap(({ apiGroups, resources }) => resources!.map((name) => `${apiGroups!.join()}/${name}`));
  assert.deepEqual(allowed.toSorted(), wanted.toSorted());
  for (const { verbs } of rules) assert.deepEqual(verbs, ['list', 'watch']);
  const { subjects, roleRef } = of(manifests, 'ClusterRoleBinding') as Yaml;
  assert.deepEqual([roleRef.name, subjects[0].name, subjects[0].namespace], ['sluice-routes', 'sluice', 'default']);
}

const SETS: readonly (readonly [name: string, manifests: () => readonly Manifest[], isFleet: boolean])[] = [
  ['the single overlay', () => rendered('single'), false],
  ['the fleet overlay', () => rendered('fleet'), true],
  ['the chart', () => renderChart(CHART_POOLS) as readonly Manifest[], false],
  ['the chart of a fleet', () => renderChart(CHART_FLEET) as readonly Manifest[], true],
  [
    'the chart with everything',
    () =>
      renderChart({
        ...CHART_FLEET,
        autoscaling: { enabled: true },
        discovery: { enabled: true, routes: true },
        podAnnotations: { 'example.com/team': 'edge' },
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'edge', operator: 'Exists' }],
        service: { annotations: { 'example.com/lb': 'nlb' } },
        extraEnv: [{ name: 'SLUICE_ZONE', value: 'a' }],
        extraVolumes: [{ name: 'tls', secret: { secretName: 'tls' } }],
        extraVolumeMounts: [{ name: 'tls', mountPath: '/etc/tls', readOnly: true }],
      }) as readonly Manifest[],
    true,
  ],
];

for (const [name, build, isFleet] of SETS) {
  describe(name, () => {
    const manifests = build();
    const { pod, container, labels } = podOf(manifests);
    const settings = settingsOf(manifests);

    test(`${name} is valid by the schemas of Kubernetes`, () => {
      assert.deepEqual(manifests.flatMap(manifestFaults), []);
    });

    test(`${name} gives a stopping gateway more time than it takes at most`, () => {
      const { drainDelayMs, drainTimeoutMs, streamDrainTimeoutMs, stopTimeoutMs } = settings.server;
      assert.ok(pod.terminationGracePeriodSeconds * 1000 > stopTimeoutMs);
      assert.ok(stopTimeoutMs > drainDelayMs + Math.max(drainTimeoutMs, streamDrainTimeoutMs));
      // Probes that fail, and then the endpoint's removal from every node.
      const { periodSeconds, failureThreshold } = container.readinessProbe;
      assert.ok(drainDelayMs >= periodSeconds * failureThreshold * 1000 + 5000);
    });

    test(`${name} runs the image's user on a read-only root, without any privilege`, () => {
      const { stages } = readDockerfile(readFileSync(join(folder, '../../docker/Dockerfile'), 'utf8'));
      const user = textsOf(stages.at(-1)!, 'USER').at(-1);
      const { runAsUser, runAsGroup, runAsNonRoot, seccompProfile } = pod.securityContext;
      assert.equal(`${runAsUser}:${runAsGroup}`, user);
      assert.deepEqual([runAsNonRoot, seccompProfile.type], [true, 'RuntimeDefault']);
      assert.deepEqual(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const written = container.volumeMounts.filter(({ readOnly = false }) => !readOnly);
      assert.deepEqual(written.map(({ mountPath }: { mountPath: string }) => mountPath).toSorted(), [
        '/app/data',
        '/tmp',
      ]);
    });

    test(`${name} mounts the configuration as a folder, where the image looks for it`, () => {
      const mount = container.volumeMounts.find(({ name: volume }: { name: string }) => volume === 'config');
      assert.deepEqual([mount.mountPath, mount.subPath], ['/etc/sluice', undefined]);
      assert.equal(settings.admin.host, '0.0.0.0', 'or no probe reaches it');
      const ports = Object.fromEntries(
        container.ports.map((port: { name: string; containerPort: number }) => [port.name, port.containerPort]),
      );
      assert.deepEqual(ports, { http: settings.server.port, admin: settings.admin.port });
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        const { path, port } = container[probe].httpGet;
        assert.deepEqual([path, port], [probe === 'readinessProbe' ? '/readyz' : '/livez', 'admin']);
      }
    });

    test(`${name} selects its own pods, and only them reach the admin port besides monitoring`, () => {
      const contains = (selector: object): boolean =>
        Object.keys(selector).length > 0 && Object.entries(selector).every(([key, value]) => labels[key] === value);
      const services = manifests.filter(({ kind }) => kind === 'Service');
      assert.equal(services.length, 2);
      for (const { spec } of services) assert.ok(contains(spec.selector));
      assert.ok(contains(of(manifests, 'Deployment')!.spec.selector.matchLabels));
      const { podSelector, ingress } = of(manifests, 'NetworkPolicy')!.spec;
      assert.ok(contains(podSelector.matchLabels));
      const [open, admin] = ingress;
      assert.deepEqual([open.from, open.ports], [undefined, [{ port: 'http' }]]);
      assert.deepEqual(admin.ports, [{ port: 'admin' }]);
      const [monitoring, own] = admin.from;
      assert.deepEqual(monitoring.namespaceSelector.matchLabels, { 'kubernetes.io/metadata.name': 'monitoring' });
      assert.ok(contains(own.podSelector.matchLabels));
      const [exposed, inside] = services;
      assert.deepEqual(
        [exposed!.spec.ports[0].targetPort, inside!.spec.ports[0].targetPort, inside!.spec.type],
        ['http', 'admin', undefined],
      );
    });

    test(`${name} shows no secret, and has no token for the API server unless it reads EndpointSlices`, () => {
      const secrets = container.env.filter((each: { value?: string }) => each.value === undefined);
      assert.ok(
        secrets.every(({ valueFrom }: Yaml) => valueFrom.secretKeyRef?.name === 'sluice' || valueFrom.fieldRef),
      );
      const role = of(manifests, 'Role');
      const isRead = role !== undefined;
      assert.equal(pod.automountServiceAccountToken, isRead);
      assert.equal(of(manifests, 'ServiceAccount')!['automountServiceAccountToken'], isRead);
      if (!isRead) return;
      assert.deepEqual(role['rules'], [
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
      ]);
      assert.equal(of(manifests, 'RoleBinding')?.metadata.name, 'sluice-discovery');
      assertReadsRoutes(manifests);
    });

    test(`${name} ${isFleet ? 'shares a database, and updates without a gap' : 'is one gateway with a volume'}`, () => {
      const { strategy, replicas } = of(manifests, 'Deployment')!.spec;
      const data = pod.volumes.find(({ name: volume }: { name: string }) => volume === 'data');
      if (isFleet) {
        assert.deepEqual(strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
        assert.deepEqual([settings.database.url, data.emptyDir], [SECRETS.DATABASE_URL, {}]);
        assert.deepEqual([settings.redis?.url, settings.fleet.name], [SECRETS.REDIS_URL, SECRETS.POD_NAME]);
        assert.equal(of(manifests, 'PodDisruptionBudget')!.spec.maxUnavailable, 1);
        assert.equal(pod.topologySpreadConstraints.length, 2);
        const autoscaler = of(manifests, 'HorizontalPodAutoscaler');
        assert.equal(
          replicas,
          autoscaler === undefined ? 2 : undefined,
          'replicas are the autoscaler’s if there is one',
        );
        if (autoscaler !== undefined) assert.equal(autoscaler.spec.metrics[0].resource.target.averageUtilization, 60);
      } else {
        assert.deepEqual([strategy, replicas], [{ type: 'Recreate' }, 1]);
        assert.deepEqual([settings.database.url, settings.redis], [null, null]);
        const volume = of(manifests, 'PersistentVolumeClaim')!.metadata.name;
        assert.deepEqual(data.persistentVolumeClaim, { claimName: volume });
        assert.equal(of(manifests, 'HorizontalPodAutoscaler'), undefined);
      }
    });
  });
}

describe('the chart refuses', () => {
  const refusals: readonly (readonly [what: string, values: object, message: RegExp])[] = [
    ['no pool', {}, /values\/config\/pools must NOT have fewer than 1/],
    ['several replicas on the embedded database', { ...CHART_POOLS, replicas: 2 }, /several replicas need PostgreSQL/],
    [
      'an autoscaler on the embedded database',
      { ...CHART_POOLS, autoscaling: { enabled: true } },
      /several replicas need PostgreSQL/,
    ],
    [
      'several replicas without Redis',
      { ...CHART_FLEET, redis: { enabled: false } },
      /several replicas need Redis to share limits: .*redis\.localLimits/,
    ],
    ['a key that it does not know', { ...CHART_POOLS, replcas: 3 }, /must NOT have additional properties/],
    ['a number of the wrong kind', { ...CHART_POOLS, replicas: '2' }, /values\/replicas must be integer/],
  ];
  for (const [what, values, message] of refusals) {
    test(`the chart refuses ${what}`, () => assert.throws(() => renderChart(values), message));
  }

  test('the chart allows several replicas that each admit every limit, if that is said', () => {
    const manifests = renderChart({ ...CHART_FLEET, redis: { localLimits: true } }) as readonly Manifest[];
    assert.deepEqual([settingsOf(manifests).redis, of(manifests, 'Deployment')!.spec.replicas], [null, 2]);
  });
});

describe('kustomize', () => {
  const version = /Kustomize Version: v(\d+)/.exec(
    String(spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' }).stdout ?? ''),
  )?.[1];
  const skip = Number(version ?? 0) >= 5 ? false : 'no kubectl with kustomize 5: Debian 12 has 2';
  for (const name of ['single', 'fleet']) {
    test(`the manifests in rendered/${name}.yaml are what kubectl makes of the overlay`, { skip }, () => {
      const { stdout, stderr } = spawnSync('kubectl', ['kustomize', join(folder, 'overlays', name)], {
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      assert.deepEqual(manifestsIn(stdout), rendered(name));
    });
  }

  test('the component for routes adds the right to read them in all namespaces, and the token', { skip }, () => {
    const { stdout, stderr } = spawnSync('kubectl', ['kustomize', join(folder, 'examples/routes')], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    const manifests = manifestsIn(stdout);
    assert.deepEqual(manifests.flatMap(manifestFaults), []);
    assert.equal(podOf(manifests).pod.automountServiceAccountToken, true);
    assertReadsRoutes(manifests);
  });

  test('the component for discovery adds the right to read EndpointSlices, and the token', { skip }, () => {
    const { stdout, stderr } = spawnSync('kubectl', ['kustomize', join(folder, 'examples/discovery')], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    const manifests = manifestsIn(stdout);
    assert.deepEqual(manifests.flatMap(manifestFaults), []);
    assert.equal(podOf(manifests).pod.automountServiceAccountToken, true);
    assert.equal(of(manifests, 'ServiceAccount')!['automountServiceAccountToken'], true);
    assert.equal(of(manifests, 'Role')!.metadata.name, 'sluice-discovery');
  });
});

test('a manifest with a misspelled key, or a value of the wrong type, is found', () => {
  const deployment = of(rendered('fleet'), 'Deployment')!;
  const changed = (change: (container: Yaml) => void): Manifest => {
    const copy = structuredClone(deployment) as Yaml;
    change(copy.spec.template.spec.containers[0]);
    return copy as Manifest;
  };
  assert.deepEqual(manifestFaults(changed((container) => (container.redinessProbe = {}))), [
    'Deployment sluice: unknown key spec.template.spec.containers.0.redinessProbe',
  ]);
  assert.match(
    manifestFaults(changed((container) => (container.ports[0].containerPort = 'http')))[0]!,
    /must be integer/,
  );
});
