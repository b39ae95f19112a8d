import { Type } from '@sinclair/typebox';

import { ANSWER_COST } from '../../../limits/core/limits-vocabulary.ts';
import { flag, text } from '../schema-kinds.ts';

/** `cost_from` of a route. Which keys may be combined: check-cost.ts. */
export const CostSchema = Type.Optional(
  Type.Object(
    {
      header: Type.Optional(
        text('header-name', 'A header field or trailer of the answer: a number, such as `x-request-cost`.'),
      ),
      json: Type.Optional(
        text(
          'cost-expression',
          'Numbers in the JSON of the answer or of the events of its stream: keys joined by dots, `[]` for the elements of a list; terms joined by `+`, each with a weight (`* 5`) and alternatives (`|`) of which the first that is there counts. docs/model-costs.md has those of common APIs.',
        ),
      ),
      estimate: Type.Optional(
        Type.Integer({
          ...ANSWER_COST,
          description:
            'Taken from the limits when the request is admitted, and kept if the answer does not say its cost. Tokens. Default: `cost`.',
        }),
      ),
      max: Type.Optional(
        Type.Integer({ ...ANSWER_COST, description: 'An answer is charged no more than this. Tokens. Default: 1e9.' }),
      ),
      multiply: Type.Number({
        exclusiveMinimum: 0,
        maximum: 1_000_000,
        default: 1,
        description: 'What the answer says is multiplied by this, and rounded up.',
      }),
      hide: flag(false, 'Clients do not get the `header`.'),
    },
    {
      additionalProperties: false,
      minProperties: 1,
      description:
        'The answer says what the request costs: what was taken too much is given back, what is missing is charged, at most one bucket of it as a debt. Default: a request costs `cost`.',
    },
  ),
);
