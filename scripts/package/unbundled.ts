/** Packages that are not in the build, because they read files next to their own. */
export const UNBUNDLED = ['@fastify/swagger-ui', 'autocannon', 'pino-pretty'];
