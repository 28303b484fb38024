import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { SimulatedDomain } from '../../simulator/install.js';

/** The demo's domains. Ophelia stops in her initramfs until somebody mends her /etc/fstab. */
export const DEMO_DOMAINS: readonly SimulatedDomain[] = [
  { name: 'horatio', memory: 512 },
  { name: 'ophelia', memory: 1024, vcpus: 2, brokenFstab: true },
  { name: 'yorick', memory: 256 },
];

/**
 * Starts the domains as the host's own boot would (xendomains): by `xl`, not by Postern.
 *
 * @param domains the domains of this host
 * @param enough once aborted, no further domain is started; the current one is waited for
 */
export async function bootDemoDomains(
  xl: string,
  directory: string,
  domains: readonly SimulatedDomain[],
  enough: AbortSignal,
): Promise<void> {
  for (const { name } of domains) {
    if (enough.aborted) return;
    const create = spawn(xl, ['create', '-q', join(directory, 'etc', 'xen', `${name}.cfg`)], {
      stdio: 'ignore',
    });
    await new Promise<void>((resolve) => {
      create.once('exit', () => {
        resolve();
      });
      create.once('error', () => {
        resolve();
      });
    });
  }
}
