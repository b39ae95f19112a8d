/** The admin app over fakes, for tests and for writing the OpenAPI document. */
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { AdminSettings, MetricsSettings, PoolSettings, Settings } from '../../src/config/settings.ts';
import { buildAdminApp, type AdminAppOptions } from '../../src/gateway/control/admin-app.ts';
import { BackendHistory } from '../../src/backends/backend-history.ts';
import type { Configuration } from '../../src/reload/configuration.ts';
import type { Database } from '../../src/database/database-port.ts';
import type { BackendStore } from '../../src/backends/backend-store.ts';
import { EventLog } from '../../src/events/event-log.ts';
import type { AuditStore } from '../../src/audit/audit-store.ts';
import type { CertificateReports } from '../../src/certificates/certificate-report.ts';
import type { CertificateUploads } from '../../src/certificates/certificate-uploads.ts';
import { GatewayError } from '../../src/errors.ts';
import type { ClientStore } from '../../src/limits/client-store.ts';
import { fakeBackendControl, fakeBackendSwitches } from './fake-backends.ts';
import { fakeRecordings } from './fake-recordings.ts';
import { fakeWhatIf } from './fake-what-if.ts';
import { FakeLimitReports } from './fake-limit-reports.ts';
import { FakeRegistry } from './fake-registry.ts';
import { fakeScaling } from './fake-scaling.ts';
import { FakeScraper } from './fake-scraper.ts';
import { FakeTelemetry } from './fake-telemetry.ts';
import { MemoryAcmeStore } from './memory-acme-store.ts';
import { MemoryBackendStore } from './memory-backend-store.ts';
import { MemoryAuditStore } from './memory-audit-store.ts';
import { MemoryClientStore } from './memory-client-store.ts';
import type { DiscoveryControl } from '../../src/discovery/discovery-report.ts';
import { loneFleet } from './lone-fleet.ts';
import { MemoryCircuitOrderStore } from './memory-circuit-order-store.ts';
import { MemoryMemberStore } from './memory-member-store.ts';
import { MemoryQuotaStore } from './memory-quota-store.ts';
import { MemoryFleetStore } from './memory-fleet-store.ts';
import { MemoryUploadStore } from './memory-upload-store.ts';
import { rateLimitSettings } from './rate-limit-settings.ts';

export interface FakeAdmin extends Partial<Omit<AdminAppOptions, 'settings'>> {
  readonly admin?: Partial<AdminSettings>;
  readonly metrics?: MetricsSettings;
  readonly pools?: readonly Pick<PoolSettings, 'name' | 'algorithm'>[];
}

export async function fakeAdminApp({ admin, metrics, pools, ...options }: FakeAdmin = {}): Promise<FastifyInstance> {
  const settings: Pick<Settings, 'admin' | 'metrics' | 'rateLimit'> & { pools: FakeAdmin['pools'] } = {
    admin: {
      host: '127.0.0.1',
      port: 0,
      tls: false,
      token: null,
      tokens: [],
      allowedHosts: [],
      corsOrigins: [],
      auditKeepDays: 90,
      compat: true,
      ...admin,
    },
    metrics: metrics ?? { intervalMs: 1000, storeHistory: false },
    pools: pools ?? [{ name: 'api', algorithm: 'round-robin' }],
    rateLimit: rateLimitSettings({
      global: { capacity: 1000, ratePerSecond: 500, limit: null, sizeMs: null, scope: 'fleet' },
    }),
  };
  return buildAdminApp({
    // Pools reduced to what the admin app reads.
    settings: settings as unknown as Settings,
    configuration: fakeConfiguration(),
    telemetry: new FakeTelemetry(),
    metricsHistory: { total: () => [], backend: () => [], storage: () => ({ isStored: true, problem: null }) },
    scraper: new FakeScraper(),
    readiness: () => ({ ready: true, reasons: [] }),
    logger: pino({ level: 'silent' }),
    version: '0.0.0-test',
    database: fakeDatabase(new MemoryClientStore()),
    registry: new FakeRegistry(),
    backends: fakeBackendControl,
    switches: fakeBackendSwitches,
    events: new EventLog(Date.now),
    history: new BackendHistory(Date.now),
    limitReports: new FakeLimitReports(),
    whatIf: fakeWhatIf(),
    recordings: fakeRecordings().recordings,
    pluginRuntime: { states: async () => [], counts: () => [] },
    explain: fakeExplain,
    cache: { purge: async () => 0, routes: () => [] },
    certificates: noCertificates,
    uploads: noUploads,
    fleet: loneFleet,
    scaling: fakeScaling,
    discovery: noDiscovery,
    ...options,
  });
}

