// By its whole name: a name that an older Node.js lacks would end the program before it could say why.
import nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

/** Beside the program: only someone who could change the program itself can write here. */
const DIRECTORY = fileURLToPath(new URL('../.compile-cache', import.meta.url));

/**
 * Uses the kept compiled code of modules that are loaded from here on, and keeps what is compiled anew. A
 * directory that cannot be written is only read.
 */
export function useCompileCache(): void {
  nodeModule.enableCompileCache(DIRECTORY);
}

/** Writes what was compiled so far. */
export function keepCompiled(): void {
  nodeModule.flushCompileCache();
}
