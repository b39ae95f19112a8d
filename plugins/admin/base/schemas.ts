/** Adds the named schemas to the app, so that routes can refer to them and the OpenAPI document has their names. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync } from 'fastify';
import { NAMED_SCHEMAS } from '../../../src/openapi/named-schemas.ts';

const schemas: FastifyPluginAsync = async (app) => {
  for (const schema of NAMED_SCHEMAS) {
    app.addSchema(schema);
  }
};

export default fp(schemas, { name: 'schemas' });
