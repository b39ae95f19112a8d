/** How error answers appear in route schemas and in the OpenAPI document, made from the one table in errors.ts. */
import { Type, type TSchema } from '@sinclair/typebox';
import { ERRORS, errorBody, type ErrorCode, GatewayError } from '../errors.ts';
import { refTo } from './json-types.ts';
import { stringEnum } from './string-enum.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];

export const ErrorAnswer = Type.Object(
  {
    code: Type.Integer({ description: 'The HTTP status' }),
    error: stringEnum(codes, { description: 'Stable: match on this' }),
    message: Type.String(),
    request_id: Type.String({ description: 'The same as in the x-request-id header; look it up in the log' }),
    docs: Type.String({ description: 'The paragraph of the documentation on this error, as a path in the repository' }),
    details: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String(),
          message: Type.String(),
          line: Type.Optional(Type.Integer({ description: 'Of a configuration: in its text, from 1' })),
          column: Type.Optional(Type.Integer({ description: 'From 1' })),
        }),
        { description: 'One entry for each invalid field' },
      ),
    ),
  },
  { $id: 'Error', description: 'The body of every error' },
);

const EXAMPLE_REQUEST_ID = '5f0c1a52-7d0e-4b36-9f4e-0c6b3a1d2e7f';
/** Of the errors that name fields. */
const EXAMPLE_DETAILS: Partial<Record<ErrorCode, { readonly details: { field: string; message: string }[] }>> = {
  GW_VALIDATION: { details: [{ field: 'capacity', message: 'must be a number from 1 to 1000000000, found "many"' }] },
};

interface DocumentedAnswer {
  readonly description: string;
  readonly content: {
    readonly 'application/json': {
      readonly schema: TSchema;
      /** By code. */
      readonly examples: Readonly<Record<string, { readonly value: object }>>;
    };
  };
}

/** The `response` entries for these errors; errors that share a status share an entry. */
export function errorAnswers(...wanted: readonly ErrorCode[]): Record<number, DocumentedAnswer> {
  return documentedErrors(wanted, refTo(ErrorAnswer), errorBody);
}

/** The same for answers of another form. @param body of an error, as the routes send it */
export function documentedErrors(
  wanted: readonly ErrorCode[],
  schema: TSchema,
  body: (error: GatewayError, requestId: string) => object,
): Record<number, DocumentedAnswer> {
  const answers: Record<number, DocumentedAnswer> = {};
  for (const code of wanted) {
    const [status, message] = ERRORS[code];
    const before = answers[status];
    const example = { value: body(new GatewayError(code, EXAMPLE_DETAILS[code]), EXAMPLE_REQUEST_ID) };
    answers[status] = {
      description: `${before === undefined ? '' : `${before.description} · `}${code}: ${message}`,
      content: {
        'application/json': { schema, examples: { ...before?.content['application/json'].examples, [code]: example } },
      },
    };
  }
  return answers;
}

/** What every route behind the auth plugin may answer. */
export const COMMON_ERRORS = [
  'GW_UNAUTHORIZED',
  'GW_FORBIDDEN',
  'GW_TOO_MANY_ATTEMPTS',
  'GW_INTERNAL',
] as const satisfies readonly ErrorCode[];

/** What every route that reads a body may answer. */
export const BODY_ERRORS = [
  'GW_VALIDATION',
  'GW_BAD_JSON',
  'GW_BODY_TOO_LARGE',
  'GW_UNSUPPORTED_MEDIA_TYPE',
] as const satisfies readonly ErrorCode[];
