/**
 * The database cannot be opened, or an admin's command on it cannot be done; the
 * message is one clear sentence.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/**
 * The audit log cannot be written: the disk is full, read-only or failing, or another process holds the
 * database. The transaction was rolled back, so nothing has happened.
 */
export class AuditUnavailableError extends Error {
  override readonly name = 'AuditUnavailableError';
}
