/** The plugins of users: their options, where they run, and how they do. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import { PluginsView, pluginsView } from '../../../src/plugin-kit/api/plugin-view.ts';
import type { PluginRuntime } from '../../../src/plugin-kit/plugin-runtime.ts';
import type { Configuration } from '../../../src/reload/configuration.ts';

export interface PluginListOptions {
  readonly configuration: Pick<Configuration, 'plugins'>;
  readonly runtime: PluginRuntime;
}

const plugin: FastifyPluginAsyncTypebox<PluginListOptions> = async (app, { configuration, runtime }) => {
  app.get(
    '/v1/api/plugins',
    {
      schema: {
        tags: ['config'],
        operationId: 'listPlugins',
        summary: 'List the plugins with their options, routes, state and counters',
        response: {
          200: refTo(PluginsView, { description: 'In the order of the configuration' }),
          ...errorAnswers(...COMMON_ERRORS),
        },
      },
    },
    async () => pluginsView(configuration.plugins(), await runtime.states(), runtime.counts()),
  );
};

export default fp(plugin, { name: 'plugin-list', dependencies: ['schemas', 'audit'] });
