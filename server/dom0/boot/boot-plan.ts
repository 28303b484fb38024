import type { BootProfileName } from '../../../policy/names.js';
import type { Assignment, BootShape, ConfiguredDisk } from '../toolstack/toolstack.js';

/** How to create a domain: from its file, without some keys and with some overridden. */
export interface BootPlan {
  readonly profile: BootProfileName;
  readonly config: string;
  /** Keys that must be removed from the file, because they cannot be overridden. */
  readonly without: ReadonlySet<string>;
  readonly overrides: readonly Assignment[];
  /** The facts that the toolstack must then show of the domain. */
  readonly boot: BootShape & { readonly disks: readonly ConfiguredDisk[] };
}

/** The changes of a profile to a domain's own boot. */
export interface ProfileBoot {
  /** Keys that the file must not have. */
  readonly without: readonly string[];
  readonly overrides: readonly Assignment[];
  readonly shape: Partial<Omit<BootShape, 'disks'>>;
  /** All disks, in their order: the domain's own are the very ones of its configuration. */
  readonly disks: readonly ConfiguredDisk[];
}
