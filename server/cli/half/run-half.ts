import { CliError, EXIT } from '../command/exit-status.js';

/** Runs a half with this settings file; with `check`, only reads it. @throws CliError when it cannot start */
export type RunHalf = (settings: string, options?: { readonly check?: boolean }) => Promise<void>;

/**
 * Stands where only the help of a half is loaded: `postern.ts` knows by the first word which program to load.
 */
export async function firstWord(): Promise<void> {
  return Promise.reject(new CliError('Name the half first, as in "postern dom0".', EXIT.usage));
}
