/** Makes the named schemas known to the app, so that routes refer to them and the OpenAPI document names them. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync } from 'fastify';
import { NAMED_SCHEMAS } from '../../../src/openapi/named-schemas.ts';

const schemas: FastifyPluginAsync = async (app) => {
  for (const schema of NAMED_SCHEMAS) {
    app.addSchema(schema);
  }
};

export default fp(schemas, { name: 'schemas' });
