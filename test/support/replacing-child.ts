import { dirname } from 'node:path';
import { Replacement } from '../../config/replacement.js';
import { Machine } from '../../server/cli/installation/machine.js';
import { ROOT } from '../../server/cli/installation/piece.js';
import { writeWhole } from '../../server/cli/setup/put-in-place.js';
import { RootDirectory } from '../../server/cli/command/root-directory.js';
import { HostKey } from '../../server/gate/ssh/host-key.js';

/** Replaces a file's content by 64 KiB, under the limits that it was started with, and prints the result. */
const [what = '', file = ''] = process.argv.slice(2);
const TEXT = 'x'.repeat(64 * 1024);

// Without a handler the signal kills the process. With one the call fails, as on a full disk.
process.on('SIGXFSZ', () => undefined);

try {
  if (what === 'replacement') new Replacement(file, TEXT).commit();
  else if (what === 'setup')
    writeWhole(file, TEXT, 0o644, ROOT, new Machine(new RootDirectory(dirname(file))));
  else if (what === 'host key') HostKey.open(file);
  process.stdout.write('written\n');
} catch (error) {
  process.stdout.write(`${(error as NodeJS.ErrnoException).code ?? (error as Error).name}\n`);
}
