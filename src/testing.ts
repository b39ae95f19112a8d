/** What `import … from 'sluice/testing'` is; its types are those of src/testing/test-gateway.ts. */
export { createTestGateway } from './testing/create-test-gateway.ts';
