import type { DomainName } from '../../../policy/names.js';
import type { DomainView, IncompleteDisk } from '../../wire/domain.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { DiskSizes } from '../images/disk-sizes.js';
import type { Images } from '../images/images.js';
import type { ConsoleHost } from '../observation/console-host.js';
import type { ObservedDomain } from '../observation/observed-domain.js';
import type { RescueHostKeys } from '../observation/rescue-host-keys.js';
import type { Operations } from '../operations/operations.js';
import type { RescueEnding } from '../operations/rescue-ending.js';

interface DomainViewParts {
  readonly operations: Pick<Operations, 'current' | 'lastEnding'>;
  readonly ending: Pick<RescueEnding, 'view'>;
  readonly hostKeys: Pick<RescueHostKeys, 'view'>;
  readonly profiles: Pick<BootProfiles, 'names'>;
  readonly consoles: Pick<ConsoleHost, 'state'>;
  readonly images: Pick<Images, 'names'>;
  readonly sizes: Pick<DiskSizes, 'of'>;
  readonly incompleteDisk: (name: DomainName) => IncompleteDisk | null;
}

/** A domain as `GET /domains` shows it. */
export function domainView(
  domain: ObservedDomain,
  { operations, ending, hostKeys, profiles, consoles, ...parts }: DomainViewParts,
): DomainView {
  const { name, config, configured, guest, observation, incarnation, listed, cpuPercent } = domain;
  const images = parts.images.names(config);
  const firstDisk = parts.sizes.of(config);
  const rescueHostKey = hostKeys.view(domain);
  const incompleteDisk = parts.incompleteDisk(name);
  const built = listed !== null && listed.memoryMiB > 0 ? listed : null;
  return {
    name,
    observation,
    incarnation: incarnation === null || incarnation.uuid === '' ? null : incarnation.uuid,
    memoryMiB: built?.memoryMiB ?? config.memoryMiB,
    vcpus: built?.vcpus ?? config.vcpus,
    cpuSeconds: listed?.cpuSeconds ?? null,
    cpuPercent,
    type: guest.type,
    textConsole: guest.textConsole,
    profiles: profiles.names(config),
    operation: operations.current(name),
    console: consoles.state(name),
    configured,
    rescueEnd: ending.view(domain),
    ...(rescueHostKey === null ? {} : { rescueHostKey }),
    lastEnding: operations.lastEnding(name),
    ...(images.length === 0 ? {} : { images }),
    ...(firstDisk === null ? {} : { firstDisk }),
    ...(incompleteDisk === null ? {} : { incompleteDisk: shown(incompleteDisk) }),
  };
}

function shown({ vdev, image, since }: IncompleteDisk): IncompleteDisk {
  return { vdev, image, since };
}
