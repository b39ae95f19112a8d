import { postgresDatabase } from '../support/test-database.ts';
import { backendStoreContract } from './backend-store.contract.ts';

const database = postgresDatabase();

backendStoreContract(() => database().backends);
