import { embeddedDatabase } from '../support/test-database.ts';
import { uploadStoreContract } from './upload-store.contract.ts';

const database = embeddedDatabase();

uploadStoreContract(() => database().uploads);
