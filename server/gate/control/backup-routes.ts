import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../store/store.js';
import { pasted } from './argument.js';
import type { AdministrationSettings } from './control-ports.js';
import { StreamedFile, route } from './route.js';
import type { Route } from './route.js';

/**
 * Hands a copy of the database over byte by byte. So it becomes the file of the admin who asked, in a place
 * where the gate itself may not write. `file` is the admin's name for it, for the record.
 */
export function backupRoutes(store: Store, settings: AdministrationSettings): readonly Route[] {
  return [
    route('POST', '/backup', { file: pasted }, async (given, { actor }) => {
      const copy = join(settings.state, `.backup-${randomUUID()}`);
      try {
        await store.backup(copy);
        store.audit.append({ kind: 'backup.made', actor, file: given.file.slice(0, 1000) });
        return new StreamedFile(copy);
      } catch (error) {
        rmSync(copy, { force: true });
        throw error;
      }
    }),
  ];
}
