import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { reason } from '../../wire/reason.js';
import { CliError, EXIT } from '../command/exit-status.js';

/** Larger than any public key, and than any certificate with which somebody can log in. */
const LARGEST_FILE = 64 * 1024;

/**
 * Reads the text of a key file; `-` is stdin. It only refuses devices and huge files: later code checks that
 * it is a key.
 *
 * @throws CliError
 */
export function readKeyFile(file: string): string {
  const buffer = Buffer.alloc(LARGEST_FILE + 1);
  let size = 0;
  try {
    const descriptor = file === '-' ? 0 : openSync(file, 'r');
    for (let read = -1; read !== 0 && size < buffer.length; size += read) {
      read = readSync(descriptor, buffer, size, buffer.length - size, null);
    }
    if (descriptor !== 0) closeSync(descriptor);
  } catch (error) {
    throw new CliError(`the key ${file} cannot be read: ${reason(error)}`, EXIT.usage);
  }
  if (size > LARGEST_FILE) throw new CliError(`${file} is too long for a public key`, EXIT.usage);
  return buffer.toString('utf8', 0, size);
}

/** A customer's key, found in a directory of many. */
interface CustomersKey {
  readonly customer: string;
  /** One line. */
  readonly text: string;
}

/**
 * Reads the files `CUSTOMER.pub` of a directory: one key on each line.
 *
 * @throws CliError when there is no such file, or one cannot be read
 */
export function readKeyDirectory(directory: string): readonly CustomersKey[] {
  const names = namesIn(directory).filter((name) => name.endsWith('.pub'));
  if (names.length === 0) throw new CliError(`there is no CUSTOMER.pub in ${directory}`, EXIT.usage);
  return names.sort().flatMap((name) =>
    readKeyFile(join(directory, name))
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((text) => ({ customer: name.slice(0, -'.pub'.length), text })),
  );
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw new CliError(`the directory ${directory} cannot be read: ${reason(error)}`, EXIT.usage);
  }
}
