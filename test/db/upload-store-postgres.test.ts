import { postgresDatabase } from '../support/test-database.ts';
import { uploadStoreContract } from './upload-store.contract.ts';

const database = postgresDatabase();

uploadStoreContract(() => database().uploads);
