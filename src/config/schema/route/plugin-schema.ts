import { Type } from '@sinclair/typebox';

import { ON_PLUGIN_ERROR } from '../../../plugin-kit/core/plugin-kit-vocabulary.ts';
import { duration, oneOf, text } from '../schema-kinds.ts';

export const PluginSchema = Type.Object(
  {
    file: text(
      'file',
      'TypeScript or JavaScript with the plugin as its default export. Watched, with what it imports.',
    ),
    options: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description:
        "The plugin's own keys, which it checks itself. `GET /v1/api/plugins` shows their values, but for secrets: " +
        'those with `writeOnly` in its schema, with names such as `token`, or from a variable.',
    }),
    timeout: duration('50ms', 'Longest wait for its `request` hook, if that is asynchronous.'),
    on_error: oneOf(
      ON_PLUGIN_ERROR,
      'deny',
      'When it throws, takes too long or cannot be loaded: answer 500 (`deny`), or go on without it (`skip`).',
    ),
  },
  { additionalProperties: false, description: 'A plugin.' },
);
