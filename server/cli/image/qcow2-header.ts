import { open } from 'node:fs/promises';
import { CliError, EXIT } from '../command/exit-status.js';

/** Up to the incompatible features. Source: docs/interop/qcow2.rst of QEMU. */
const HEADER_BYTES = 80;
const EXTERNAL_DATA = 4n;

/**
 * Reads the header of a qcow2 image, before qemu-img does. An image can name other files, of which a part would
 * then be in the customers' image: `/etc/shadow` of this host.
 *
 * @returns the bytes of the disk that is in it
 * @throws CliError when it names another file, is encrypted, or is no qcow2 image of version 2 or 3
 */
export async function qcow2Bytes(path: string): Promise<number> {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = await open(path);
  try {
    await handle.read(header, 0, header.length, 0);
  } finally {
    await handle.close();
  }
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw no(`is of version ${version}, and not of 2 or 3`);
  if (header.readBigUInt64BE(8) !== 0n) throw no('needs a backing file');
  if (header.readUInt32BE(32) !== 0) throw no('is encrypted');
  if (version === 3 && (header.readBigUInt64BE(72) & EXTERNAL_DATA) !== 0n)
    throw no('has its data in another file');
  return Number(header.readBigUInt64BE(24));
}

function no(why: string): CliError {
  return new CliError(
    `the qcow2 image ${why}: add one that is whole in itself, and nothing was changed`,
    EXIT.refused,
  );
}
