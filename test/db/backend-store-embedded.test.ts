import { embeddedDatabase } from '../support/test-database.ts';
import { backendStoreContract } from './backend-store.contract.ts';

const database = embeddedDatabase();

backendStoreContract(() => database().backends);
