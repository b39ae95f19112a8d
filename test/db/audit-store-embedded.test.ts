import { embeddedDatabase } from '../support/test-database.ts';
import { auditStoreContract } from './audit-store.contract.ts';

const database = embeddedDatabase();

auditStoreContract(() => database().audit);
