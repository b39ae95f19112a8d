/** Names for the shapes of the generated client. */
import type { components } from '../../../openapi/client.ts';

type Schemas = components['schemas'];

export type { Role } from '../../../src/admin-access/core/admin-access-vocabulary.ts';

export type Backend = Schemas['Backend'];
export type Frame = Schemas['Frame'];
export type Client = Schemas['Client'];
export type Certificate = Schemas['Certificate'];
export type Discovery = Schemas['Discovery'];
export type DiscoveryPool = Schemas['DiscoveryPool'];
export type RouteProvider = Discovery['providers'][number];
export type Fleet = Schemas['Fleet'];
export type Scale = Schemas['Scale'];
export type FleetGateway = Schemas['FleetGateway'];
export type LimitSharing = Schemas['LimitSharing'];
export type Route = Schemas['Route'];
export type Circuit = Schemas['Circuit'];
export type History = Schemas['History'];
export type GatewayHistory = Schemas['GatewayHistory'];
export type HistoryPoint = History['points'][number];
export type ConfigChange = Schemas['ConfigChange'];
export type ConfigWatch = Schemas['ConfigWatch'];
export type ConfigVersion = Schemas['ConfigVersion'];
export type WatchComparison = Schemas['WatchComparison'];
export type GatewayEvent = Schemas['Event'];
export type AuditEntry = Schemas['AuditEntry'];
