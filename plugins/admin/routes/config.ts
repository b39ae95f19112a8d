/** Shows the current configuration, checks a new one, and reloads the file. */
import { isDeepStrictEqual } from 'node:util';
import fp from 'fastify-plugin';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../../src/admin-access/access-token.ts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  CheckBody,
  CheckView,
  checkView,
  ConfigTextView,
  configTextView,
  ConfigView,
  configView,
  ReloadView,
  reloadView,
  ReplaceBody,
  SchemaView,
} from '../../../src/reload/api/config-view.ts';
import { WatchQuery } from '../../../src/reload/api/watch-view.ts';
import { GatewayError } from '../../../src/errors.ts';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import type { ChangeReport, Configuration, ConfigurationReport } from '../../../src/reload/configuration.ts';

interface WatchOption {
  readonly watch_seconds: number;
}

export interface ConfigOptions {
  readonly configuration: Configuration;
}

/** Its name in the audit log. */
const TARGET = 'configuration';

const config: FastifyPluginAsyncTypebox<ConfigOptions> = async (app, { configuration }) => {
  const tags = ['config'];
  const errors = errorAnswers('GW_BAD_REQUEST', 'GW_VALIDATION', 'GW_CONFIG_TOO_COSTLY', ...COMMON_ERRORS);

  app.get(
    '/v1/api/config',
    {
      schema: {
        tags,
        operationId: 'getConfig',
        summary: 'Read the current configuration',
        response: { 200: ConfigView, ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => configView(configuration.report()),
  );

  app.get(
    '/v1/api/config/text',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'getConfigText',
        summary: 'Read the text of the current configuration, to edit it',
        description:
          'Literal secrets are replaced by placeholders such as `"*** 1 of 9f86d081"`. Texts sent to `check`, `apply` and PUT may ' +
          'contain them: each stands for its secret, at the same key only.',
        response: { 200: ConfigTextView, ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => configTextView(configuration.editable()),
  );

  app.get(
    '/v1/api/config/schema',
    {
      schema: {
        tags,
        operationId: 'getConfigSchema',
        summary: 'Read the JSON Schema of the configuration file',
        description: 'For editors and programs; with the options of the plugins that are configured.',
        response: { 200: SchemaView, ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => configuration.schema(),
  );

  app.put(
    '/v1/api/config',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'replaceConfig',
        summary: 'Write and apply the file',
        description:
          'Answers once the new configuration applies on every traffic thread; the previous file is kept as `.bak`. ' +
          'An invalid text is rejected and the file is kept. PUT also accepts what GET returned, as long as it is ' +
          'current, and changes nothing; it cannot be used to change something, because it lacks secrets and comments.',
        querystring: WatchQuery,
        body: ReplaceBody,
        response: {
          200: ReloadView,
          ...errors,
          ...errorAnswers('GW_CONFIG_NOT_WRITABLE', 'GW_BODY_TOO_LARGE', 'GW_UNSUPPORTED_MEDIA_TYPE'),
        },
      },
    },
    async (request) => {
      request.audited = { target: TARGET };
      const report = configuration.report();
      const { version } = report;
      const { config: text, settings } = request.body;
      const replaced = reloadView(
        text === undefined
          ? unchanged(report, settings!, configuration.versions()[0]?.number ?? null)
          : await configuration.replace(text, changeOptions(request)),
      );
      request.audited = { target: TARGET, before: { version }, after: replaced };
      return replaced;
    },
  );

  app.post(
    '/v1/api/config/reload',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'reloadConfig',
        summary: 'Read the file again',
        description:
          'Answers once it applies on every traffic thread. An invalid file is rejected with every problem in ' +
          '`details`, and the current configuration is kept. The same as SIGHUP.',
        querystring: WatchQuery,
        response: { 200: ReloadView, ...errors },
      },
    },
    async (request) => {
      request.audited = { target: TARGET };
      const { version } = configuration.report();
      const reloaded = reloadView(await configuration.reload(changeOptions(request)));
      request.audited = { target: TARGET, before: { version }, after: reloaded };
      return reloaded;
    },
  );

  app.post(
    '/v1/api/config/check',
    {
      config: { isQuestion: checksText },
      preValidation: async (request) => {
        request.body ??= {};
      },
      schema: {
        tags,
        operationId: 'checkConfig',
        summary: 'Check what a reload would change',
        description:
          'Checks the text in `config`, or else the file, and applies nothing. Certificates and keys in a text ' +
          'are opened only if the current configuration also uses them. The answer of a valid text has a `plan_id`, with ' +
          'which POST /v1/api/config/apply applies it if nothing has changed by then.',
        body: CheckBody,
        response: {
          200: CheckView,
          ...errors,
          ...errorAnswers('GW_BODY_TOO_LARGE', 'GW_UNSUPPORTED_MEDIA_TYPE'),
        },
      },
    },
    async (request) => {
      request.audited = { target: TARGET };
      const view = checkView(await configuration.check(request.body.config));
      request.audited = { target: TARGET, after: view };
      return view;
    },
  );
};

/** Editors check while their user types. A check of the file shows what is in it, so that is recorded. */
function checksText({ body }: FastifyRequest): boolean {
  return typeof (body as { readonly config?: unknown } | null | undefined)?.config === 'string';
}

/** Who asks for a change, and how long it is watched. */
function changeOptions({ principal, query }: { readonly principal: Principal | null; readonly query: WatchOption }) {
  return { by: principal?.name ?? null, watchSeconds: query.watch_seconds };
}

/** Throws if these are not the current settings. @param number of the current version */
function unchanged(
  report: ConfigurationReport,
  settings: Readonly<Record<string, unknown>>,
  number: number | null,
): ChangeReport {
  const current = JSON.parse(JSON.stringify(report.settings)) as Record<string, unknown>;
  const details = [...new Set([...Object.keys(current), ...Object.keys(settings)])]
    .filter((key) => !isDeepStrictEqual(current[key], settings[key]))
    .map((key) => ({
      field: `settings.${key}`,
      message: 'differs from the current configuration; to change it, send the whole text of the file in config',
    }));
  if (details.length > 0) throw new GatewayError('GW_VALIDATION', { details });
  const { version, restartRequired } = report;
  return { result: 'unchanged', version, changes: [], restartRequired, number, watch: null };
}

export default fp(config, { name: 'config', dependencies: ['schemas', 'audit'] });
