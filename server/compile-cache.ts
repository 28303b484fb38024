import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Beside the program, so that it can be written by nobody who could not change the program itself. */
const DIRECTORY = fileURLToPath(new URL('../.compile-cache', import.meta.url));

/**
 * Keeps the compiled code of modules that are loaded from here on, and uses what was kept. Where the directory cannot be
 * written, it is only read.
 */
export function useCompileCache(): void {
  enableCompileCache(DIRECTORY);
}

/** Writes what was compiled so far. */
export function keepCompiled(): void {
  flushCompileCache();
}
