import { createRequire } from 'node:module';

/**
 * Whether ssh2's native part was built. Without it everything works, but a gigabyte costs a third more CPU
 * time, and only this shows it.
 */
export function hasNativeCrypto(): boolean {
  const crypto = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
    bindingAvailable?: unknown;
  };
  return crypto.bindingAvailable === true;
}
