import { embeddedDatabase } from '../support/test-database.ts';
import { quotaStoreContract } from './quota-store.contract.ts';

const database = embeddedDatabase();

quotaStoreContract(() => database().quotas);
