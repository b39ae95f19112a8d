import { postgresDatabase } from '../support/test-database.ts';
import { clientStoreContract } from './client-store.contract.ts';

const database = postgresDatabase();

clientStoreContract(() => database().clients);
