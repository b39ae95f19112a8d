/** What `import … from 'sluice'` offers: the package's own entry in package.json, and the one of configurations in code. */
export { defineConfig, type ConfigContext } from './config/code/define-config.ts';
export { ConfigError, type ConfigProblem } from './config/file/problem.ts';
export { createGateway, GatewayStartError } from './library/create-gateway.ts';
export type {
  AdminAnswer,
  AdminRequest,
  CreateGatewayOptions,
  EmbeddedGateway,
  GatewayLogger,
  GatewayReload,
  StartFailure,
} from './library/embedded-gateway.ts';
export type { GatewayEvent } from './events/event-log.ts';
export type { BackendConfig, Config, PoolConfig, RouteConfig } from './config/code/config-input.ts';
export { Type } from '@sinclair/typebox';
export {
  definePlugin,
  type PluginContext,
  type PluginCounters,
  type PluginDefinition,
  type PluginDone,
  type PluginEnvironment,
  type PluginHeaders,
  type PluginHooks,
  type PluginLog,
  type PluginRequest,
  type PluginResponse,
} from './plugin-kit/define-plugin.ts';
