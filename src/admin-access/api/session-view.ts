import { Type } from '@sinclair/typebox';
import { AUTHENTICATIONS, ROLES } from '../core/admin-access-vocabulary.ts';
import { nullable } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const SessionView = Type.Object(
  {
    authentication: stringEnum(AUTHENTICATIONS, {
      description: 'none: no token is configured, so everything is allowed',
    }),
    name: nullable(Type.String({ description: 'Name of the token; null: none was sent' })),
    role: nullable(stringEnum(ROLES, { description: 'Role of the caller; null: none' })),
  },
  { $id: 'Session', description: 'The caller' },
);
