import { embeddedDatabase } from '../support/test-database.ts';
import { memberStoreContract } from './member-store.contract.ts';

const database = embeddedDatabase();

memberStoreContract(() => database().members);
