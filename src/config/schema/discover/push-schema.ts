import { Type } from '@sinclair/typebox';

export const PushSchema = Type.Object(
  {},
  {
    additionalProperties: false,
    description: 'Members from `PUT /v1/api/pools/{name}/members`, kept in the database.',
  },
);
