import { MemoryUploadStore } from '../../support/memory-upload-store.ts';
import { uploadStoreContract } from '../../db/upload-store.contract.ts';

const store = new MemoryUploadStore();
uploadStoreContract(() => store);
