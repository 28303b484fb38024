import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { SimulatedDomain } from '../../simulator/install.js';

/** The demo's domains, as the tests have them too. Ophelia stops in her initramfs until somebody mends her /etc/fstab. */
export const DEMO_DOMAINS: readonly SimulatedDomain[] = [
  { name: 'horatio', memory: 512, settings: [vif(10)] },
  { name: 'ophelia', memory: 1024, vcpus: 2, brokenFstab: true, settings: [vif(11)] },
  { name: 'yorick', memory: 256, settings: [vif(12)] },
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

/** A domain's network interface. Its address is what a seed disk tells the rescue system. */
function vif(host: number): string {
  return `vif = [ "mac=00:16:3e:00:00:${host},bridge=xenbr0,ip=192.0.2.${host}" ]`;
}
