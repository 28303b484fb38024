import type { SeedNetwork } from '../../policy/seed-network.js';
import type { ProfileSettings } from './boot/boot-profiles.js';
import type { ImageSettings } from './images/images.js';
import type { LimitSettings } from './operations/limit-counts.js';
import type { Deadlines } from './operations/work-parts.js';
import type { ToolstackSettings } from './toolstack/toolstack-of.js';

/** The settings that dom0 needs. After loading, nothing is optional. */
export interface Dom0Settings {
  /** This Xen host's name, for people. */
  readonly host: string;
  readonly socket: string;
  readonly socketGroup: string | null;
  readonly state: string;
  readonly toolstack: ToolstackSettings;
  readonly domains: readonly string[];
  readonly unmanaged: readonly string[];
  readonly profiles: Readonly<Record<string, ProfileSettings>>;
  readonly seeds: {
    readonly command: string;
    readonly xenstoreRead: string;
    readonly networks: readonly SeedNetwork[];
  };
  /** The system images for a reinstallation, by name. */
  readonly images: Readonly<Record<string, ImageSettings>>;
  /** The absolute path of xentop; null: network and disks are not counted. */
  readonly usage: { readonly xentop: string | null };
  readonly reinstall: { readonly mibPerSecond: number };
  readonly limits: LimitSettings;
  readonly deadlines: Deadlines;
  /** Whether an HVM guest without Xen drivers is asked by its ACPI button. */
  readonly acpiButton: boolean;
  readonly observe: { readonly intervalSeconds: number; readonly goneAfterSeconds: number };
  /** Single letters or digits. */
  readonly sysrqKeys: string;
}
