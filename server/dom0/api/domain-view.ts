import type { DomainView } from '../../wire/domain.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { ConsoleHost } from '../observation/console-host.js';
import type { ObservedDomain } from '../observation/observed-domain.js';

/** A domain as `GET /domains` shows it. @param operation the one under way on it */
export function domainView(
  { name, config, configured, guest, observation, listed, cpuPercent }: ObservedDomain,
  operation: DomainView['operation'],
  profiles: BootProfiles,
  consoles: ConsoleHost,
): DomainView {
  const built = listed !== null && listed.memoryMiB > 0 ? listed : null;
  return {
    name,
    observation,
    incarnation: listed?.uuid ?? null,
    memoryMiB: built?.memoryMiB ?? config.memoryMiB,
    vcpus: built?.vcpus ?? config.vcpus,
    cpuSeconds: listed?.cpuSeconds ?? null,
    cpuPercent,
    type: guest.type,
    textConsole: guest.textConsole,
    profiles: profiles.names(config),
    operation,
    console: consoles.state(name),
    configured,
  };
}
