import { postgresDatabase } from '../support/test-database.ts';
import { memberStoreContract } from './member-store.contract.ts';

const database = postgresDatabase();

memberStoreContract(() => database().members);
