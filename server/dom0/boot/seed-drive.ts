import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { parseDiskSpec } from '../config/disk-spec.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { Disk } from '../toolstack/toolstack.js';
import type { BootPlan } from './boot-plan.js';

/** The guest's name for its seed disk, always the same: an image need not search for it. */
export const SEED_VDEV = 'xvdy';

/** The ends of `seeds/OPERATION.iso`, wherever the state directory is. */
const SEED_FILE = /\/seeds\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.iso$/;

/** The file of the seed disk among a domain's disks; null when it has none. */
export function seedAmong(disks: readonly Disk[]): string | null {
  const seed = disks.find(
    ({ vdev, writable, target }) => vdev === SEED_VDEV && !writable && SEED_FILE.test(target),
  );
  return seed?.target ?? null;
}

/**
 * Adds a seed disk to a plan, read-only and after all other disks.
 *
 * @param file absolute path of the seed disk
 * @returns a refusal where another disk has its place
 */
export function withSeedDrive(plan: BootPlan, file: string, domain: DomainConfig): BootPlan | Refusal {
  const taken = plan.boot.disks.find(({ vdev }) => /^(?:hd|sd|xvd)y$/.test(vdev));
  if (taken !== undefined) {
    return refusal(
      'not-on-this-host',
      `This server has a disk of its own (${taken.vdev}) where the seed disk of this boot has to be (${SEED_VDEV}). Ask the host's operators.`,
      `${taken.vdev} is the place of the seed disk`,
    );
  }
  // A prefix that xl and xm both know; the settings refuse a path with a comma.
  const spec = `file:${file},${SEED_VDEV},r`;
  const own = plan.overrides.find(({ key }) => key === 'disk')?.value ?? domain.diskSpecs;
  return {
    ...plan,
    overrides: [
      ...plan.overrides.filter(({ key }) => key !== 'disk'),
      { key: 'disk', value: [...[own].flat(), spec] },
    ],
    boot: { ...plan.boot, disks: [...plan.boot.disks, parseDiskSpec(spec)] },
  };
}
