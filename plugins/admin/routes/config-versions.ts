/** Plans applied, the watch after a change, and kept versions of the configuration: listed, compared, brought back. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import { reloadView, ReloadView } from '../../../src/reload/api/config-view.ts';
import {
  ApplyBody,
  DiffQuery,
  diffView,
  DiffView,
  RollbackBody,
  versionItem,
  VersionParams,
  VersionsView,
  versionView,
  VersionView,
} from '../../../src/reload/api/version-view.ts';
import { LastWatch, lastWatch, watchView, WatchView } from '../../../src/reload/api/watch-view.ts';
import type { Configuration } from '../../../src/reload/configuration.ts';
import { WATCH_SECONDS } from '../../../src/reload/core/reload-vocabulary.ts';

export interface ConfigVersionsOptions {
  readonly configuration: Configuration;
}

/** Its name in the audit log. */
const TARGET = 'configuration';
const PREFIX = '/v1/api/config';

const configVersions: FastifyPluginAsyncTypebox<ConfigVersionsOptions> = async (app, { configuration }) => {
  const tags = ['config'];
  const changeErrors = errorAnswers(
    'GW_BAD_REQUEST',
    'GW_VALIDATION',
    'GW_CONFIG_TOO_COSTLY',
    'GW_CONFIG_NOT_WRITABLE',
    'GW_BODY_TOO_LARGE',
    'GW_UNSUPPORTED_MEDIA_TYPE',
    ...COMMON_ERRORS,
  );
  const numberErrors = errorAnswers('GW_VALIDATION', 'GW_NOT_FOUND', ...COMMON_ERRORS);

  configuration.onRevert(({ version, previous, ...after }) => {
    app.recordOwnAction('revertConfig', {
      target: TARGET,
      before: { version },
      after: { version: previous, ...after },
    });
  });

  app.post(
    `${PREFIX}/apply`,
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'applyConfig',
        summary: 'Apply a plan, and watch it',
        description:
          'Writes and applies the text if `plan_id` is that of its check and neither the configuration nor the file has ' +
          'changed since; otherwise answers 412 and lists what has changed. For `watch_seconds` after it, errors and p95 of ' +
          'each route are compared with the minute before, and the version before returns by itself if they become worse.',
        body: ApplyBody,
        response: { 200: ReloadView, ...changeErrors, ...errorAnswers('GW_PLAN_OUTDATED') },
      },
    },
    async (request) => {
      request.audited = { target: TARGET };
      const { version } = configuration.report();
      const { config, plan_id: planId, watch_seconds: watchSeconds } = request.body;
      const options = { by: request.principal?.name ?? null, watchSeconds };
      const applied = reloadView(await configuration.apply(config, planId, options));
      request.audited = { target: TARGET, before: { version }, after: applied };
      return applied;
    },
  );

  app.get(
    `${PREFIX}/watch`,
    {
      schema: {
        tags,
        operationId: 'getConfigWatch',
        summary: 'Read how the last change does',
        response: { 200: LastWatch, ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => lastWatch(configuration.watch()),
  );

  app.delete(
    `${PREFIX}/watch`,
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'endConfigWatch',
        summary: 'End the watch, and keep the version',
        response: {
          200: refTo(WatchView, { description: 'How it ended' }),
          ...errorAnswers('GW_NOT_FOUND', ...COMMON_ERRORS),
        },
      },
    },
    async (request) => {
      request.audited = { target: TARGET };
      const before = lastWatch(configuration.watch()).watch;
      const after = watchView(configuration.endWatch(request.principal?.name ?? null));
      request.audited = { target: TARGET, before, after };
      return after;
    },
  );

  app.get(
    `${PREFIX}/versions`,
    {
      schema: {
        tags,
        operationId: 'listConfigVersions',
        summary: 'List the kept versions',
        response: { 200: VersionsView, ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => ({ items: configuration.versions().map(versionItem) }),
  );

  app.get(
    `${PREFIX}/versions/:number`,
    {
      schema: {
        tags,
        operationId: 'getConfigVersion',
        summary: 'Read a kept version',
        params: VersionParams,
        response: { 200: VersionView, ...numberErrors },
      },
    },
    async ({ params }) => versionView(await configuration.version(params.number)),
  );

  app.get(
    `${PREFIX}/versions/:number/diff`,
    {
      schema: {
        tags,
        operationId: 'diffConfigVersions',
        summary: 'Compare two kept versions',
        description: 'Lists what the later of the two changed. A version that is no longer valid cannot be compared.',
        params: VersionParams,
        querystring: DiffQuery,
        response: { 200: DiffView, ...numberErrors },
      },
    },
    async ({ params, query }) => {
      const other = query.with ?? configuration.versions()[0]?.number ?? params.number;
      const [from, to] = [Math.min(params.number, other), Math.max(params.number, other)];
      return diffView(from, to, await configuration.changesBetween(from, to));
    },
  );

  app.post(
    `${PREFIX}/rollback/:number`,
    {
      config: { role: 'admin' },
      preValidation: async (request) => {
        request.body ??= { watch_seconds: WATCH_SECONDS.default };
      },
      schema: {
        tags,
        operationId: 'rollbackConfig',
        summary: 'Bring a kept version back',
        description: 'Writes its text into the file and applies it, as the newest version.',
        params: VersionParams,
        body: RollbackBody,
        response: { 200: ReloadView, ...changeErrors, ...errorAnswers('GW_NOT_FOUND') },
      },
    },
    async (request) => {
      request.audited = { target: TARGET };
      const { version } = configuration.report();
      const options = { by: request.principal?.name ?? null, watchSeconds: request.body.watch_seconds };
      const applied = reloadView(await configuration.rollback(request.params.number, options));
      request.audited = { target: TARGET, before: { version }, after: applied };
      return applied;
    },
  );
};

export default fp(configVersions, { name: 'config-versions', dependencies: ['config'] });
