import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  parseCustomerName,
  parseDomainName,
  parseFingerprint,
  parseParameterName,
} from '../../policy/names.js';
import type { CustomerName, DomainName, Fingerprint, ParameterName } from '../../policy/names.js';
import type { AdminActor, CustomerActor } from '../../server/store/audit-actor.js';
import { Store } from '../../server/store/store.js';
import type { StoreOptions } from '../../server/store/store.js';

export const ADMIN: AdminActor = { admin: 'test-admin' };

/** A store in its own directory. `remove` closes it and deletes everything. */
export class TemporaryStore {
  readonly directory = mkdtempSync(join(tmpdir(), 'postern-store-'));
  readonly file = join(this.directory, 'postern.db');
  readonly store: Store;

  constructor(options: StoreOptions = {}) {
    empty ??= emptyDatabase();
    writeFileSync(this.file, empty, { mode: 0o600 });
    this.store = Store.open(this.file, options);
  }

  remove(): void {
    this.store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A new database, as `Store.open` makes it. All migrations for each test would take as long as many tests. */
let empty: Buffer | undefined;

function emptyDatabase(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'postern-store-'));
  try {
    const file = join(directory, 'postern.db');
    Store.open(file).close();
    return readFileSync(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function customerName(text: string): CustomerName {
  return parseCustomerName(text) ?? fail(text);
}

export function domainName(text: string): DomainName {
  return parseDomainName(text) ?? fail(text);
}

export function parameterName(text: string): ParameterName {
  return parseParameterName(text) ?? fail(text);
}

/** A fingerprint without a key: 43 times the letter. */
export function fingerprint(letter: string): Fingerprint {
  return parseFingerprint(`SHA256:${letter.repeat(43)}`) ?? fail(letter);
}

export function customerActor(customer: CustomerName, key: Fingerprint): CustomerActor {
  return { customer, fingerprint: key, source: '192.0.2.7', connection: 'c1' };
}

function fail(text: string): never {
  throw new Error(`a test used a bad name: ${text}`);
}