/** For tests to spread, with what they need. */
export const noCertificates: CertificateReports = {
  list: () => [],
  rootPem: () => null,
  renew: async () => false,
  forget: async () => undefined,
  changeAccountKey: () => Promise.reject(new GatewayError('GW_NOT_FOUND')),
};

const noDiscovery: DiscoveryControl = {
  report: () => [],
  providers: () => [],
  pushed: () => {
    throw new GatewayError('GW_POOL_NOT_FOUND');
  },
  push: () => Promise.reject(new GatewayError('GW_POOL_NOT_FOUND')),
};

const noUploads: CertificateUploads = {
  upload: () => Promise.reject(new GatewayError('GW_CERTIFICATES_NOT_STORED')),
  remove: async () => undefined,
};

export function fakeDatabase(
  clients: ClientStore,
  audit: AuditStore = new MemoryAuditStore(),
  backends: BackendStore = new MemoryBackendStore(),
): Database {
  return {
    mode: 'embedded',
    clients,
    audit,
    fleet: new MemoryFleetStore(),
    circuitOrders: new MemoryCircuitOrderStore(),
    members: new MemoryMemberStore(),
    quotas: new MemoryQuotaStore(),
    secrets: { get: async (_name, make) => make() },
    transfer: { read: async () => undefined, write: async () => undefined },
    backends,
    isAvailable: () => true,
    onAvailability: () => () => undefined,
    onClientsChanged: () => () => undefined,
    onBackendsChanged: () => () => undefined,
    onCertificatesChanged: () => () => undefined,
    onGatewaysChanged: () => () => undefined,
    onCircuitsChanged: () => () => undefined,
    onMembersChanged: () => () => undefined,
    acme: new MemoryAcmeStore(),
    uploads: new MemoryUploadStore(),
    close: async () => undefined,
  };
}

export function fakeConfiguration(): Configuration {
  const difference = { changes: [], restartRequired: [] };
  return {
    report: () => ({
      version: 1,
      file: null,
      readOnly: null,
      yaml: null,
      appliedAt: 0,
      restartRequired: [],
      lastError: null,
      overlay: [],
      settings: {},
    }),
    editable: () => ({ text: null, hidden: 0, number: null, isFileChanged: false }),
    plugins: () => [],
    schema: () => ({}),
    reload: async () => ({ result: 'unchanged', version: 1, ...difference, number: null, watch: null }),
    replace: async () => ({ result: 'applied', version: 2, ...difference, number: null, watch: null }),
    check: async () => ({ ...difference, warnings: [], planId: null }),
    apply: async () => ({ result: 'applied', version: 2, ...difference, number: null, watch: null }),
    versions: () => [],
    version: () => Promise.reject(new GatewayError('GW_NOT_FOUND')),
    changesBetween: () => Promise.reject(new GatewayError('GW_NOT_FOUND')),
    rollback: async () => ({ result: 'applied', version: 2, ...difference, number: null, watch: null }),
    watch: () => null,
    endWatch: () => {
      throw new GatewayError('GW_NOT_FOUND');
    },
    onRevert: () => undefined,
  };
}

/** No route, and a token that nobody takes. */
export const fakeExplain: AdminAppOptions['explain'] = {
  explain: async ({ address }) => ({
    route: null,
    error: 'No route matches',
    verdicts: [],
    routes: 0,
    client: new FakeLimitReports().usage({ kind: 'ip', key: address }),
    admission: null,
    geo: null,
    cost: 1,
    steps: [],
    limits: [],
    quotas: [],
    inFlight: [],
    pool: null,
    target: null,
    location: null,
    pools: [],
  }),
  sign: () => ({ header: 'x-sluice-explain', token: 'token', expiry: 1_900_000_000 }),
};
