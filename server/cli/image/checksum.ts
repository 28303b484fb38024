import { CliError, EXIT } from '../command/exit-status.js';

/** What a file must have. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'sha512';
  /** In hexadecimal, small letters. */
  readonly hex: string;
}

/** The digits in hexadecimal. */
const DIGITS = { sha256: 64, sha512: 128 } as const;
/** `sha256sum`: `SUM  NAME`, or `SUM *NAME`. */
const LINE = /^\\?([0-9a-fA-F]+)(?: [ *]|\t)(.+)$/;
/** `sha256sum --tag`: `SHA256 (NAME) = SUM`. */
const TAGGED = /^SHA(?:256|512) \((.+)\) = ([0-9a-fA-F]+)$/;

/** @throws CliError when the text is no such sum */
export function parseChecksum(text: string, algorithm: Checksum['algorithm']): Checksum {
  const found = checksum(text);
  if (found?.algorithm === algorithm) return found;
  throw new CliError(
    `--${algorithm}: give the ${DIGITS[algorithm]} digits that ${algorithm}sum prints`,
    EXIT.usage,
  );
}

/**
 * Finds the sum of a file in a SHA256SUMS or SHA512SUMS.
 *
 * @param name of the file, without directories
 * @param where the sums come from, for the sentence
 * @throws CliError when there is none, or two that differ
 */
export function findChecksum(sums: string, name: string, where: string): Checksum {
  const found = sums.split(/\r?\n/).flatMap((line) => {
    const tagged = TAGGED.exec(line);
    const [hex, named] = tagged === null ? (LINE.exec(line)?.slice(1) ?? []) : [tagged[2], tagged[1]];
    return hex === undefined || named?.replace(/^\.\//, '') !== name ? [] : (checksum(hex) ?? []);
  });
  const strongest = found.filter(({ algorithm }) => algorithm === 'sha512');
  const [first, ...others] = strongest.length > 0 ? strongest : found;
  if (first === undefined)
    throw new CliError(`${where} has no SHA-256 and no SHA-512 of ${name}: name another file with --sums`);
  if (others.some(({ hex }) => hex !== first.hex))
    throw new CliError(`${where} has several sums of ${name}: give the right one with --${first.algorithm}`);
  return first;
}

function checksum(text: string): Checksum | undefined {
  const hex = text.toLowerCase();
  if (!/^[0-9a-f]+$/.test(hex)) return undefined;
  if (hex.length === DIGITS.sha256) return { algorithm: 'sha256', hex };
  return hex.length === DIGITS.sha512 ? { algorithm: 'sha512', hex } : undefined;
}
