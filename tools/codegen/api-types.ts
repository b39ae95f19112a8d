/** TypeScript types of an OpenAPI document: `paths`, `components`, `operations`. */
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';

export async function apiTypes(document: object): Promise<string> {
  // Fields with a default are optional in requests.
  return astToString(await openapiTS(document as OpenAPI3, { alphabetize: true, defaultNonNullable: false }));
}
