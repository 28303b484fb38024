import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Host } from './host.js';
import { complain, print } from './output.js';

/** The simulated `xenstore-read`: values of `/local/domain/DOMID/...`, as guests' processes write them. */
export function xenstoreRead(host: Host, paths: readonly string[]): number {
  for (const path of paths) {
    const value = valueAt(host, path);
    if (value === null) {
      complain(`xenstore-read: couldn't read path ${path}\n`);
      return 1;
    }
    print(value);
    print('\n');
  }
  return 0;
}

function valueAt(host: Host, path: string): Uint8Array | null {
  const [, domid, key = ''] = /^\/local\/domain\/([1-9][0-9]*)\/(.*)$/s.exec(path) ?? [];
  if (domid === undefined || key.split('/').includes('..')) return null;
  try {
    return readFileSync(join(host.domainDirectory(Number(domid)), 'store', key));
  } catch {
    return null;
  }
}
