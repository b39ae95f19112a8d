import { Type } from '@sinclair/typebox';

import { text } from '../schema-kinds.ts';

export const FileSchema = Type.Object(
  {
    path: text(
      'file',
      'A file in YAML or JSON with the same list as `backends`, or a folder of such files (`*.yaml`, `*.yml`, `*.json`), relative to the working directory. Looked at twice a second.',
    ),
  },
  { additionalProperties: false, description: 'Members from a file or a drop-in folder.' },
);
