import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import type { SeedImage } from '../../server/dom0/seed/seed-image.js';

/** Makes images of seed disks in this process: the head of an ISO 9660 image, and the files behind it as JSON. */
export class SeedImageInProcess implements SeedImage {
  made = 0;
  /** When set, no image is made, for this reason. */
  failure: string | null = null;
  /** Called before each image is made. */
  before: () => Promise<void> | void = () => undefined;

  async make(target: string, files: ReadonlyMap<string, string>): Promise<string | null> {
    await this.before();
    if (this.failure !== null) return this.failure;
    this.made += 1;
    const descriptor = Buffer.alloc(2048);
    descriptor.write('\u0001CD001', 'latin1');
    descriptor.write('CIDATA'.padEnd(32), 40, 'latin1');
    const texts: [string, string][] = [];
    for (const [name, path] of files) texts.push([name, await readFile(path, 'utf8')]);
    await truncate(target, 32_768);
    await appendFile(target, Buffer.concat([descriptor, Buffer.from(JSON.stringify(texts))]));
    return null;
  }

  /** The files of an image, by name. */
  static async read(image: string): Promise<ReadonlyMap<string, string>> {
    const bytes = await readFile(image);
    return new Map(JSON.parse(bytes.subarray(34_816).toString('utf8')) as [string, string][]);
  }

  /** An image that is cut off, as a program that died leaves it. */
  static async torn(path: string): Promise<void> {
    await writeFile(path, Buffer.alloc(1_000), { mode: 0o600 });
  }
}
