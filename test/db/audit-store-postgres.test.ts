import { postgresDatabase } from '../support/test-database.ts';
import { auditStoreContract } from './audit-store.contract.ts';

const database = postgresDatabase();

auditStoreContract(() => database().audit);
