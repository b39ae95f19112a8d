import { embeddedDatabase } from '../support/test-database.ts';
import { clientStoreContract } from './client-store.contract.ts';

const database = embeddedDatabase();

clientStoreContract(() => database().clients);
