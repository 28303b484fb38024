import { MOST_UNMANAGED, VERBS, WIRE_VERSION } from '../../wire/contract.js';
import type { Contract } from '../../wire/contract.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { DomainConfigs } from '../config/domain-configs.js';
import type { FileCalls } from '../config/foreign-files.js';
import type { Images } from '../images/images.js';
import type { ConsoleHost } from '../observation/console-host.js';
import type { Journal } from '../operations/journal.js';
import type { Operations } from '../operations/operations.js';
import { presentable } from '../toolstack/reason.js';
import type { ToolstackSettings } from '../toolstack/toolstack-of.js';

interface HostContractParts {
  readonly settings: {
    readonly host: string;
    readonly sysrqKeys: string;
    readonly toolstack: Pick<ToolstackSettings, 'consoleEscapeOption'>;
  };
  readonly profiles: Pick<BootProfiles, 'offers'>;
  readonly images: Pick<Images, 'offers'>;
  readonly files: Pick<FileCalls, 'stat'>;
  readonly consoles: Pick<ConsoleHost, 'keepsLog'>;
  readonly configs: Pick<DomainConfigs, 'unmanaged'>;
  readonly journal: Pick<Journal, 'trouble'>;
  readonly operations: Pick<Operations, 'unrecorded'>;
}

/** What `GET /contract` answers now. */
export async function hostContract({
  settings,
  profiles,
  images,
  files,
  consoles,
  configs,
  journal,
  operations,
}: HostContractParts): Promise<Contract> {
  const troubles = hostTroubles(journal, operations);
  const unmanaged = configs.unmanaged().slice(0, MOST_UNMANAGED);
  const offers = await images.offers(files);
  return {
    version: WIRE_VERSION,
    host: settings.host,
    verbs: offers.length === 0 ? VERBS.filter((verb) => verb !== 'reinstall') : VERBS,
    profiles: profiles.offers(),
    ...(offers.length === 0 ? {} : { images: offers }),
    names: true,
    rescueEnds: true,
    withdrawals: true,
    usage: true,
    looks: true,
    console: {
      passesEscape: settings.toolstack.consoleEscapeOption,
      sysrqKeys: Array.from(settings.sysrqKeys),
      log: consoles.keepsLog,
      screenText: true,
      screen: true,
      fromBoot: true,
      logSpans: consoles.keepsLog,
    },
    ...(troubles.length === 0 ? {} : { troubles }),
    ...(unmanaged.length === 0 ? {} : { unmanaged }),
  };
}

/** What an admin of the host must see to, a sentence each. */
export function hostTroubles(
  journal: Pick<Journal, 'trouble'>,
  operations: Pick<Operations, 'unrecorded'>,
): readonly string[] {
  return [...troubleOf(journal), ...unrecorded(operations)];
}

function troubleOf({ trouble }: Pick<Journal, 'trouble'>): readonly string[] {
  if (trouble === null) return [];
  const since = new Date(trouble.since).toISOString();
  return [
    `The journal cannot be written since ${since} (${presentable(trouble.why, 100)}): changes are refused.`,
  ];
}

function unrecorded({ unrecorded: count }: Pick<Operations, 'unrecorded'>): readonly string[] {
  return count === 0 ? [] : [`${count} records of what was done are not in the journal yet.`];
}
