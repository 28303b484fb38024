import { isDeepStrictEqual } from 'node:util';
import { BootProfiles } from './boot/boot-profiles.js';
import type { DomainConfigs } from './config/domain-configs.js';
import type { Dom0Settings } from './dom0-settings.js';
import type { ImageSettings } from './images/images.js';
import type { HostLimits } from './operations/host-limits.js';
import type { KeptOffers, Offers } from './operations/kept-offers.js';
import type { Operations } from './operations/operations.js';

interface ReloadedParts extends Offers {
  readonly kept: Pick<KeptOffers, 'keep'>;
  readonly operations: Pick<Operations, 'underWay'>;
  readonly configs: Pick<DomainConfigs, 'replace'>;
  readonly limits: Pick<HostLimits, 'replace'>;
}

/**
 * The settings of a half that runs. A reload takes those that an admin changes on a day: what customers may boot and
 * install, which domains are managed, and the host's limits. All else waits for a restart. What is taken means the same
 * as after a restart.
 */
export class SettingsInForce {
  #now: Dom0Settings;

  constructor(settings: Dom0Settings) {
    this.#now = settings;
  }

  get now(): Dom0Settings {
    return this.#now;
  }

  /**
   * Takes what it can of other settings, all of it or nothing. Operations that are asked for or under way keep the
   * profiles and images of before.
   *
   * @returns whether anything has changed
   * @throws ProfileError: then nothing has changed
   */
  take(next: Dom0Settings, parts: ReloadedParts): boolean {
    // What may be refused comes first.
    new BootProfiles(next.profiles);
    const before = this.#now;
    const { profiles, images, limits, domains, unmanaged } = next;
    const seeds = { ...before.seeds, networks: next.seeds.networks };
    const now = { ...before, profiles, images, limits, domains, unmanaged, seeds };
    if (isDeepStrictEqual(before, now)) return false;
    parts.kept.keep(parts.operations.underWay());
    parts.profiles.replace(profiles);
    parts.images.replace(offeredImages(now));
    parts.limits.replace(limits);
    parts.configs.replace(now);
    this.#now = now;
    return true;
  }
}

/** The way in which xm reads a disk tells nothing certain of its format. */
export function offeredImages({
  toolstack,
  images,
}: Pick<Dom0Settings, 'images' | 'toolstack'>): Readonly<Record<string, ImageSettings>> {
  return toolstack.kind === 'xl' ? images : {};
}
