/** Schemas of applied plans and of kept versions of the configuration. */
import { Type, type Static } from '@sinclair/typebox';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import type { ConfigChange } from '../../config/compare.ts';
import type { KeptVersion, VersionReport } from '../configuration.ts';
import { VERSION_ORIGINS, WATCH_SECONDS } from '../core/reload-vocabulary.ts';
import { ConfigChangeView, SHOWN_CONFIG } from './config-view.ts';
import { watchSeconds } from './watch-view.ts';

export const ApplyBody = Type.Object(
  {
    config: Type.String({ minLength: 1, description: 'The text that was checked' }),
    plan_id: Type.String({
      description: '`plan_id` of the answer to its check: the one of the example is of another gateway',
    }),
    watch_seconds: watchSeconds(WATCH_SECONDS.default),
  },
  {
    additionalProperties: false,
    examples: [
      {
        config: SHOWN_CONFIG,
        plan_id: '9f86d081884c7d65-9f86d081884c7d65-60303ae22b998861',
        watch_seconds: 60,
      },
    ],
  },
);

export const RollbackBody = Type.Object(
  { watch_seconds: watchSeconds(WATCH_SECONDS.default) },
  { additionalProperties: false, examples: [{ watch_seconds: 60 }] },
);

export const VersionParams = Type.Object({
  number: Type.Integer({ minimum: 1, description: 'Number of a kept version', examples: [1] }),
});

export const DiffQuery = Type.Object(
  {
    with: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Number of the other version; default: the current one' }),
    ),
  },
  { additionalProperties: false },
);

const version = {
  number: Type.Integer({ description: 'Counts up, also over restarts', examples: [7] }),
  applied_at: timestamp(),
  origin: stringEnum(VERSION_ORIGINS, {
    description:
      'start: it was in the file when the process started; api, file, signal: what began the reload; rollback: by an ' +
      'operator; revert: the version after it made something worse',
  }),
  by: nullable(Type.String({ description: 'Name of the token; null: nobody’s', examples: ['alice'] })),
  digest: Type.String({ description: 'SHA-256 of the text, hex' }),
  bytes: Type.Integer({ description: 'Of the text' }),
  stored: Type.Boolean({ description: 'False: in memory only, because the data folder cannot be written' }),
};

export const VersionItem = Type.Object(version, { $id: 'ConfigVersion', title: 'Version of the configuration' });

export const VersionsView = Type.Object(
  { items: Type.Array(refTo(VersionItem), { description: 'The current one first, at most ten' }) },
  { description: 'The kept versions' },
);

export const VersionView = Type.Object(
  {
    ...version,
    settings: Type.Unsafe<Readonly<Record<string, unknown>> | null>({
      type: ['object', 'null'],
      additionalProperties: true,
      description:
        'In the shape of the file with all defaults, as GET /v1/api/config shows them: `***` replaces a secret; null: it is no longer valid',
    }),
    problems: Type.Array(Type.String(), { description: 'Why it is no longer valid' }),
  },
  { description: 'A kept version' },
);

export const DiffView = Type.Object(
  {
    from: Type.Integer({ description: 'Number of a version' }),
    to: Type.Integer({ description: 'Number of a version' }),
    changes: Type.Array(refTo(ConfigChangeView)),
  },
  { description: 'What the later one changed' },
);

export type VersionAnswer = Static<typeof VersionItem>;
export type DiffAnswer = Static<typeof DiffView>;

export function versionItem({ isStored, at, ...rest }: KeptVersion): Static<typeof VersionItem> {
  return { ...rest, applied_at: isoTime(at), stored: isStored };
}

export function versionView({ settings, problems, ...rest }: VersionReport): Static<typeof VersionView> {
  return { ...versionItem(rest), settings, problems: [...problems] };
}

export function diffView(from: number, to: number, changes: readonly ConfigChange[]): Static<typeof DiffView> {
  return { from, to, changes: changes.map((change) => ({ ...change, keys: [...change.keys] })) };
}
