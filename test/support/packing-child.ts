import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeInto } from '../../server/package/output-directory.js';

/** Makes a package of so many bytes in a directory. With `hang` it says when half of it is there, and goes no further. */
const [into = '', size = '', hang] = process.argv.slice(2);
try {
  await makeInto(into, async (work) => {
    const file = join(work, 'postern_2_amd64.deb');
    writeFileSync(file, Buffer.alloc(Number(size) / 2, 'n'));
    if (hang !== undefined) {
      process.stdout.write('half\n');
      await new Promise((resolve) => setTimeout(resolve, 1_000_000));
    }
    writeFileSync(file, Buffer.alloc(Number(size), 'n'));
    return [file];
  });
} catch (error) {
  process.stderr.write(`package: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
