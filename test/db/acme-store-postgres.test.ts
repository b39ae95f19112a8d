import { postgresDatabase } from '../support/test-database.ts';
import { acmeStoreContract } from './acme-store.contract.ts';

const database = postgresDatabase();

acmeStoreContract(() => database().acme);
