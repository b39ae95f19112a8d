import { postgresDatabase } from '../support/test-database.ts';
import { quotaStoreContract } from './quota-store.contract.ts';

const database = postgresDatabase();

quotaStoreContract(() => database().quotas);
