import { postgresDatabase } from '../support/test-database.ts';
import { apiFuzzContract } from './api-fuzz.contract.ts';

apiFuzzContract(postgresDatabase());
