/** Schemas of the routes of /v1/api/config. */
import { Type, type Static } from '@sinclair/typebox';
import { CONFIG_ACTIONS, CONFIG_PARTS } from '../../config/core/config-vocabulary.ts';
import { RELOAD_RESULTS } from '../core/reload-vocabulary.ts';
import type {
  ChangeReport,
  ConfigurationDifference,
  ConfigurationReport,
  EditableText,
  PlanReport,
} from '../configuration.ts';
import { isoTime, nullable, nullableRef, refTo, timestamp } from '../../api/json-types.ts';
import { OverlayView, overlayView } from '../../backends/api/overlay-view.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { watchView, WatchView } from './watch-view.ts';

export const ConfigChangeView = Type.Object(
  {
    kind: stringEnum(CONFIG_PARTS),
    action: stringEnum(CONFIG_ACTIONS),
    name: Type.String({ description: 'Dotted key, name of the pool or route, or id of the backend' }),
    keys: Type.Array(Type.String(), { description: 'The changed pool, backend or route' }),
  },
  { $id: 'ConfigChange', title: 'Change of the configuration' },
);

const difference = {
  changes: Type.Array(refTo(ConfigChangeView)),
  restart_required: Type.Array(Type.String(), {
    description: 'Changed keys that keep their old value until a restart',
  }),
};

export const ReloadView = Type.Object(
  {
    result: stringEnum(RELOAD_RESULTS, { description: 'applied: on every thread' }),
    version: Type.Integer({ description: 'Of the current snapshot' }),
    ...difference,
    number: nullable(
      Type.Integer({
        description: 'Of the current text among the kept versions; null: without a file, or if it is code',
      }),
    ),
    watch: nullableRef(WatchView),
  },
  { description: 'The file is valid; `watch`: null if the change is not watched' },
);

export const CheckView = Type.Object(
  {
    valid: Type.Literal(true),
    plan_id: nullable(
      Type.String({
        description:
          'To apply this text, if nothing has changed by then; null: no text was given, or the file cannot be written',
        examples: ['9f86d081884c7d65-9f86d081884c7d65-60303ae22b998861'],
      }),
    ),
    ...difference,
    warnings: Type.Array(Type.Object({ key: Type.String(), message: Type.String() }), {
      description: 'Allowed but probably unintended, plus certificates that only a reload or start opens',
    }),
  },
  { description: 'It is valid' },
);

export type ReloadAnswer = Static<typeof ReloadView>;
export type CheckAnswer = Static<typeof CheckView>;

/** The whole file of a gateway before two backends. */
export const SHOWN_CONFIG = `rate_limit:
  default: { capacity: 100, rate_per_second: 10 }
pools:
  default:
    backends:
      - url: http://127.0.0.1:8081
      - url: http://127.0.0.1:8082
`;

export const CheckBody = Type.Object(
  { config: Type.Optional(Type.String({ description: 'YAML or JSON text; default: the current file' })) },
  {
    additionalProperties: false,
    'x-examples': {
      text: { summary: 'A text', value: { config: SHOWN_CONFIG } },
      file: { summary: 'The current file', value: {} },
    },
  },
);

export const ConfigView = Type.Object(
  {
    version: Type.Integer({ description: 'Of the current snapshot' }),
    file: nullable(Type.String({ description: 'Path as given at start; null: flags only' })),
    read_only: nullable(Type.String({ description: 'Why PUT cannot replace the file, a sentence; null: it can' })),
    yaml: nullable(
      Type.String({
        description:
          'What a file of code evaluated to, with flags: without defaults, secrets replaced by `***`; null: the file is YAML or JSON',
      }),
    ),
    applied_at: timestamp({ description: 'When it was applied' }),
    restart_required: difference.restart_required,
    last_error: nullable(Type.String({ description: 'Why the last reload was refused; null if it was not' })),
    overlay: Type.Array(OverlayView, {
      description: 'Overrides stored by the API; `settings` includes those that apply',
    }),
    settings: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description:
        'Current settings in the shape of the file, with overrides and all defaults; `***` replaces a secret, `${NAME}` the value of an environment variable',
    }),
  },
  { description: 'The current settings' },
);

export const ConfigTextView = Type.Object(
  {
    text: nullable(
      Type.String({
        description:
          'With comments, and `"*** 1 of 9f86d081"` in place of a literal secret; null: there is no file, it is code, or it is longer than 512 KiB',
      }),
    ),
    hidden: Type.Integer({ description: 'How many secrets are replaced' }),
    number: nullable(Type.Integer({ description: 'Of the kept version; null: there is none' })),
    file_changed: Type.Boolean({ description: 'The file on the disk contains something else, which does not apply' }),
  },
  { description: 'The text that applies' },
);

export function configTextView({ isFileChanged, ...rest }: EditableText): Static<typeof ConfigTextView> {
  return { ...rest, file_changed: isFileChanged };
}

export const SchemaView = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
  description: 'JSON Schema, draft 7',
});

const { settings: _settings, ...shown } = ConfigView.properties;

/** Fields of the answer to a GET, accepted so that it can be sent back unchanged. */
const readOnlyFields = Object.fromEntries(
  Object.keys(shown).map((name) => [
    name,
    Type.Optional(Type.Unknown({ readOnly: true, description: 'Accepted and ignored' })),
  ]),
) as Record<never, never>;

export const ReplaceBody = Type.Object(
  {
    config: Type.Optional(
      Type.String({ minLength: 1, description: 'The whole file: YAML, or JSON if its name ends in .json' }),
    ),
    settings: Type.Optional(
      Type.Unsafe<Readonly<Record<string, unknown>>>({
        type: 'object',
        additionalProperties: true,
        description: 'As returned by GET and still current: nothing is changed',
      }),
    ),
    ...readOnlyFields,
  },
  {
    additionalProperties: false,
    allOf: [
      {
        oneOf: [{ required: ['config'] }, { required: ['settings'] }],
        'x-rule': 'send config with the text of the file, or the answer of GET',
      },
    ],
    examples: [{ config: SHOWN_CONFIG }],
  },
);

export function configView(report: ConfigurationReport): Static<typeof ConfigView> {
  return {
    version: report.version,
    file: report.file,
    read_only: report.readOnly,
    yaml: report.yaml,
    applied_at: isoTime(report.appliedAt),
    restart_required: [...report.restartRequired],
    last_error: report.lastError,
    overlay: report.overlay.map(overlayView),
    settings: report.settings,
  };
}

export function reloadView({ result, version, number, watch, ...more }: ChangeReport): Static<typeof ReloadView> {
  return { result, version, ...differenceView(more), number, watch: watch === null ? null : watchView(watch) };
}

export function checkView({ warnings, planId, ...report }: PlanReport): Static<typeof CheckView> {
  return {
    valid: true,
    plan_id: planId,
    ...differenceView(report),
    warnings: warnings.map(({ key, message }) => ({ key, message })),
  };
}

function differenceView({ changes, restartRequired }: ConfigurationDifference) {
  return {
    changes: changes.map((change) => ({ ...change, keys: [...change.keys] })),
    restart_required: [...restartRequired],
  };
}
