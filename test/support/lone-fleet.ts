/** A gateway without others. */
import { alone } from '../../src/fleet/core/membership.ts';
import type { Fleet, FleetReport } from '../../src/fleet/fleet-report.ts';

const loneReport: FleetReport = {
  name: 'gw-test',
  ownId: 'f00d',
  source: 'alone',
  asOf: null,
  ...alone({
    id: 'f00d',
    name: 'gw-test',
    version: '0.0.0-test',
    configDigest: '',
    adminUrl: null,
    uptimeSeconds: 1,
    figures: { requestsPerSecond: 0, refusedPerSecond: 0, threads: 1, limitMode: 'local', limitModeSeconds: null },
  }),
};

export const loneFleet: Fleet = { name: 'gw-test', isLeader: true, report: () => loneReport };
