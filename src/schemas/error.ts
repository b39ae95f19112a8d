/** The body of every error answer. Registered once, as `Error`, by the errors plugin. */
import { Type } from '@sinclair/typebox';
import { ERRORS, type ErrorBody, type ErrorCode } from '../errors.ts';
import { stringEnum } from './string-enum.ts';

export const ErrorSchema = Type.Object(
  {
    code: Type.Integer({ description: 'The HTTP status' }),
    error: stringEnum(Object.keys(ERRORS) as ErrorCode[], { description: 'Stable; match on this' }),
    message: Type.String({ description: 'For people' }),
    request_id: Type.String({ description: 'As in the log' }),
    details: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
        description: 'Every wrong field, and what is allowed',
      }),
    ),
  },
  { $id: 'Error' },
);

/** `response` schemas for these statuses: `...errorResponses(400, 404)`. */
export function errorResponses<const Statuses extends readonly number[]>(...statuses: Statuses) {
  const reference = Type.Unsafe<ErrorBody>({ $ref: 'Error#', description: 'An error' });
  return Object.fromEntries(statuses.map((status) => [status, reference])) as Record<
    Statuses[number],
    typeof reference
  >;
}
