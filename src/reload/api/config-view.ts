/** What the routes of /v1/api/config take and answer. */
import { Type, type Static } from '@sinclair/typebox';
import { CONFIG_ACTIONS, CONFIG_PARTS } from '../../config/core/config-vocabulary.ts';
import { RELOAD_RESULTS } from '../core/reload-results.ts';
import type { CheckReport, ConfigurationDifference, ConfigurationReport, ReloadReport } from '../configuration.ts';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { OverlayView, overlayView } from '../../backends/api/overlay-view.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const ConfigChangeView = Type.Object(
  {
    kind: stringEnum(CONFIG_PARTS),
    action: stringEnum(CONFIG_ACTIONS),
    name: Type.String({ description: 'Key with dots, name of the pool or route, id of the backend' }),
    keys: Type.Array(Type.String(), { description: 'What changed in a pool, backend or route' }),
  },
  { $id: 'ConfigChange', title: 'Change of the configuration' },
);

const difference = {
  changes: Type.Array(refTo(ConfigChangeView)),
  restart_required: Type.Array(Type.String(), {
    description: 'Keys that differ and keep their old value until the gateway is started again',
  }),
};

export const ReloadView = Type.Object(
  {
    result: stringEnum(RELOAD_RESULTS, { description: 'applied: in force on every thread' }),
    version: Type.Integer({ description: 'Of the snapshot in force' }),
    ...difference,
  },
  { description: 'The file was right' },
);

export const CheckView = Type.Object(
  {
    valid: Type.Literal(true),
    ...difference,
    warnings: Type.Array(Type.Object({ key: Type.String(), message: Type.String() }), {
      description: 'Allowed, but hardly meant; and certificates that only a reload or start looks at',
    }),
  },
  { description: 'It is right' },
);

export const CheckBody = Type.Object(
  { config: Type.Optional(Type.String({ description: 'YAML or JSON text; left out: the file as it is now' })) },
  { additionalProperties: false },
);

export const ConfigView = Type.Object(
  {
    version: Type.Integer({ description: 'Of the snapshot in force' }),
    file: nullable(Type.String({ description: 'As it was named at the start; null: flags only' })),
    applied_at: timestamp({ description: 'When it was put in force' }),
    restart_required: difference.restart_required,
    last_error: nullable(Type.String({ description: 'Why the last reload was refused; null: it was not' })),
    overlay: Type.Array(OverlayView, {
      description: 'What the API says of backends; `settings` have it in them as far as it is in force',
    }),
    settings: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description:
        'In force, the API’s changes included, in the shape of the file, every default filled in; `***` stands for a secret, `${NAME}` for what an environment variable holds',
    }),
  },
  { description: 'As it is in force' },
);

const { settings: _settings, ...shown } = ConfigView.properties;

/** Fields of the answer to a GET, so that it can be sent back as it is. */
const notRead = Object.fromEntries(
  Object.keys(shown).map((name) => [
    name,
    Type.Optional(Type.Unknown({ readOnly: true, description: 'May be repeated; not read' })),
  ]),
) as Record<never, never>;

export const ReplaceBody = Type.Object(
  {
    config: Type.Optional(
      Type.String({ minLength: 1, description: 'The whole file: YAML, or JSON when its name ends in .json' }),
    ),
    settings: Type.Optional(
      Type.Unsafe<Readonly<Record<string, unknown>>>({
        type: 'object',
        additionalProperties: true,
        description: 'As GET answered them and they are still in force: nothing is changed',
      }),
    ),
    ...notRead,
  },
  {
    additionalProperties: false,
    allOf: [
      {
        oneOf: [{ required: ['config'] }, { required: ['settings'] }],
        'x-rule': 'give config, the text of the file, or what GET answered',
      },
    ],
  },
);

export function configView(report: ConfigurationReport): Static<typeof ConfigView> {
  return {
    version: report.version,
    file: report.file,
    applied_at: isoTime(report.appliedAt),
    restart_required: [...report.restartRequired],
    last_error: report.lastError,
    overlay: report.overlay.map(overlayView),
    settings: report.settings,
  };
}

export function reloadView({ result, version, ...more }: ReloadReport): Static<typeof ReloadView> {
  return { result, version, ...differenceView(more) };
}

export function checkView({ warnings, ...report }: CheckReport): Static<typeof CheckView> {
  return { valid: true, ...differenceView(report), warnings: warnings.map(({ key, message }) => ({ key, message })) };
}

function differenceView({ changes, restartRequired }: ConfigurationDifference) {
  return {
    changes: changes.map((change) => ({ ...change, keys: [...change.keys] })),
    restart_required: [...restartRequired],
  };
}
