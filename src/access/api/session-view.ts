import { Type } from '@sinclair/typebox';
import { AUTHENTICATIONS, ROLES } from '../core/role.ts';
import { nullable } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const SessionView = Type.Object(
  {
    authentication: stringEnum(AUTHENTICATIONS, {
      description: 'none: no token is configured, everybody may do all',
    }),
    name: nullable(Type.String({ description: 'Of the token that was sent; null: none was' })),
    role: nullable(stringEnum(ROLES, { description: 'What it may do; null: nothing' })),
  },
  { $id: 'Session', description: 'Who calls' },
);
